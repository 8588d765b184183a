import type { Context } from '../../pool/state/context';
import type { PoolInternals } from '../../pool/rx/internals';
import type { CancelledRun } from './cancelled-runs';
import type { RunningMembers, StoredMember } from './running-members';

/** One inner of a batch that runs. */
export interface Member<R> extends StoredMember {
  readonly index: number;
  readonly item: unknown;
  /** The last value, for an outcome. */
  last: R | undefined;
}

/** A member that is itself the run of its task. */
export interface MemberRun<R> extends Member<R>, CancelledRun {
  context: Context | null;
  start(): void;
}

/** A member that was refused a connection. Its work was never called, so it can be started again. */
export interface HeldMember<R> extends Member<R> {
  readonly pool: PoolInternals<unknown>;
  restart(): void;
}

/** What a batch does with the values and the end of its members. */
export interface BatchRules<R> {
  value(member: Member<R>, value: R): void;
  /** The member has completed, and its connection, if it had one, is released. */
  completed(member: Member<R>): void;
  failed(member: Member<R>, error: unknown): void;
}

/** The batch that a member belongs to. */
export interface MemberOwner<R> {
  /** Unsubscribed: values and ends of members are ignored. */
  readonly closed: boolean;
  /** The subscriber that the values of a member finally reach. */
  readonly destination: unknown;
  readonly rules: BatchRules<R>;
  readonly running: RunningMembers<Member<R>>;
  /** Of the member that is begun now, where that is known. */
  readonly context: Context | null;
  /** Starts the run of a task. */
  start(run: MemberRun<R>): void;
  /** Whether a member that was refused a connection, and of which nothing has begun, is kept to be started again; else it has failed. */
  hold(member: HeldMember<R>, error: unknown): boolean;
  /** A member was cancelled while it was being started, and its teardown has thrown. */
  teardownFailed(error: unknown): void;
  /** A member has ended, and what that meant has been done: look what is next. */
  pump(): void;
}
