import { isObservable, Observable } from 'rxjs';
import { iterate } from './iterate';
import { RunCancellation } from './run-cancellation';
import { cancelled, succeeded } from './run-state';
import type { Settled } from './run-state';
import { isPiped, subscribeAsSubscriber } from './rxjs-internals';
import type { WorkContext } from './work';
import { LazyContext } from './work-context';
import { isAsyncIterable, isPromiseLike, streamOf, stringResultError } from './work-result';

/**
 * One run of work on one connection: waits for it, starts the work, and releases it, whichever way the work ends. A chain of classes in
 * place of one: what is known of a run, how its work ends by itself, how it is stopped before, and here how it begins.
 */
export abstract class WorkRun<C, R> extends RunCancellation<C, R> {
  /** The work itself. */
  protected abstract invoke(connection: C, context: WorkContext): unknown;

  granted(connection: C): void {
    if (this.sink.closed) {
      this.unsubscribe();
      return;
    }
    this.phase = 'starting';
    try {
      this.begin(this.invoke(connection, new LazyContext(this)));
    } catch (error) {
      this.failedToStart(error);
    }
    this.phase = 'running';
    // A synchronous end takes effect only now: a subscribe returns its teardown after its complete.
    if (this.settled !== null) this.settleSynchronous(this.settled);
    else if (this.sink.closed) this.cancelSynchronous();
  }

  private settleSynchronous(settled: Settled): void {
    if (settled === succeeded) this.finish(settled, false, undefined);
    else if (settled === cancelled) this.cancelSynchronous();
    else this.finish(settled, settled.last !== undefined, settled.last?.value as R);
  }

  private begin(result: unknown): void {
    // The most frequent results first. Those of another copy of RxJS, or of another library, are recognised by their methods.
    if (result instanceof Observable) this.listen(result as Observable<R>);
    else if (result instanceof Promise) this.await(result as Promise<R>);
    else this.beginOther(result);
  }

  private await(result: Promise<R>): void {
    this.stopper = nothingToStop;
    result.then(
      (value) => {
        this.resolve(value);
      },
      (error: unknown) => {
        this.reject(error);
      },
    );
  }

  private beginOther(result: unknown): void {
    if (isObservable(result)) {
      this.listen(result as Observable<R>);
    } else if (isPromiseLike<R>(result)) {
      this.stopper = nothingToStop;
      result.then(
        (value) => {
          this.inContext(() => {
            this.resolve(value);
          });
        },
        (error: unknown) => {
          this.inContext(() => {
            this.reject(error);
          });
        },
      );
    } else if (isAsyncIterable<R>(result)) {
      this.stopper = iterate(result, {
        next: (value) => {
          if (this.phase === 'running') this.next(value);
        },
        error: (error) => {
          this.reject(error);
        },
        complete: () => {
          if (this.phase === 'draining') this.drained();
          else this.complete();
        },
      });
    } else if (typeof result === 'string') {
      throw stringResultError(result);
    } else {
      this.listen(streamOf<R>(result));
    }
  }

  private listen(result: Observable<R>): void {
    // Cancelled by its own work: no subscriber is left.
    if (this.settled !== null || this.sink.closed) return;
    if (isPiped(result)) this.phase = 'piping';
    const subscription = subscribeAsSubscriber(result, this);
    if (subscription !== null) this.add(subscription);
  }
}

const nothingToStop = (): void => undefined;
