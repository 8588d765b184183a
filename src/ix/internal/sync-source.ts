import type { Receiver, Source } from './source';

/** Draws from an Iterable: every pull is answered at once. */
export class SyncSource<T> implements Source {
  private done = false;

  constructor(
    private readonly iterator: Iterator<T>,
    private readonly receiver: Receiver<T>,
  ) {}

  pull(): void {
    const { iterator, receiver } = this;
    let result;
    try {
      result = iterator.next();
    } catch (error) {
      this.done = true;
      receiver.error(error);
      return;
    }
    if (result.done === true) {
      this.done = true;
      receiver.complete();
    } else {
      receiver.next(result.value);
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- so that what `return()` throws is a rejection
  async stop(): Promise<number> {
    if (!this.done) {
      this.done = true;
      this.iterator.return?.();
    }
    return 0;
  }
}
