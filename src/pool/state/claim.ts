import type { Context, Contexts } from '../rx/context';
import type { Linked } from '../collections/linked-list';
import type { PoolError } from '../errors';
import type { ResolvedAcquireOptions } from '../options';
import type { Slot } from './slot';

/** A claim goes one way: new → waiting, or resting → waiting, → held → ended, and may skip what lies between. */
export type ClaimState = 'new' | 'resting' | 'waiting' | 'held' | 'ended';

/**
 * One caller's claim to a connection, from the moment it asks to the moment it gives back. It is its own
 * place in the waiting line and then its own place among the holders of its connection: no second object.
 */
export abstract class Claim<C> implements Linked<Claim<C>> {
  /** Neighbours in the line while waiting, among the holders of `slot` while held. */
  ahead: Claim<C> | null = null;
  behind: Claim<C> | null = null;

  state: ClaimState = 'new';
  /** What it holds, while held. */
  slot: Slot<C> | null = null;

  /** By the pool's clock: when its wait began, -1 until it has; while held, when it was lent what it holds. */
  since = -1;

  /** What everything that it is told is told in, once it had to wait; null where that is the context of the caller anyhow. */
  context: Context | null = null;

  /** The standing request of a stream: no pending acquire, so it has no timeout and counts in no bound. */
  get isStream(): boolean {
    return false;
  }

  /** Cancelled work, which holds its connection until it has ended. */
  get isCancelledWork(): boolean {
    return false;
  }

  /** Work, whose lease ends by itself when the work has ended. */
  get isWork(): boolean {
    return false;
  }

  /** A standing request that takes no connection: `granted` tells it that one could be lent, and it is out of the line by then. */
  get takesNoLease(): boolean {
    return false;
  }

  /** In which drain the stream of a standing request was last served. */
  get servedInPass(): number {
    return -1;
  }

  /** How long it may wait, and what the lease is for. */
  abstract get options(): ResolvedAcquireOptions;

  /** Where its outcome goes: a subscriber, from which others can be found further down. */
  abstract get sink(): unknown;

  /** Whether the caller is gone already, although it has not said so yet: it is not to be served any more. */
  abstract get isUnsubscribed(): boolean;

  /** The context of a claim that begins to wait: called in it. */
  capture(contexts: Contexts): Context | null {
    return contexts.capture();
  }

  /** The connection is lent to this claim. */
  abstract granted(connection: C): void;

  /** The wait is over without a connection. */
  abstract failed(error: PoolError): void;

  /** The connection was lost or closed under the holder: the claim has ended already. */
  abstract revoked(error: PoolError): void;

  /** The same, of one whose `granted` has not come to its end, since the stack was full. */
  interrupted(error: PoolError): void {
    this.revoked(error);
  }
}
