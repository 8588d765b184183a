import { visitDownstream } from '../../pool/rx/rxjs-internals';

/** Why a batch starts nothing at the moment. */
export interface BatchWait {
  readonly error: unknown;
}

/** What `trackProgress` is told by a batch further up: that it waits, or (null) that it waits no more. */
export const onBatchWait: unique symbol = Symbol('rxjs-connection-pool.onBatchWait');

interface WaitObserver {
  readonly [onBatchWait]?: (wait: BatchWait | null) => void;
}

/** Tells whichever subscriber further down wants to know: it travels by no outcome, so that other operators may stand between. */
export function notifyWaiting(destination: unknown, wait: BatchWait | null): void {
  visitDownstream(destination, (link: WaitObserver) => {
    link[onBatchWait]?.(wait);
  });
}
