import type { Clock } from '../../pool/time/clock';
import type { Receiver, Source } from './source';

/**
 * In ms. A generator that awaits a promise runs its `return()` only after that promise has settled, which may be never. `stop` waits no
 * longer than this; the generator ends later, by itself.
 */
const returnTimeoutMs = 1_000;

/** Draws from an AsyncIterator, one value at a time. */
export class IteratorSource<T> implements Source {
  /** Ended by itself, or told to. */
  private done = false;
  private pending = false;
  private lateCount = 0;
  /** Ends the wait of `stop` for the answer to the last pull. */
  private onSettled: (() => void) | null = null;

  constructor(
    private readonly iterator: AsyncIterator<T>,
    private readonly receiver: Receiver<T>,
    private readonly clock: Clock,
    /** How a stream is ended that does not hear of `return()` while it waits for data. */
    private readonly destroy: (() => unknown) | undefined,
  ) {}

  pull(): void {
    this.pending = true;
    let result: unknown;
    try {
      result = this.iterator.next();
    } catch (error) {
      this.onError(error);
      return;
    }
    // An iterator written by hand may return what is no promise.
    const promise = result instanceof Promise ? (result as Promise<unknown>) : Promise.resolve(result);
    promise.then(this.onResult, this.onError);
  }

  async stop(): Promise<number> {
    if (this.done) return this.lateCount;
    this.done = true;
    const { iterator } = this;
    const returned = (async (): Promise<unknown> => iterator.return?.())();
    this.destroy?.();
    if (this.pending) await this.answerOrTimeout(returned);
    // Either the iterator is cleaning up, or it does not react: `stop` waits for neither.
    if (this.pending) returned.catch(() => undefined);
    else await returned;
    return this.lateCount;
  }

  private readonly onResult = (result: unknown): void => {
    this.pending = false;
    if (typeof result !== 'object' || result === null) {
      this.onError(new TypeError(`the source's next() came to ${String(result)}, which is no { done, value }`));
      return;
    }
    const { done, value } = result as IteratorResult<T, T>;
    if (this.done) {
      if (done !== true) this.lateCount++;
      this.onSettled?.();
    } else if (done === true) {
      this.done = true;
      this.receiver.complete();
    } else {
      this.receiver.next(value);
    }
  };

  private readonly onError = (error: unknown): void => {
    this.pending = false;
    if (this.done) {
      this.onSettled?.();
    } else {
      this.done = true;
      this.receiver.error(error);
    }
  };

  private answerOrTimeout(returned: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(returnTimeoutMs, resolve, true);
      this.onSettled = () => {
        cancel();
        resolve();
      };
      returned.then(this.onSettled, (error: unknown) => {
        cancel();
        reject(error);
      });
    });
  }
}
