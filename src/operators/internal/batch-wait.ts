/** Why a batch starts nothing at the moment. */
export interface BatchWait {
  readonly reason: unknown;
}

/** What `trackProgress` is told by a batch further up: that it waits, or (null) that it waits no more. */
export const onBatchWait: unique symbol = Symbol('rxjs-connection-pool.onBatchWait');

interface Link {
  readonly [onBatchWait]?: (wait: BatchWait | null) => void;
  readonly destination?: unknown;
}

/** Tells whichever subscriber further down wants to know: it travels by no outcome, so that other operators may stand between. */
export function notifyWaiting(destination: unknown, wait: BatchWait | null): void {
  for (let link = destination as Link | null | undefined; link; link = link.destination as Link | null | undefined) {
    link[onBatchWait]?.(wait);
  }
}
