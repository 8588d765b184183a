import { Observable, type Subscriber } from 'rxjs';

/**
 * A room for what is unfinished: draws from a source only while there is a place in it, and makes one when told that something has
 * left. RxJS pushes, so without it all of the input would end up in the memory of the first operator that waits.
 *
 * ```
 * source   a b c d e f g       pulled
 * items$   ab---c--de---f--|   room for two
 * left()   -----1--12---2--
 * ```
 */
export class BoundedSource<T> {
  /** What is drawn. To be subscribed once. An error of the source ends it like the end of the source: see `failure`. */
  readonly items$: Observable<T>;
  /** What the source failed with. What had been drawn before is none the worse for it. */
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

  /** One that was drawn is finished, and its place free. */
  release(): void {
    this.inFlight--;
    this.resume?.();
  }

  /** Draws no more, and completes at once. What the source is being asked for is dropped when it comes. */
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
