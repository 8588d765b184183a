import { from, Subscriber } from 'rxjs';
import type { Observable, ObservableInput, Unsubscribable } from 'rxjs';
import type { Sink } from '../pool/work';
import { isBareTask, isTask } from './connection-task';
import type { AnyTask } from './connection-task';
import type { MemberOwner } from './member';
import type { HeldMember } from './outages';

/** Starts one: the first thing that it says may come before this returns. */
export function begin<R>(owner: MemberOwner<R>, inner: ObservableInput<R>, position: number): void {
  if (!isTask(inner)) {
    new InnerMember(owner, position, position, inner, null).subscribeTo(inner);
    return;
  }
  const member = new InnerMember(owner, position, inner.index, inner.item, inner);
  inner.beginAnew();
  if (isBareTask(inner)) {
    // The task's run reports to the member itself: no Observable in between.
    const run = inner.createRun(member);
    member.handle = run;
    inner.start(run);
  } else {
    member.subscribeTo(inner as Observable<R>);
  }
}

/** A member that subscribes to what it was given. */
class InnerMember<R> implements HeldMember<R>, Sink<R> {
  at = 0;
  handle: Unsubscribable | null = null;
  last: R | undefined = undefined;
  private open = true;
  private silent = true;

  constructor(
    private readonly owner: MemberOwner<R>,
    readonly position: number,
    readonly index: number,
    readonly item: unknown,
    private readonly task: AnyTask | null,
  ) {
    owner.running.add(this);
  }

  get closed(): boolean {
    return this.owner.closed;
  }

  get destination(): unknown {
    return this.owner.destination;
  }

  get pool(): AnyTask['pool'] {
    return this.task!.pool;
  }

  restart(): void {
    begin(this.owner, this.task as unknown as ObservableInput<R>, this.position);
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
    if (!this.open) return;
    this.silent = false;
    this.owner.rules.value(this, value);
  }

  error(error: unknown): void {
    if (!this.end()) return;
    if (!this.isHeld(error)) this.owner.rules.failed(this, error);
    this.owner.pump();
  }

  /** Only what is known for sure never to have begun: neither was its work called, nor has an operator put on it said anything. */
  private isHeld(error: unknown): boolean {
    return this.silent && this.task?.wasRefused(error) === true && this.owner.hold(this, error);
  }

  complete(): void {
    if (!this.end()) return;
    this.owner.rules.completed(this);
    this.owner.pump();
  }

  private end(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.owner.running.delete(this);
    // Its teardown comes before the next one begins.
    this.handle?.unsubscribe();
    return true;
  }
}
