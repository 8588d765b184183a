import { Ring } from '../../pool/collections/ring';
import type { Receiver, Source } from './source';

/** Settles the promise of a pull; with a promise that is rejected it is rejected too. */
type Settle<T> = (answer: IteratorResult<T, undefined> | Promise<IteratorResult<T, undefined>>) => void;

/**
 * The end of a pipeline, where somebody awaits values: an AsyncIterator over a Source. Pulls that do not wait for each other
 * are asked for one after the other, and answered in that order.
 */
export class Pulls<T> implements AsyncIterator<T, undefined>, Receiver<T> {
  private readonly source: Source;
  /** Who waits. There are others only where pulls do not wait for each other. */
  private first: Settle<T> | null = null;
  private readonly others = new Ring<Settle<T>>();
  /** The source has been asked and has not answered yet: so it is whenever somebody waits. */
  private asked = false;
  /** Asks on, as long as somebody waits: a source that answers at once is a loop, not a recursion. */
  private asking = false;
  /** There will be no more values. */
  private over = false;
  private listening = false;
  /** What a pull was answered with before anybody could wait for it. */
  private answer: IteratorResult<T, undefined> | null = null;
  private stopping: Promise<void> | null = null;
  /** What the next pull is to fail with. */
  private failure: { readonly error: unknown } | null = null;

  constructor(
    open: (receiver: Receiver<T>) => Source,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.source = open(this);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const { signal } = this;
    if (signal !== undefined && !this.listening) this.listen(signal);
    if (this.over && this.stopping === null) return this.atTheEnd();
    if (this.asked || this.over) return new Promise(this.wait);
    return this.nextAtOnce();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.over) this.stop();
    await this.stopping;
    this.failure = null;
    return done;
  }

  arrived(value: T): void {
    this.asked = false;
    const { first, others } = this;
    if (first === null) {
      this.answer = this.resultOf(value);
    } else if (others.size === 0) {
      this.first = null;
      first(this.resultOf(value));
    } else {
      this.first = others.shift();
      first(this.resultOf(value));
      this.ask();
    }
  }

  ended(): void {
    this.asked = false;
    this.over = true;
    this.end();
  }

  broke(error: unknown): void {
    this.failure = { error };
    this.ended();
  }

  protected resultOf(value: T): IteratorResult<T, undefined> {
    return { done: false, value };
  }

  /** Asks for what may be there already: then no promise has to wait for it. */
  private nextAtOnce(): Promise<IteratorResult<T, undefined>> {
    this.asked = true;
    this.source.pull();
    const { answer } = this;
    this.answer = null;
    if (answer !== null) return Promise.resolve(answer);
    if (this.over && this.stopping === null) return this.atTheEnd();
    return new Promise(this.wait);
  }

  private readonly wait = (settle: Settle<T>): void => {
    if (this.first === null) this.first = settle;
    else this.others.push(settle);
  };

  private ask(): void {
    if (this.asking) return;
    this.asking = true;
    while (this.first !== null && !this.asked && !this.over) {
      this.asked = true;
      this.source.pull();
    }
    this.asking = false;
  }

  protected stop(): void {
    this.over = true;
    this.stopping = this.source.stop().then(
      () => this.end(),
      (error: unknown) => {
        this.end();
        throw error;
      },
    );
  }

  /** Answers whoever waits; the first of them, or the next one to come, with the failure if there is one. */
  private end(): void {
    const { others } = this;
    this.stopping = null;
    this.signal?.removeEventListener('abort', this.abort);
    while (this.first !== null) {
      this.first(this.atTheEnd());
      this.first = others.size === 0 ? null : others.shift();
    }
  }

  private atTheEnd(): Promise<IteratorResult<T, undefined>> {
    const { failure } = this;
    this.failure = null;
    return failure === null ? Promise.resolve(done) : Promise.reject(failure.error);
  }

  private listen(signal: AbortSignal): void {
    this.listening = true;
    if (this.over) return;
    if (signal.aborted) this.abort();
    else signal.addEventListener('abort', this.abort);
  }

  private readonly abort = (): void => {
    if (this.over) return;
    this.failure = { error: this.signal!.reason };
    this.stop();
    // That the ending failed is told to whoever calls `return`; who has aborted hears of that.
    this.stopping?.catch(() => undefined);
  };
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
