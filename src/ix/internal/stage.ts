import type { BatchWait } from '../../operators/internal/batch-wait';
import type { Clock } from '../../pool/time/clock';
import { openSource } from './open-source';
import type { PullSource, Receiver, Source } from './source';

/** One operator at work: the receiver of what is drawn, and the source of what it makes of that. */
export abstract class Stage<T, R> implements Source, Receiver<T> {
  protected upstream!: Source;
  private stopping: Promise<number> | null = null;
  /** The receiver has called `stop`: it gets no more calls. */
  protected stopped = false;

  constructor(protected readonly receiver: Receiver<R>) {}

  drawFrom(source: PullSource<T>, signal: AbortSignal | undefined, clock?: Clock): this {
    this.upstream = openSource(source, this, signal, clock);
    return this;
  }

  pull(): void {
    this.upstream.pull();
  }

  stop(): Promise<number> {
    this.stopped = true;
    return this.stopUpstream();
  }

  abstract next(value: T): void;

  complete(): void {
    this.receiver.complete();
  }

  error(error: unknown): void {
    this.receiver.error(error);
  }

  waiting(wait: BatchWait | null): void {
    if (!this.stopped) this.receiver.waiting?.(wait);
  }

  /** Ends what is drawn from, once; resolves when all is back. */
  protected stopUpstream(): Promise<number> {
    return (this.stopping ??= this.release());
  }

  /** Releases what the stage holds. */
  protected release(): Promise<number> {
    return this.upstream.stop();
  }

  /** Answers a pull with an error of its own, when all is back. */
  protected fail(error: unknown): void {
    const report = (): void => {
      if (!this.stopped) this.receiver.error(error);
    };
    this.stopUpstream().then(report, report);
  }
}
