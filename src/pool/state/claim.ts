import type { Context, Contexts } from '../rx/context';
import type { Linked } from '../collections/linked-list';
import type { PoolError } from '../errors';
import type { ResolvedAcquireOptions } from '../options';
import type { Slot } from './slot';

/** A claim moves in one direction, and may skip states: new → waiting, or resting → waiting, → held → ended. */
export type ClaimState = 'new' | 'resting' | 'waiting' | 'held' | 'ended';

/**
 * The claim of one caller to a connection, from the acquire to the release. It is a node of the wait queue
 * itself, and later of the list of holders of its connection: no second object is allocated.
 */
export abstract class Claim<C> implements Linked<Claim<C>> {
  /** Neighbours in the wait queue while waiting, among the holders of `slot` while held. */
  ahead: Claim<C> | null = null;
  behind: Claim<C> | null = null;

  state: ClaimState = 'new';
  /** The slot that it holds, while held. */
  slot: Slot<C> | null = null;

  /** By the pool's clock: when its wait began, -1 until it has; while held, when it was lent what it holds. */
  since = -1;

  /** The async context for its callbacks, once it has begun to wait; null where they run in the context of the caller anyway. */
  context: Context | null = null;

  /** The claim of a stream: not a pending acquire, so it has no timeout and counts towards no limit. */
  get isStream(): boolean {
    return false;
  }

  /** Whether this is cancelled work, which holds its connection until it has ended. */
  get isCancelledWork(): boolean {
    return false;
  }

  /** Whether this is work, whose lease is released automatically when the work has ended. */
  get isWork(): boolean {
    return false;
  }

  /** A claim that takes no connection: `granted` reports that one could be lent, and the claim has left the wait queue by then. */
  get takesNoLease(): boolean {
    return false;
  }

  /** The pass of the drain loop in which its stream was last served; -1 if it is no stream. */
  get servedInPass(): number {
    return -1;
  }

  /** Its timeout, label and signal. */
  abstract get options(): ResolvedAcquireOptions;

  /** The receiver of its outcome: a subscriber, from which those further downstream can be reached. */
  abstract get sink(): unknown;

  /** Whether the caller is unsubscribed already, although the claim is not withdrawn yet: it must not be served any more. */
  abstract get isUnsubscribed(): boolean;

  /** Captures the context of a claim that begins to wait. Called in that context. */
  capture(contexts: Contexts): Context | null {
    return contexts.capture();
  }

  /** The connection is lent to this claim. */
  abstract granted(connection: C): void;

  /** The wait has ended without a connection. */
  abstract failed(error: PoolError): void;

  /** The connection was lost or closed while it was held: the claim has ended already. */
  abstract revoked(error: PoolError): void;

  /** The same, for a claim whose `granted` was interrupted by a stack overflow. */
  interrupted(error: PoolError): void {
    this.revoked(error);
  }
}
