import { Subscriber } from 'rxjs';
import type { Observable, Operator, TeardownLogic } from 'rxjs';
import type { Context } from '../state/context';
import { unsubscribeQuietly } from './run-to-end';

/** The members of the core that it uses: no other caller is served before this one has received its error. */
interface AbortHost {
  enter(): boolean;
  leave(outer: boolean): void;
  reportUnhandled(error: unknown): void;
  captureContext(): Context | null;
}

/**
 * Cancels an acquire or work when its signal aborts: the caller leaves the wait queue, or its work is cancelled as by an unsubscribe, and its
 * error is the signal's reason. It is applied only if there is a signal: other callers pay nothing for it.
 */
export class StopOnAbort<T> implements Operator<T, T> {
  constructor(
    private readonly core: AbortHost,
    private readonly signal: AbortSignal,
  ) {}

  call(out: Subscriber<T>, source: Observable<T>): TeardownLogic {
    const { core, signal } = this;
    if (signal.aborted) {
      out.error(signal.reason);
      return;
    }
    const inner = new Subscriber<T>(out);
    // The code that aborts the signal runs in its own context.
    const context = core.captureContext();
    const abort = (): void => {
      if (context === null) stop();
      else context.runInAsyncScope(stop);
    };
    const stop = (): void => {
      const outer = core.enter();
      try {
        const thrown = unsubscribeQuietly(inner);
        if (thrown !== undefined) core.reportUnhandled(thrown);
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
