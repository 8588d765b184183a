import { Ring } from '../../pool/collections/ring';
import type { Receiver, Source } from './source';

/** Settles the promise of a pull; with a promise that is rejected it is rejected too. */
type Settle<T> = (answer: IteratorResult<T, undefined> | Promise<IteratorResult<T, undefined>>) => void;

/** The end of a pipeline, where values are awaited: an AsyncIterator over a Source. */
export class PullIterator<T> implements AsyncIterator<T, undefined> {
  constructor(private readonly pulls: PendingPulls<T>) {}

  next(): Promise<IteratorResult<T, undefined>> {
    return this.pulls.pull();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.pulls.return();
  }
}

/**
 * The pulls of one iteration, as promises. Pulls that do not wait for each other are passed to the source one after the other, and answered
 * in that order.
 */
export class PendingPulls<T> implements Receiver<T> {
  private readonly source: Source;
  /** The pull that waits. There are others only where pulls do not wait for each other. */
  private first: Settle<T> | null = null;
  private readonly others = new Ring<Settle<T>>();
  /** The source has been pulled and has not answered yet: always true while a pull waits. */
  private sourcePending = false;
  /** Requests values in a loop as long as pulls wait: a source that answers synchronously must not cause a recursion. */
  private pulling = false;
  /** There will be no more values. */
  private done = false;
  private listening = false;
  /** What a pull was answered with before its promise was made. */
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

  pull(): Promise<IteratorResult<T, undefined>> {
    const { signal } = this;
    if (signal !== undefined && !this.listening) this.listen(signal);
    if (this.done && this.stopping === null) return this.finalResult();
    if (this.sourcePending || this.done) return new Promise(this.enqueue);
    return this.pullNow();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.done) this.stop();
    await this.stopping;
    this.failure = null;
    return doneResult;
  }

  next(value: T): void {
    this.sourcePending = false;
    const { first, others } = this;
    if (first === null) {
      this.answer = this.resultOf(value);
    } else if (others.size === 0) {
      this.first = null;
      first(this.resultOf(value));
    } else {
      this.first = others.shift();
      first(this.resultOf(value));
      this.pullOn();
    }
  }

  complete(): void {
    this.sourcePending = false;
    this.done = true;
    this.end();
  }

  error(error: unknown): void {
    this.failure = { error };
    this.complete();
  }

  protected resultOf(value: T): IteratorResult<T, undefined> {
    return { done: false, value };
  }

  /** A source that answers inside of the pull needs no waiting promise. */
  private pullNow(): Promise<IteratorResult<T, undefined>> {
    this.sourcePending = true;
    this.source.pull();
    const { answer } = this;
    this.answer = null;
    if (answer !== null) return Promise.resolve(answer);
    if (this.done && this.stopping === null) return this.finalResult();
    return new Promise(this.enqueue);
  }

  private readonly enqueue = (settle: Settle<T>): void => {
    if (this.first === null) this.first = settle;
    else this.others.push(settle);
  };

  private pullOn(): void {
    if (this.pulling) return;
    this.pulling = true;
    while (this.first !== null && !this.sourcePending && !this.done) {
      this.sourcePending = true;
      this.source.pull();
    }
    this.pulling = false;
  }

  protected stop(): void {
    this.done = true;
    this.stopping = this.source.stop().then(
      () => this.end(),
      (error: unknown) => {
        this.end();
        throw error;
      },
    );
  }

  /** Answers the pulls that wait; the first of them, or the next one to come, with the failure if there is one. */
  private end(): void {
    const { others } = this;
    this.stopping = null;
    this.signal?.removeEventListener('abort', this.onAbort);
    while (this.first !== null) {
      this.first(this.finalResult());
      this.first = others.size === 0 ? null : others.shift();
    }
  }

  private finalResult(): Promise<IteratorResult<T, undefined>> {
    const { failure } = this;
    this.failure = null;
    return failure === null ? Promise.resolve(doneResult) : Promise.reject(failure.error);
  }

  private listen(signal: AbortSignal): void {
    this.listening = true;
    if (this.done) return;
    if (signal.aborted) this.onAbort();
    else signal.addEventListener('abort', this.onAbort);
  }

  private readonly onAbort = (): void => {
    if (this.done) return;
    this.failure = { error: this.signal!.reason };
    this.stop();
    // An error of the stop is thrown by `return()`; the abort itself has no caller to report it to.
    this.stopping?.catch(() => undefined);
  };
}

const doneResult: IteratorReturnResult<undefined> = { done: true, value: undefined };
