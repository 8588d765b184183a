import type { Receiver, Source } from './source';

/** Draws from an Iterable: every pull is answered at once. */
export class SyncSource<T> implements Source {
  private over = false;

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
      this.over = true;
      receiver.broke(error);
      return;
    }
    if (result.done === true) {
      this.over = true;
      receiver.ended();
    } else {
      receiver.arrived(result.value);
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- so that what `return()` throws is a rejection
  async stop(): Promise<number> {
    if (!this.over) {
      this.over = true;
      this.iterator.return?.();
    }
    return 0;
  }
}
