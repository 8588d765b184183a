import { from, Subscriber, Subscription } from 'rxjs';
import type { Observable, ObservableInput, Observer, Unsubscribable } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import type { Linked } from '../pool/linked-list';
import { LinkedList } from '../pool/linked-list';
import type { Sink } from '../pool/work';
import { isBareTask, isTask } from './connection-task';
import { Ring } from './ring';

/** What a batch does with what its members say. */
export interface BatchRules<R> {
  value(member: Member<R>, value: R): void;
  /** The member has ended, and its connection, if it had one, is back. */
  completed(member: Member<R>): void;
  failed(member: Member<R>, error: unknown): void;
}

/**
 * The machine under every batch: draws tasks (or anything else that `from` takes), runs so many of them at a time, in the
 * order in which they came, and completes when all have ended. It never recurses: a member that ends at once is followed by the
 * next one in the loop that started it.
 */
export class Batch<R> implements Observer<ObservableInput<R>>, Unsubscribable {
  private readonly waiting = new Ring<ObservableInput<R>>();
  private readonly running = new LinkedList<Member<R>>();
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
    // One Subscription over all: a teardown that throws does not keep the others from running.
    const members = new Subscription();
    for (let member = this.running.first; member !== null; member = this.running.first) {
      this.running.remove(member);
      members.add(member);
    }
    members.unsubscribe();
  }

  ended(member: Member<R>): void {
    this.running.remove(member);
  }

  pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    const { waiting, running } = this;
    try {
      while (waiting.size > 0 && running.size < this.limit(waiting.peek())) this.begin(waiting.shift());
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

  /**
   * How many may run for this one to be started. More tasks than the pool can lend would only stand in its line, where the
   * last ones time out.
   */
  private limit(inner: ObservableInput<R>): number {
    const { concurrency } = this;
    if (isTask(inner)) {
      const { leaseCapacity } = inner.pool.core;
      return concurrency === undefined ? leaseCapacity : Math.min(concurrency, leaseCapacity);
    }
    if (concurrency !== undefined) return concurrency;
    throw new InvalidConfigError('pool', `${this.operator} does not know how many may run at a time`, [
      'concurrency must be given for what is not a task of withConnection: only a task knows what its pool can lend',
    ]);
  }

  private begin(inner: ObservableInput<R>): void {
    const position = this.position++;
    if (isTask(inner)) {
      const member = new Member(this, this.rules, position, inner.index, inner.item);
      this.running.push(member);
      if (isBareTask(inner)) {
        // The task's run reports to the member itself: no Observable in between.
        const run = inner.createRun(member);
        member.handle = run;
        inner.start(run);
      } else {
        member.subscribeTo(inner as Observable<R>);
      }
    } else {
      const member = new Member(this, this.rules, position, position, inner);
      this.running.push(member);
      member.subscribeTo(inner);
    }
  }
}

/** One that runs. */
export class Member<R> implements Sink<R>, Unsubscribable, Linked<Member<R>> {
  ahead: Member<R> | null = null;
  behind: Member<R> | null = null;
  handle: Unsubscribable | null = null;
  /** The last value, for an outcome. */
  last: R | undefined = undefined;
  private open = true;

  constructor(
    private readonly batch: Batch<R>,
    private readonly rules: BatchRules<R>,
    /** Its place in the batch. */
    readonly position: number,
    readonly index: number,
    readonly item: unknown,
  ) {}

  get closed(): boolean {
    return this.batch.over;
  }

  /** Whom the values of a member go to, in the end. */
  get destination(): unknown {
    return this.batch.out;
  }

  subscribeTo(inner: ObservableInput<R>): void {
    const subscriber = new Subscriber<R>(this);
    this.handle = subscriber;
    try {
      from(inner).subscribe(subscriber);
    } catch (error) {
      this.error(error);
    }
  }

  unsubscribe(): void {
    this.open = false;
    this.handle?.unsubscribe();
  }

  next(value: R): void {
    if (this.open) this.rules.value(this, value);
  }

  error(error: unknown): void {
    if (!this.end()) return;
    this.rules.failed(this, error);
    this.batch.pump();
  }

  complete(): void {
    if (!this.end()) return;
    this.rules.completed(this);
    this.batch.pump();
  }

  private end(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.batch.ended(this);
    // Its teardown comes before the next one begins.
    this.handle?.unsubscribe();
    return true;
  }
}
