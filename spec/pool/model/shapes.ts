/** The options of the pool that the model needs, every default filled in. `max` is the initial value: `resize` changes it. */
export interface ModelOptions {
  readonly max: number;
  readonly capacity: number;
  readonly order: 'lifo' | 'fifo';
  readonly min: number;
  readonly idleTimeout: number;
  /** Without jitter. */
  readonly maxLifetime: number;
  readonly maxUses: number;
  readonly validate: boolean;
  readonly validateAfter: number;
  readonly reset: boolean;
  readonly maxPending: number;
  readonly maxOpening: number;
  readonly connectTimeout: number;
  readonly closeTimeout: number;
  readonly cancelTimeout: number;
  readonly acquireTimeout: number;
  readonly retryDelay: { readonly initial: number; readonly max: number };
  readonly breaker: false | { readonly failures: number; readonly probeAfter: number };
  readonly onCancel: 'release' | 'discard' | 'clean';
  /** Whether the option `isFatal` is set; it returns true for marked errors, or throws. */
  readonly isFatal: 'none' | 'says yes' | 'throws';
  /** What the connector returns. */
  readonly connector: 'observable' | 'promise';
  /** Whether the pool has the option `close`. With promises it always has: nothing else would end the connection. */
  readonly close: boolean;
}

/**
 * - `opening`: requested, not open yet;
 * - `abandoned`: it was opening, and is not wanted any more: the pool must abandon it now;
 * - `open`;
 * - `leaving`: it has no holder and will have none; the pool must close it now;
 * - `closing`: `close` runs;
 * - `closed`: `close` has ended, and the pool must unsubscribe now;
 * - `unwanted`: a promise that came too late; its slot is occupied for `closeTimeout` more;
 * - `gone`.
 */
export type ConnectionState = 'opening' | 'abandoned' | 'open' | 'leaving' | 'closing' | 'closed' | 'unwanted' | 'gone';

/** A check of an open connection without holders: before it is lent, or after it was released. */
export type Check = 'validate' | 'reset';

export interface ModelConnection {
  readonly id: number;
  state: ConnectionState;
  /** When the state was entered. */
  since: number;
  /** It takes no new lease. */
  condemned: boolean;
  /** Whether it was marked for close when the pool was made smaller is not visible from outside, until it is closed or lent. */
  mayGo: boolean;
  wasOpen: boolean;
  /** When it opened, and when it was last released. */
  openedAt: number;
  idleSince: number;
  /** Its lifetime is over, and it was not closed: it is a connection of `min` that was never lent, and is replaced on demand. */
  overdue: boolean;
  check: Check | null;
  /** When that began; null until it has. */
  checkSince: number | null;
  /** It has just passed a validation: it is not validated again before it is lent. */
  validated: boolean;
  /** The number of its leases so far. */
  uses: number;
  /** Grows with each change of its load: it orders connections of equal load by the time at which they reached that load. */
  loadedAt: number;
  wasLent: boolean;
  /** By a holder, and not only lost. */
  wasGivenBack: boolean;
  /** A connection whose promise was fulfilled after its slot was reused: it must be closed, but occupies no slot. */
  stray: boolean;
}

export interface ModelLease {
  readonly id: number;
  readonly connection: ModelConnection;
  readonly caller: ModelCaller;
}

export type CallerKind = 'acquire' | 'use' | 'stream';

/**
 * - `waiting`: in the queue;
 * - `inside`: its `next` is being called with a lease;
 * - `working`: its work runs;
 * - `resting`: a stream that will be in the queue again in a later task;
 * - `lingering`: cancelled, but its lease has not ended yet;
 * - `over`.
 */
export type CallerPhase = 'waiting' | 'inside' | 'working' | 'resting' | 'lingering' | 'over';

export interface ModelCaller {
  readonly id: number;
  readonly kind: CallerKind;
  /** What its work returns. A call that throws counts as an Observable that fails. */
  readonly work: 'observable' | 'promise';
  readonly deadline: number;
  phase: CallerPhase;
  /** When it entered the queue, or was deferred. */
  since: number;
  /** The task in which that happened. */
  sinceTask: number;
  /** The task in which it was last served. */
  servedIn: number;
  /** When it was served last. */
  servedAt: number;
  /** It was deferred before: its order relative to others of that instant is not fixed. */
  rested: boolean;
  /** Its `subscribe` has not returned: it cannot be unsubscribed yet. */
  asking: boolean;
  /** It acquired after the pool was destroyed. */
  readonly afterTheEnd: boolean;
  lease: ModelLease | null;
  /** How its work ended by itself. */
  end: { readonly ok: boolean; readonly error: unknown } | null;
  /** The teardown of its work has run. */
  torn: boolean;
  /** It has unsubscribed. */
  left: boolean;
  /** Its lease was revoked: the work has the rest of this turn to end by itself. */
  revoked: { readonly why: 'lost' | 'destroyed'; readonly task: number } | null;
  /** The pool must clean the connection now. */
  mustClean: boolean;
  cleaningSince: number | null;
}

export interface Warming {
  readonly id: number;
  readonly goal: number;
  readonly deadline: number;
  /** The largest number of open connections. */
  reached: boolean;
  /** Whether the target was considered down at some moment. */
  refused: boolean;
}

/** The counters of the stats that only grow. */
export interface Tally {
  successfulOperations: number;
  failedOperations: number;
  cancelledOperations: number;
  acquired: number;
  released: number;
  discarded: number;
  opened: number;
  closed: number;
  openFailures: number;
  timeouts: number;
  rejected: number;
  cancelledAcquires: number;
}
