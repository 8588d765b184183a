/** The options of the pool that the model needs, every default filled in. `max` is where it begins: `resize` changes it. */
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
  /** Whether it is asked about the errors of work; it says yes to those that are marked, or cannot tell and throws. */
  readonly isFatal: 'none' | 'says yes' | 'throws';
  /** What the connector returns. */
  readonly connector: 'observable' | 'promise';
  /** Whether the pool has the option `close`. With promises it always has: nothing else would end the connection. */
  readonly close: boolean;
}

/**
 * - `opening`: asked for, not there yet;
 * - `given up`: it was opening, and is not wanted any more: the pool has to say so now;
 * - `open`;
 * - `leaving`: nobody holds it and nobody will; the pool has to close it now;
 * - `closing`: `close` runs;
 * - `closed`: `close` is over, and the pool has to unsubscribe now;
 * - `unwanted`: a promise that came too late to be waited for; its place is taken for `closeTimeout` more;
 * - `gone`.
 */
export type ConnectionState = 'opening' | 'given up' | 'open' | 'leaving' | 'closing' | 'closed' | 'unwanted' | 'gone';

/** What an open connection undergoes while nobody holds it: before it is lent, or after it has come back. */
export type Check = 'validate' | 'reset';

export interface ModelConnection {
  readonly id: number;
  state: ConnectionState;
  /** When the state was entered. */
  since: number;
  /** Takes no new lease. */
  condemned: boolean;
  /** Whether it was told to go when the pool was made smaller cannot be told from outside, until it goes or is lent. */
  mayGo: boolean;
  wasOpen: boolean;
  /** When it opened, and when it last came free. */
  openedAt: number;
  idleSince: number;
  /** Its lifetime is over, and it was not closed: it is one of `min` that was never lent, and is replaced when it is wanted. */
  overdue: boolean;
  check: Check | null;
  /** When that began; null until it has. */
  checkSince: number | null;
  /** It has just been found to work: it is not asked again before it is lent. */
  validated: boolean;
  /** Leases that it has had. */
  uses: number;
  /** Grows with each change of its load: among those of equal load it tells which has come to it first, and which last. */
  loadedAt: number;
  wasLent: boolean;
  /** By a holder, and not only lost. */
  wasGivenBack: boolean;
  /** A promise that was kept after its place had been given to another: it has to be closed, but it takes no place. */
  stray: boolean;
}

export interface ModelLease {
  readonly id: number;
  readonly connection: ModelConnection;
  readonly caller: ModelCaller;
}

export type CallerKind = 'acquire' | 'use' | 'stream';

/**
 * - `waiting`: in line;
 * - `inside`: its `next` is being called with a lease;
 * - `working`: its work runs;
 * - `resting`: a stream that will be in line again in a later task;
 * - `lingering`: cancelled, but its lease has not ended yet;
 * - `over`.
 */
export type CallerPhase = 'waiting' | 'inside' | 'working' | 'resting' | 'lingering' | 'over';

export interface ModelCaller {
  readonly id: number;
  readonly kind: CallerKind;
  /** What its work returns. A call that throws counts as an observable that fails. */
  readonly work: 'observable' | 'promise';
  readonly deadline: number;
  phase: CallerPhase;
  /** When it got in line, or began to rest. */
  since: number;
  /** The task in which that was. */
  sinceTask: number;
  /** The task in which it was last served. */
  servedIn: number;
  /** It came from its rest: in which order with others of that instant is not fixed. */
  rested: boolean;
  /** Its `subscribe` has not returned: the pool cannot be told that it has left. */
  asking: boolean;
  /** It asked when the pool was destroyed already. */
  readonly afterTheEnd: boolean;
  lease: ModelLease | null;
  /** How its work ended by itself. */
  end: { readonly ok: boolean; readonly error: unknown } | null;
  /** Its work's own teardown has run. */
  torn: boolean;
  /** It has unsubscribed. */
  left: boolean;
  /** Its connection was taken away: the work has the rest of this turn to end by itself. */
  revoked: { readonly why: 'lost' | 'destroyed'; readonly task: number } | null;
  /** The pool has to make the connection clean now. */
  mustClean: boolean;
  cleaningSince: number | null;
}

export interface Warming {
  readonly id: number;
  readonly goal: number;
  readonly deadline: number;
  /** So many were open at some moment. */
  reached: boolean;
  /** The target was taken for dead at some moment. */
  refused: boolean;
}

/** The counters of the stats that only ever grow. */
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
