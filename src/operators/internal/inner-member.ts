import { from, Subscriber } from 'rxjs';
import type { Observable, ObservableInput, Unsubscribable } from 'rxjs';
import type { Context } from '../../pool/state/context';
import { isPiped, thrownBy } from '../../pool/rx/rxjs-internals';
import type { Sink } from '../../pool/rx/work';
import { isBareTask, isTask } from './task';
import type { AnyTask } from './task';
import type { HeldMember, MemberOwner } from './member';
import { notStored } from './running-members';

/** Starts one: the first thing that it says may come before this returns. */
export function startMember<R>(owner: MemberOwner<R>, inner: ObservableInput<R>, position: number): void {
  if (!isTask(inner)) {
    new InnerMember(owner, position, position, inner, null).subscribeTo(inner);
    return;
  }
  const member = new InnerMember(owner, position, inner.index, inner.item, inner);
  inner.forgetRuns();
  if (isBareTask(inner)) {
    // The task's run reports to the member itself: no Observable in between.
    const run = inner.createRun(member);
    member.handle = run;
    inner.start(run);
  } else {
    member.subscribeTo(inner as Observable<R>);
  }
}

/** How a member has ended: with an error, or without. */
interface Ended {
  readonly failure: { readonly error: unknown } | null;
}

const completed: Ended = { failure: null };

/** A member that subscribes to what it was given. */
class InnerMember<R> implements HeldMember<R>, Sink<R> {
  slotIndex = notStored;
  handle: Unsubscribable | null = null;
  last: R | undefined = undefined;
  /** Neither ended nor unsubscribed. */
  private isActive = true;
  private hasNoValue = true;
  /** Inside of its subscribe: what has ended there is told of only when that has returned, since a teardown may still come, and throw. */
  private starting = false;
  private ended: Ended | null = null;
  private readonly context: Context | null;

  constructor(
    private readonly owner: MemberOwner<R>,
    readonly position: number,
    readonly index: number,
    readonly item: unknown,
    private readonly task: AnyTask | null,
  ) {
    owner.running.add(this);
    this.context = task === null ? null : owner.context;
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
    startMember(this.owner, this.task as unknown as ObservableInput<R>, this.position);
  }

  subscribeTo(inner: ObservableInput<R>): void {
    const subscriber = new InnerSubscriber<R>(this);
    this.handle = subscriber;
    this.starting = true;
    try {
      const observable = from(inner);
      subscriber.piped = isPiped(observable);
      observable.subscribe(subscriber);
    } catch (error) {
      if (!this.failedLate(error)) this.error(error);
    }
    this.starting = false;
    if (this.ended !== null) this.report(this.ended);
  }

  unsubscribe(): void {
    this.isActive = false;
    this.handle?.unsubscribe();
  }

  next(value: R): void {
    if (!this.isActive) return;
    this.hasNoValue = false;
    if (this.context === null) this.owner.rules.value(this, value);
    else this.valueInContext(value);
  }

  error(error: unknown): void {
    this.end({ failure: { error } });
  }

  /** Only what is known for sure never to have begun: neither was its work called, nor has an operator put on it said anything. */
  private tryHold(error: unknown): boolean {
    return this.hasNoValue && this.task?.wasRefused(error) === true && this.owner.hold(this, error);
  }

  complete(): void {
    this.end(completed);
  }

  /** What a teardown throws that came after the end, inside the same subscribe, is what it failed with. */
  failedLate(error: unknown): boolean {
    if (!this.starting || this.ended !== completed) return false;
    this.ended = { failure: { error: thrownBy(error) } };
    return true;
  }

  private end(ended: Ended): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.ended = ended;
    // Its teardown comes before the next one begins, and belongs to it: if it throws, the member has failed.
    try {
      this.handle?.unsubscribe();
    } catch (error) {
      if (ended === completed) this.ended = { failure: { error: thrownBy(error) } };
    }
    if (this.starting) return;
    const how = this.ended;
    this.inContext(() => {
      this.report(how);
    });
  }

  private valueInContext(value: R): void {
    this.inContext(() => {
      this.owner.rules.value(this, value);
    });
  }

  private inContext(what: () => void): void {
    if (this.starting || this.context === null) what();
    else this.context.runInAsyncScope(what);
  }

  private report({ failure }: Ended): void {
    const { owner } = this;
    owner.running.delete(this);
    // Unsubscribed by its own teardown.
    if (owner.closed) return;
    try {
      if (failure === null) owner.rules.completed(this);
      else if (!this.tryHold(failure.error)) owner.rules.failed(this, failure.error);
    } finally {
      owner.pump();
    }
  }
}

/** An operator hands what a late teardown throws (a `finalize` behind a synchronous source) to the subscriber that has completed before. */
class InnerSubscriber<R> extends Subscriber<R> {
  piped = false;

  constructor(private readonly member: InnerMember<R>) {
    super(member);
  }

  override error(error: unknown): void {
    if (!this.piped || !this.member.failedLate(error)) super.error(error);
  }
}
