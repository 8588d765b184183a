import type { Observable } from 'rxjs';

/** What a batch is given to do with each item. */
export type BareWork<T, R> = (item: T) => Observable<R> | Promise<R>;

interface Outcome<R> {
  readonly index: number;
  readonly item: unknown;
  readonly status: 'succeeded' | 'failed';
  readonly value?: R | undefined;
  readonly error?: unknown;
}

const end: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The baseline of a pulled batch: it gives an outcome for each item. An item occupies one of the slots from the moment it is drawn until
 * the consumer pulls again after its outcome. The batch asks its source for one item at a time. It lends nothing, cancels nothing, ignores
 * errors of its source, and serves one consumer that waits for one pull at a time.
 */
export class BareBatch<T, R> implements AsyncIterableIterator<Outcome<R>> {
  private readonly ready: Outcome<R>[] = [];
  private running = 0;
  private index = 0;
  private asked = false;
  private drawn = false;
  /** The consumer waits for an outcome; while it does not, it holds one. */
  private wanted = false;
  private settle: ((result: IteratorResult<Outcome<R>, undefined>) => void) | undefined;

  constructor(
    private readonly items: AsyncIterator<T>,
    private readonly slots: number,
    private readonly work: BareWork<T, R>,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Outcome<R>, undefined>> {
    this.wanted = true;
    const value = this.ready.shift();
    if (value !== undefined) {
      this.wanted = false;
      this.draw();
      return Promise.resolve({ done: false, value });
    }
    if (this.drawn && this.running === 0) return Promise.resolve(end);
    this.draw();
    return new Promise(this.wait);
  }

  private readonly wait = (resolve: typeof this.settle): void => {
    this.settle = resolve;
  };

  private draw(): void {
    if (this.asked || this.drawn) return;
    if (this.running + this.ready.length + (this.wanted ? 0 : 1) >= this.slots) return;
    this.asked = true;
    void this.items.next().then(this.arrived);
  }

  private readonly arrived = ({ done, value }: IteratorResult<T, unknown>): void => {
    this.asked = false;
    if (done === true) {
      this.drawn = true;
      if (this.running === 0) this.settle?.(end);
      return;
    }
    const item = value;
    const index = this.index++;
    this.running++;
    this.begin(index, item);
    this.draw();
  };

  private begin(index: number, item: T): void {
    const failed = (error: unknown): void => {
      this.ended({ index, item, status: 'failed', error });
    };
    const result = this.work(item);
    if (result instanceof Promise) {
      result.then((value) => {
        this.ended({ index, item, status: 'succeeded', value });
      }, failed);
      return;
    }
    let last: R | undefined;
    result.subscribe({
      next: (value) => {
        last = value;
      },
      error: failed,
      complete: () => {
        this.ended({ index, item, status: 'succeeded', value: last });
      },
    });
  }

  private ended(value: Outcome<R>): void {
    const { settle } = this;
    this.running--;
    if (settle === undefined) {
      this.ready.push(value);
    } else {
      this.settle = undefined;
      this.wanted = false;
      settle({ done: false, value });
    }
    this.draw();
  }
}
