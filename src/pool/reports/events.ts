import type { CoarseClock } from '../time/coarse-clock';
import type { ConnectPolicy } from '../policies/connect-policy';

/**
 * Why the pool closes a connection: it was `idle` for too long; it has come to the end of its `lifetime` or to its last of `maxUses`
 * (`uses`); it was `lost` by the other side, or `discarded` by a holder or by what `isFatal` and `onCancel` say of one; it has failed its
 * `validate` or its `reset`; all its last runs failed (`outlier`); or the pool was made smaller (`resize`), was renewed (`refresh`), or ended
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

/** What can happen in a pool. Connections are numbered from 1, in the order in which they were begun. */
export type PoolEventDetails =
  /** A connect has succeeded, after so many ms. */
  | { readonly type: 'opened'; readonly connection: number; readonly took: number }
  /** A connect has failed, or a connection soon after it, before its first lease; `attempts`: so many in a row by now. */
  | { readonly type: 'openFailed'; readonly connection: number; readonly attempts: number; readonly error: unknown }
  /** A lease was lent, after a wait of so many ms. */
  | { readonly type: 'acquired'; readonly connection: number; readonly label?: string; readonly waited: number }
  /** A lease was given back, after so many ms. */
  | { readonly type: 'released'; readonly connection: number; readonly label?: string; readonly held: number }
  /** A lease has ended with its connection: `reason` is what `discard` was given, or the error that ended it. */
  | {
      readonly type: 'discarded';
      readonly connection: number;
      readonly label?: string;
      readonly held: number;
      readonly reason: unknown;
    }
  /**
   * A connection that was open is going to be closed; each that was `opened` is evicted once. `age` in ms, `uses`: leases it has had. For the
   * reason `outlier`: `failures`, the number of its last runs that failed, and the `error` of the last one.
   */
  | {
      readonly type: 'evicted';
      readonly connection: number;
      readonly reason: EvictReason;
      readonly error?: unknown;
      readonly failures?: number;
      readonly age: number;
      readonly uses: number;
    }
  /** Its close has ended, so many ms after it was begun; with the `error` that it failed with, or that says that it took too long. */
  | { readonly type: 'closed'; readonly connection: number; readonly took: number; readonly error?: unknown }
  /** An acquire has ended by its `acquireTimeout`. */
  | { readonly type: 'timedOut'; readonly label?: string; readonly waited: number; readonly error: unknown }
  /** An acquire was turned away: the line was full or too slow, the target dead, the pool destroyed; the error's `code` says which. */
  | { readonly type: 'rejected'; readonly label?: string; readonly error: unknown }
  /** A caller has left the waiting line, after so many ms: its acquire was unsubscribed, or its signal aborted. */
  | { readonly type: 'cancelled'; readonly label?: string; readonly waited: number }
  /** The breaker is in another state; `error` is the last failure. */
  | {
      readonly type: 'breaker';
      readonly state: 'closed' | 'open' | 'half-open';
      readonly attempts: number;
      readonly error: unknown;
    }
  /** A lease is held for longer than `leakThreshold`; or, `collected`, its holder has forgotten it without giving it back. */
  | {
      readonly type: 'leaked';
      readonly connection: number;
      readonly label?: string;
      readonly held: number;
      readonly collected: boolean;
      /** Where it was asked for, with a finite `leakThreshold`. */
      readonly stack?: string;
    }
  | { readonly type: 'resized'; readonly from: number; readonly to: number }
  /** So many connections are to be replaced. */
  | { readonly type: 'refreshed'; readonly connections: number }
  /** Everything is closed. The last event. */
  | { readonly type: 'destroyed' };

/** What has happened, in which pool, and when: milliseconds, by the pool's scheduler. */
export type PoolEvent = PoolEventDetails & { readonly pool: string; readonly at: number };

/**
 * Hands events to whoever listens, in the order in which they happened: what a listener makes happen comes after what it was told.
 */
export class Events {
  /** Whether anybody listens. Where nobody does, an event is not even made. */
  listening = false;
  private readonly queue: PoolEvent[] = [];
  private delivering = false;
  private breaker: ConnectPolicy['breaker'] = 'closed';

  constructor(
    private readonly pool: string,
    private readonly clock: CoarseClock,
    private readonly tell: (event: PoolEvent) => void,
  ) {}

  get undelivered(): number {
    return this.queue.length;
  }

  /** Only to be called while somebody listens. */
  add(what: PoolEventDetails): void {
    // It becomes the event itself: a copy would take longer than all that the pool does for a lease.
    const event = what as { -readonly [K in keyof PoolEvent]: PoolEvent[K] };
    event.pool = this.pool;
    event.at = this.clock.stamp();
    this.queue.push(event as PoolEvent);
  }

  /** Says whether anybody listens from now on. Who begins to is told of the breaker only as it changes after that. */
  listen(listening: boolean, breaker: ConnectPolicy['breaker']): void {
    if (listening && !this.listening) this.breaker = breaker;
    this.listening = listening;
    // What happened for those who have left is not for those who come.
    if (!listening) this.queue.length = 0;
  }

  /** Only to be called while somebody listens. */
  breakerChanged({ breaker: state, failures: attempts, lastFailure: error }: ConnectPolicy): void {
    if (this.breaker === state) return;
    this.breaker = state;
    this.add({ type: 'breaker', state, attempts, error });
  }

  deliver(): void {
    if (this.delivering) return;
    this.delivering = true;
    try {
      for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) this.tell(event);
    } finally {
      this.delivering = false;
    }
  }
}
