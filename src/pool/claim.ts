import type { Linked } from './linked-list';
import type { Lane } from './line';
import type { PoolError } from './errors';
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

  /** How long it may wait, in ms, once it is in line. */
  timeout = 0;
  /** When its wait began, by the pool's clock; -1 for who has not waited. */
  askedAt = -1;
  /** When it was lent what it holds, by the pool's clock. */
  heldSince = 0;
  /** The stack of who asked, where that is wanted. */
  origin: Error | null = null;
  /** While in line: who holds a connection of this very pool, and has asked for another one from inside its work. */
  inside: Claim<C> | null = null;
  /** Those whose waits end after the same time, in the order in which they will; null for a wait without end. */
  lane: Lane<C> | null = null;
  earlier: Claim<C> | null = null;
  later: Claim<C> | null = null;

  /** The standing request of a stream: no pending acquire, so it has no timeout and counts in no bound. */
  get standing(): boolean {
    return false;
  }

  /** In which drain the stream of a standing request was last served. */
  get servedIn(): number {
    return -1;
  }

  /** What the lease is for, in the caller's words. */
  abstract get label(): string | undefined;

  /** Where its outcome goes: a subscriber, from which others can be found further down. */
  abstract get sink(): unknown;

  /** Whether the caller is gone already, although it has not said so yet: it is not to be served any more. */
  abstract get abandoned(): boolean;

  /** The connection is lent to this claim. */
  abstract granted(connection: C): void;

  /** The wait is over without a connection. */
  abstract failed(error: PoolError): void;

  /** The connection was lost or closed under the holder: the claim has ended already. */
  abstract revoked(error: PoolError): void;
}
