import type { Clock } from '../../pool/time/clock';
import type { Receiver, Source } from './source';

/**
 * In ms. A generator that waits for something hears of `return()` only when that has come, which may be never. Who stops is not
 * to wait so long: the generator ends by itself then, later.
 */
const patience = 1_000;

/** Draws from an AsyncIterator, one value at a time. */
export class IteratorSource<T> implements Source {
  /** Ended by itself, or told to. */
  private over = false;
  private asked = false;
  private late = 0;
  /** Wakes whoever waits for the answer that is still to come. */
  private settled: (() => void) | null = null;

  constructor(
    private readonly iterator: AsyncIterator<T>,
    private readonly receiver: Receiver<T>,
    private readonly clock: Clock,
    /** How a stream is ended that does not hear of `return()` while it waits for data. */
    private readonly destroy: (() => unknown) | undefined,
  ) {}

  pull(): void {
    this.asked = true;
    let result: unknown;
    try {
      result = this.iterator.next();
    } catch (error) {
      this.failed(error);
      return;
    }
    // An iterator written by hand may return what is no promise.
    const promise = result instanceof Promise ? (result as Promise<unknown>) : Promise.resolve(result);
    promise.then(this.answered, this.failed);
  }

  async stop(): Promise<number> {
    if (this.over) return this.late;
    this.over = true;
    const { iterator } = this;
    const returned = (async (): Promise<unknown> => iterator.return?.())();
    this.destroy?.();
    if (this.asked) await this.answerOrPatience(returned);
    // It has heard, and is cleaning up; or it has not, and nobody can wait for that.
    if (this.asked) returned.catch(() => undefined);
    else await returned;
    return this.late;
  }

  private readonly answered = (result: unknown): void => {
    this.asked = false;
    if (typeof result !== 'object' || result === null) {
      this.failed(new TypeError(`the source's next() came to ${String(result)}, which is no { done, value }`));
      return;
    }
    const { done, value } = result as IteratorResult<T, T>;
    if (this.over) {
      if (done !== true) this.late++;
      this.settled?.();
    } else if (done === true) {
      this.over = true;
      this.receiver.ended();
    } else {
      this.receiver.arrived(value);
    }
  };

  private readonly failed = (error: unknown): void => {
    this.asked = false;
    if (this.over) {
      this.settled?.();
    } else {
      this.over = true;
      this.receiver.broke(error);
    }
  };

  private answerOrPatience(returned: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(patience, resolve, true);
      this.settled = () => {
        cancel();
        resolve();
      };
      returned.then(this.settled, (error: unknown) => {
        cancel();
        reject(error);
      });
    });
  }
}
