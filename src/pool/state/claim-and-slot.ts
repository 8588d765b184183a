import type { PoolError } from '../errors';
import { HolderList } from '../collections/holder-list';
import type { Linked } from '../collections/linked-list';
import type { Context, Contexts } from './context';

/** The options of one acquire, with the defaults filled in. */
export interface ResolvedAcquireOptions {
  readonly acquireTimeout: number;
  readonly label: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A claim moves in one direction, and may skip states: new → waiting, or deferred → waiting, → held → ended. */
export type ClaimState = 'new' | 'deferred' | 'waiting' | 'held' | 'ended';

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

  /** When its wait began, by the pool's clock; -1 until the end of the pass in which it was enqueued. */
  waitingSince = -1;
  /** When its lease began, by the pool's clock. */
  heldSince = -1;

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

/**
 * Why the pool closes a connection: it was `idle` for `idleTimeout`; it has reached the end of its `lifetime` or its last use (`uses`, see
 * `maxUses`); it was `lost`; it was `discarded` by its holder, by `isFatal` or by `onCancel`; it has failed its `validate` or its `reset`;
 * all its last runs failed (`outlier`); or the pool was made smaller (`resize`), was refreshed (`refresh`), or is being destroyed
 * (`destroy`).
 */
export type EvictReason =
  | 'idle'
  | 'lifetime'
  | 'uses'
  | 'lost'
  | 'discarded'
  | 'validate'
  | 'reset'
  | 'outlier'
  | 'resize'
  | 'refresh'
  | 'destroy';

/** A slot moves in one direction: opening → open → closing → gone. It counts against `max` until it is gone. */
export type SlotState = 'opening' | 'open' | 'closing' | 'gone';

/** A check of an open connection, during which it cannot be lent: `validate` before a lease, `reset` after one. */
export type Check = 'validate' | 'reset';

/** The place of one connection in the pool, from the connect to the end of its close. */
export abstract class Slot<C> implements Linked<Slot<C>> {
  /** Neighbours among the slots of equal load (see `AvailableSlots`). */
  ahead: Slot<C> | null = null;
  behind: Slot<C> | null = null;

  state: SlotState = 'opening';
  /** Set once it is open. */
  connection: C | undefined = undefined;
  /** Its holders: at most `capacity`. */
  readonly holders = new HolderList<Claim<C>>();
  /** It takes no new lease, and is closed when its last one ends. */
  markedForClose = false;
  /** The number of connections in a row that were closed unused before it, each the replacement of the previous one. */
  generation = 0;
  /** Why it is closed, once it is marked for close, and the error that caused it, if there is one. */
  evictReason: EvictReason | null = null;
  evictError: unknown = undefined;
  checking: Check | null = null;
  /** Whether it has passed its validation in this pass of the drain loop. */
  validated = false;
  /** Its lifetime is over, but `min` or a warm-up requires it: it is replaced when a caller needs it. */
  expired = false;
  /** The number of its leases so far. */
  uses = 0;
  /** Whether it was ever lent: a connection that is lost before that counts as a failed connect. */
  everLent = false;
  /** The pass of the drain loop in which it was last lent to a stream, and in which it was last released. */
  streamedInPass = -1;
  returnedInPass = -1;
  /** The pass of the drain loop in which it opened. */
  openedInPass = -1;
  /** When its connect began, by the pool's clock. */
  connectingSince = 0;
  /** When it opened; -1 before. */
  openedAt = -1;
  /** When its lifetime ends. */
  expiresAt = Infinity;
  /** When its last lease or check ended. */
  idleSince = 0;
  /** When its close began. */
  closingSince = 0;
  /** Whether it was ever released, and not only lost. */
  everReturned = false;
  /** The number of failed runs of work in a row (see `Outliers`). */
  failures = 0;
  /** Whether it must be validated before its next lease, however short its idle time is. */
  mustValidate = false;

  get wasOpen(): boolean {
    return this.openedAt >= 0;
  }

  /** `id`: its number, from 1, in the order in which the connects began. */
  constructor(readonly id: number) {}

  /** Begins the connect. Reports once, by `opened` or `openFailed` of the core; after `opened` perhaps by `lost`. */
  abstract connect(): void;

  /** Begins the check. Reports once, by `checked` of the core, unless `close` is called first. */
  abstract check(kind: Check): void;

  /** Closes the connection, or abandons the connect. Reports once, by `closed` of the core. */
  abstract close(): void;
}

/** The claim or the connection that an event is about. */
export type Subject = Claim<unknown> | Slot<unknown>;
