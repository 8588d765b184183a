import { from, Subscriber } from 'rxjs';
import type { Observable, ObservableInput, Unsubscribable } from 'rxjs';
import type { Sink } from '../pool/work';
import { isBareTask, isTask } from './connection-task';
import type { Member, MemberOwner } from './member';

/** Starts one: the first thing that it says may come before this returns. */
export function begin<R>(owner: MemberOwner<R>, inner: ObservableInput<R>, position: number): void {
  if (!isTask(inner)) {
    new InnerMember(owner, position, position, inner).subscribeTo(inner);
    return;
  }
  const member = new InnerMember(owner, position, inner.index, inner.item);
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
class InnerMember<R> implements Member<R>, Sink<R> {
  at = 0;
  handle: Unsubscribable | null = null;
  last: R | undefined = undefined;
  private open = true;

  constructor(
    private readonly owner: MemberOwner<R>,
    readonly position: number,
    readonly index: number,
    readonly item: unknown,
  ) {
    owner.running.add(this);
  }

  get closed(): boolean {
    return this.owner.closed;
  }

  get destination(): unknown {
    return this.owner.destination;
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
    if (this.open) this.owner.rules.value(this, value);
  }

  error(error: unknown): void {
    if (!this.end()) return;
    this.owner.rules.failed(this, error);
    this.owner.pump();
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
