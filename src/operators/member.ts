import { from, Subscriber, Subscription } from 'rxjs';
import type { Observable, ObservableInput, Unsubscribable } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import type { Linked, LinkedList } from '../pool/linked-list';
import type { Sink } from '../pool/work';
import { isBareTask, isTask } from './connection-task';

/** What a batch does with what its members say. */
export interface BatchRules<R> {
  value(member: Member<R>, value: R): void;
  /** The member has ended, and its connection, if it had one, is back. */
  completed(member: Member<R>): void;
  failed(member: Member<R>, error: unknown): void;
}

/** The batch that a member belongs to. */
export interface MemberOwner<R> {
  /** Nobody listens to the members any more. */
  readonly over: boolean;
  /** Whom the values of a member go to, in the end. */
  readonly out: unknown;
  readonly running: LinkedList<Member<R>>;
  /** A member has ended, and what that meant has been done: look what is next. */
  pump(): void;
}

/**
 * How many may run for this one to be started. More tasks than the pool can lend would only stand in its line, where the
 * last ones time out.
 */
export function limitFor(inner: unknown, concurrency: number | undefined, operator: string): number {
  if (isTask(inner)) {
    const { leaseCapacity } = inner.pool.core;
    return concurrency === undefined ? leaseCapacity : Math.min(concurrency, leaseCapacity);
  }
  if (concurrency !== undefined) return concurrency;
  throw new InvalidConfigError('pool', `${operator} does not know how many may run at a time`, [
    'concurrency must be given for what is not a task of withConnection: only a task knows what its pool can lend',
  ]);
}

/** Starts one: the first thing that it says may come before this returns. */
export function begin<R>(
  owner: MemberOwner<R>,
  rules: BatchRules<R>,
  inner: ObservableInput<R>,
  position: number,
): void {
  if (isTask(inner)) {
    const member = new Member(owner, rules, position, inner.index, inner.item);
    owner.running.push(member);
    if (isBareTask(inner)) {
      // The task's run reports to the member itself: no Observable in between.
      const run = inner.createRun(member);
      member.handle = run;
      inner.start(run);
    } else {
      member.subscribeTo(inner as Observable<R>);
    }
  } else {
    const member = new Member(owner, rules, position, position, inner);
    owner.running.push(member);
    member.subscribeTo(inner);
  }
}

/** Cancels all that run. A teardown that throws does not keep the others from running: one error for all is thrown in the end. */
export function cancelAll<R>(running: LinkedList<Member<R>>): void {
  const members = new Subscription();
  for (let member = running.first; member !== null; member = running.first) {
    running.remove(member);
    members.add(member);
  }
  members.unsubscribe();
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
    private readonly owner: MemberOwner<R>,
    private readonly rules: BatchRules<R>,
    /** Its place in the batch. */
    readonly position: number,
    readonly index: number,
    readonly item: unknown,
  ) {}

  get closed(): boolean {
    return this.owner.over;
  }

  /** Whom the values of a member go to, in the end. */
  get destination(): unknown {
    return this.owner.out;
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
    this.owner.pump();
  }

  complete(): void {
    if (!this.end()) return;
    this.rules.completed(this);
    this.owner.pump();
  }

  private end(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.owner.running.remove(this);
    // Its teardown comes before the next one begins.
    this.handle?.unsubscribe();
    return true;
  }
}
