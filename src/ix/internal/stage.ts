import type { BatchWait } from '../../operators/internal/waiting';
import type { Clock } from '../../pool/time/clock';
import { open } from './open';
import type { PullSource, Receiver, Source } from './source';

/** One operator at work: the receiver of what is drawn, and the source of what it makes of that. */
export abstract class Stage<T, R> implements Source, Receiver<T> {
  protected upstream!: Source;
  private stopping: Promise<number> | null = null;
  /** Whoever received has stopped, and is not to be told anything any more. */
  protected silent = false;

  constructor(protected readonly receiver: Receiver<R>) {}

  drawFrom(source: PullSource<T>, signal: AbortSignal | undefined, clock?: Clock): this {
    this.upstream = open(source, this, signal, clock);
    return this;
  }

  pull(): void {
    this.upstream.pull();
  }

  stop(): Promise<number> {
    this.silent = true;
    return this.end();
  }

  abstract arrived(value: T): void;

  ended(): void {
    this.receiver.ended();
  }

  broke(error: unknown): void {
    this.receiver.broke(error);
  }

  waits(wait: BatchWait | null): void {
    if (!this.silent) this.receiver.waits?.(wait);
  }

  /** Ends what is drawn from, once; resolves when all is back. */
  protected end(): Promise<number> {
    return (this.stopping ??= this.release());
  }

  /** What there is to give back. */
  protected release(): Promise<number> {
    return this.upstream.stop();
  }

  /** Answers a pull with an error of its own, when all is back. */
  protected fail(error: unknown): void {
    const broke = (): void => {
      if (!this.silent) this.receiver.broke(error);
    };
    this.end().then(broke, broke);
  }
}
