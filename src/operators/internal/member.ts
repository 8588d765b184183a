import type { BatchPool } from '../../pool/state/batch-demand';
import type { Context } from '../../pool/state/context';
import { InvalidConfigError } from '../../pool/errors';
import { isTask } from './task';
import type { HeldMember } from './outages';
import type { StoredMember, RunningMembers } from './running-members';
import type { TaskRun } from './task-run';

/** One of a batch. */
export interface Member<R> extends StoredMember {
  readonly index: number;
  readonly item: unknown;
  /** The last value, for an outcome. */
  last: R | undefined;
}

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
  readonly closed: boolean;
  /** Whom the values of a member go to, in the end. */
  readonly destination: unknown;
  readonly rules: BatchRules<R>;
  readonly running: RunningMembers<Member<R>>;
  /** Of the member that is begun now, where that is known. */
  readonly context: Context | null;
  /** Starts the run of a task. */
  start(run: TaskRun<R>): void;
  /** Whether a member that was refused a connection, and of which nothing has begun, is kept to be started again; else it has failed. */
  hold(member: HeldMember<R>, error: unknown): boolean;
  /** A member was cancelled while it was being started, and its teardown has thrown. */
  teardownFailed(error: unknown): void;
  /** A member has ended, and what that meant has been done: look what is next. */
  pump(): void;
}

/**
 * How many may run for this one to be started. More tasks than the pool can lend would only stand in its line, where the
 * last ones time out.
 */
export function limitFor(inner: unknown, concurrency: number | undefined, operator: string): number {
  if (isTask(inner)) return limitOf(inner.pool, concurrency);
  if (concurrency !== undefined) return concurrency;
  throw new InvalidConfigError('pool', `${operator} does not know how many may run at a time`, [
    'concurrency must be given for what is not a task of withConnection: only a task knows what its pool can lend',
  ]);
}

export function limitOf(
  pool: { readonly core: Pick<BatchPool, 'leaseCapacity'> },
  concurrency: number | undefined,
): number {
  const { leaseCapacity } = pool.core;
  return concurrency === undefined || concurrency > leaseCapacity ? leaseCapacity : concurrency;
}
