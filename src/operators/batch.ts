import { Subscriber } from 'rxjs';
import type { Observable, ObservableInput, Observer, Unsubscribable } from 'rxjs';
import { LinkedList } from '../pool/linked-list';
import { begin, cancelAll, limitFor } from './member';
import type { BatchRules, Member, MemberOwner } from './member';
import { Ring } from './ring';

/**
 * The machine under every batch: draws tasks (or anything else that `from` takes), runs so many of them at a time, in the
 * order in which they came, and completes when all have ended. It never recurses: a member that ends at once is followed by the
 * next one in the loop that started it.
 */
export class Batch<R> implements Observer<ObservableInput<R>>, Unsubscribable, MemberOwner<R> {
  private readonly waiting = new Ring<ObservableInput<R>>();
  readonly running = new LinkedList<Member<R>>();
  private readonly source: Subscriber<ObservableInput<R>>;
  private position = 0;
  private pumping = false;
  private drawing = true;
  /** No more is started: it is over, or what runs is still to end. */
  private stopped = false;
  /** Nobody listens to the members any more. */
  over = false;

  constructor(
    private readonly operator: string,
    private readonly concurrency: number | undefined,
    readonly out: Subscriber<never>,
    private readonly rules: BatchRules<R>,
  ) {
    this.source = new Subscriber(this);
  }

  draw(source: Observable<ObservableInput<R>>): void {
    this.out.add(this);
    source.subscribe(this.source);
  }

  /** Draw and start no more, let what runs end. Returns how many had been drawn and will not be started. */
  stop(): number {
    const unstarted = this.waiting.size;
    this.stopped = true;
    this.drawing = false;
    this.waiting.clear();
    this.source.unsubscribe();
    return unstarted;
  }

  /** End with an error: what runs is cancelled. */
  abort(error: unknown): void {
    try {
      this.unsubscribe();
    } finally {
      this.out.error(error);
    }
  }

  next(inner: ObservableInput<R>): void {
    this.waiting.push(inner);
    this.pump();
  }

  error(error: unknown): void {
    this.abort(error);
  }

  complete(): void {
    this.drawing = false;
    this.pump();
  }

  unsubscribe(): void {
    if (this.stopped && this.running.size === 0) return;
    this.over = true;
    this.stop();
    cancelAll(this.running);
  }

  pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    const { waiting, running, concurrency, operator } = this;
    try {
      while (waiting.size > 0 && running.size < limitFor(waiting.peek(), concurrency, operator)) {
        begin(this, this.rules, waiting.shift(), this.position++);
      }
    } catch (error) {
      this.abort(error);
    } finally {
      this.pumping = false;
    }
    if (!this.drawing && waiting.size === 0 && running.size === 0) {
      this.stopped = true;
      this.out.complete();
    }
  }
}
