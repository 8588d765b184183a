import type { Context, Contexts } from '../../pool/state/context';
import type { PoolError } from '../../pool/errors';
import { isUnsubscribed } from '../../pool/rx/rxjs-internals';
import type { PoolInternals } from '../../pool/rx/internals';
import type { ResolvedAcquireOptions } from '../../pool/state/claim-and-slot';
import type { WorkContext } from '../../pool/rx/work';
import { WorkRun } from '../../pool/rx/work-run';
import type { ItemWork } from './task';
import type { HeldMember, MemberOwner, MemberRun } from './member';
import { notStored } from './running-members';

/**
 * A member of a batch that stands right behind `withConnection`: task, run and member in one. The task would be an Observable that only
 * the batch subscribes to, so it is not made. (Fusing neighbours is from Reactor and RxJava, where it is called operator fusion.)
 */
export class TaskRun<R> extends WorkRun<unknown, R> implements HeldMember<R>, MemberRun<R> {
  declare readonly sink: MemberOwner<R>;
  slotIndex = notStored;
  last: R | undefined = undefined;

  constructor(
    owner: MemberOwner<R>,
    private readonly each: ItemWork<unknown, unknown>,
    readonly position: number,
    readonly index: number,
    readonly item: unknown,
  ) {
    super(owner);
  }

  override get isUnsubscribed(): boolean {
    return this.sink.closed || isUnsubscribed(this.sink.destination);
  }

  get pool(): PoolInternals<unknown> {
    return this.each.pool;
  }

  get options(): ResolvedAcquireOptions {
    return this.each.acquireOptions;
  }

  override capture(contexts: Contexts): Context | null {
    return this.sink.context ?? super.capture(contexts);
  }

  start(): void {
    this.pool.core.acquire(this);
  }

  /** A claim goes one way, so it takes another one. */
  restart(): void {
    const { sink: owner, each, position, index, item } = this;
    owner.start(new TaskRun(owner, each, position, index, item));
  }

  override failed(error: PoolError): void {
    const { sink: owner } = this;
    this.end();
    owner.running.delete(this);
    if (owner.closed) return;
    try {
      if (!owner.hold(this, error)) owner.rules.failed(this, error);
    } finally {
      owner.pump();
    }
  }

  protected invoke(connection: unknown, context: WorkContext): unknown {
    return this.each.work(connection, this.item, this.index, context);
  }

  protected override teardownFailed(error: unknown): void {
    this.sink.teardownFailed(error);
  }

  protected notifyNext(value: R): void {
    this.sink.rules.value(this, value);
  }

  protected notifyError(error: unknown): void {
    const { sink: owner } = this;
    owner.running.delete(this);
    // Unsubscribed by the work's own teardown.
    if (owner.closed) return;
    try {
      owner.rules.failed(this, error);
    } finally {
      owner.pump();
    }
  }

  protected notifyComplete(): void {
    const { sink: owner } = this;
    owner.running.delete(this);
    if (owner.closed) return;
    try {
      owner.rules.completed(this);
    } finally {
      owner.pump();
    }
  }
}
