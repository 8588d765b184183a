import { Observable, type Subscriber } from 'rxjs';

/**
 * Pulls from a source only while fewer than `capacity` items are unfinished; `release` says that one is finished. RxJS pushes: without this
 * bound all of the input would be in the memory of the first operator that waits.
 *
 * ```
 * source   a b c d e f g       pulled
 * items$   ab---c--de---f--|   capacity 2
 * release  -----1--12---2--
 * ```
 */
export class BoundedSource<T> {
  /** The pulled items, for one subscriber. Completes also when the source fails: see `failure`. */
  readonly items$: Observable<T>;
  /** The error of the source. Items pulled before it are not affected. */
  failure: { readonly error: unknown } | undefined;

  private inFlight = 0;
  private stopped = false;
  private out: Subscriber<T> | undefined;
  private resume: (() => void) | undefined;

  constructor(
    private readonly source: AsyncIterable<T>,
    private readonly capacity: number,
  ) {
    this.items$ = new Observable((out) => {
      this.out = out;
      void this.pull(out);
    });
  }

  /** An item is finished: frees its slot. */
  release(): void {
    this.inFlight--;
    this.resume?.();
  }

  /** Stops pulling, and completes at once. An item that is being pulled is dropped when it arrives. */
  stop(): void {
    this.stopped = true;
    this.resume?.();
    this.out?.complete();
  }

  private async pull(out: Subscriber<T>): Promise<void> {
    const iterator = this.source[Symbol.asyncIterator]();
    try {
      for (;;) {
        while (this.inFlight >= this.capacity && !this.stopped) {
          await new Promise<void>((resolve) => (this.resume = resolve));
        }
        if (this.stopped) break;
        const next = await iterator.next();
        if (next.done === true || this.stopped) break;
        this.inFlight++;
        out.next(next.value);
      }
    } catch (error) {
      if (!this.stopped) this.failure = { error };
    }
    out.complete();
  }
}
