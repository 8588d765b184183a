import type { CoarseClock } from '../time/coarse-clock';
import type { ConnectPolicy } from '../policies/connect-policy';
import type { EvictReason, Subject } from '../state/claim-and-slot';

/** The events of a pool. Connections are numbered from 1, in the order in which their connects began. */
export type PoolEventDetails =
  /** A connect has succeeded; `took`: its duration in ms. */
  | { readonly type: 'opened'; readonly connection: number; readonly took: number }
  /** A connect has failed, or a new connection was lost before its first lease; `attempts`: the number of failures in a row. */
  | { readonly type: 'openFailed'; readonly connection: number; readonly attempts: number; readonly error: unknown }
  /** A connection was lent; `waited`: the wait in ms. */
  | { readonly type: 'acquired'; readonly connection: number; readonly label?: string; readonly waited: number }
  /** A lease was released; `held`: its duration in ms. */
  | { readonly type: 'released'; readonly connection: number; readonly label?: string; readonly held: number }
  /** A lease has ended together with its connection: `reason` is the argument of `discard`, or the error that ended the lease. */
  | {
      readonly type: 'discarded';
      readonly connection: number;
      readonly label?: string;
      readonly held: number;
      readonly reason: unknown;
    }
  /**
   * An open connection is going to be closed; each that was `opened` is evicted once. `age` in ms, `uses`: the number of its leases. For the
   * reason `outlier`: `failures`, the number of failed runs in a row, and the `error` of the last one.
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
  /** The connector has told something about an open connection (`ConnectContext.notice`), such as a reconnect below it. */
  | { readonly type: 'notice'; readonly connection: number; readonly notice: unknown }
  /** A close has ended; `took`: its duration in ms. `error`: why it failed, or that it exceeded `closeTimeout`. */
  | { readonly type: 'closed'; readonly connection: number; readonly took: number; readonly error?: unknown }
  /** An acquire has timed out (`acquireTimeout`). */
  | { readonly type: 'timedOut'; readonly label?: string; readonly waited: number; readonly error: unknown }
  /**
   * An acquire was rejected: the wait queue was full, the load was shed, the target was down, or the pool was destroyed; the error's `code`
   * says which.
   */
  | { readonly type: 'rejected'; readonly label?: string; readonly error: unknown }
  /** A waiting acquire was cancelled: it was unsubscribed, or its signal aborted; `waited`: the wait in ms. */
  | { readonly type: 'cancelled'; readonly label?: string; readonly waited: number }
  /** The state of the breaker has changed; `error` is the last failure. */
  | {
      readonly type: 'breaker';
      readonly state: 'closed' | 'open' | 'half-open';
      readonly attempts: number;
      readonly error: unknown;
    }
  /** A lease is held for longer than `leakThreshold`; or, `collected`, it was garbage-collected without having been released. */
  | {
      readonly type: 'leaked';
      readonly connection: number;
      readonly label?: string;
      readonly held: number;
      readonly collected: boolean;
      /** The stack of its acquire, with a finite `leakThreshold`. */
      readonly stack?: string;
    }
  | { readonly type: 'resized'; readonly from: number; readonly to: number }
  /** All connections are being replaced; `connections`: their number. */
  | { readonly type: 'refreshed'; readonly connections: number }
  /** Every connection is closed. The last event. */
  | { readonly type: 'destroyed' };

/**
 * An event with the name of its pool and its time: `at` is the date in milliseconds, by the pool's scheduler; `elapsed` the milliseconds since
 * the pool was created, by the monotonic clock, for durations between events.
 */
export type PoolEvent = PoolEventDetails & { readonly pool: string; readonly at: number; readonly elapsed: number };

/**
 * Delivers events to listeners in the order in which they happened: an event that a listener causes is delivered after the current one.
 */
export class Events {
  private readonly queue: PoolEvent[] = [];
  /** The subject of each event in the queue. */
  private readonly subjects: (Subject | null)[] = [];
  private delivering = false;
  private breaker: ConnectPolicy['breaker'] = 'closed';

  constructor(
    private readonly pool: string,
    private readonly clock: CoarseClock,
    private readonly tell: (event: PoolEvent, subject: Subject | null) => void,
  ) {}

  get undelivered(): number {
    return this.queue.length;
  }

  /** Call it only while there is a listener, or another observer of this event. */
  add(what: PoolEventDetails, subject: Subject | null): void {
    // The details become the event itself: a copy would take longer than everything else that the pool does for a lease.
    const event = what as { -readonly [K in keyof PoolEvent]: PoolEvent[K] };
    event.pool = this.pool;
    event.at = this.clock.stamp();
    event.elapsed = this.clock.peek();
    this.queue.push(event as PoolEvent);
    this.subjects.push(subject);
  }

  /** Call it after every change while the breaker is not closed. `wanted`: whether the event has an observer. */
  breakerChanged({ breaker: state, failures: attempts, lastFailure: error }: ConnectPolicy, wanted: boolean): void {
    if (this.breaker === state) return;
    this.breaker = state;
    if (wanted) this.add({ type: 'breaker', state, attempts, error }, null);
  }

  /** Whether the last change of the breaker that was seen has closed it. */
  get isBreakerClosed(): boolean {
    return this.breaker === 'closed';
  }

  deliver(): void {
    if (this.delivering) return;
    this.delivering = true;
    try {
      for (let event = this.queue.shift(); event !== undefined; event = this.queue.shift()) {
        this.tell(event, this.subjects.shift() ?? null);
      }
    } finally {
      this.delivering = false;
    }
  }
}
