import { Subscriber } from 'rxjs';
import type { Observable, Operator, TeardownLogic } from 'rxjs';
import type { Context } from './context';
import { unsubscribeQuietly } from './run-to-end';

/** As much of the core as has to know: nobody else is served before this caller has been told. */
interface Served {
  enter(): boolean;
  leave(outer: boolean): void;
  unhandled(error: unknown): void;
  captureContext(): Context | null;
}

/**
 * Stops what a signal is to stop: the caller leaves the line, or its work is cancelled as by an unsubscribe, and the signal's reason is its
 * error. Around what has a signal only: others pay nothing for it.
 */
export class StopOnAbort<T> implements Operator<T, T> {
  constructor(
    private readonly core: Served,
    private readonly signal: AbortSignal,
  ) {}

  call(out: Subscriber<T>, source: Observable<T>): TeardownLogic {
    const { core, signal } = this;
    if (signal.aborted) {
      out.error(signal.reason);
      return;
    }
    const inner = new Subscriber<T>(out);
    // Whatever aborts does so in a context of its own.
    const context = core.captureContext();
    const abort = (): void => {
      if (context === null) stop();
      else context.runInAsyncScope(stop);
    };
    const stop = (): void => {
      const outer = core.enter();
      try {
        const thrown = unsubscribeQuietly(inner);
        if (thrown !== undefined) core.unhandled(thrown);
        out.error(signal.reason);
      } finally {
        core.leave(outer);
      }
    };
    signal.addEventListener('abort', abort);
    out.add(() => {
      signal.removeEventListener('abort', abort);
    });
    source.subscribe(inner);
  }
}
