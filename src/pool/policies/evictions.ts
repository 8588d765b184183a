import type { Clock } from '../time/clock';
import { minDelayMs, timeEpsilon } from '../time/clock';
import { Timer } from '../time/timer';
import type { Connections } from '../state/connections';
import type { EvictReason } from '../state/claim-and-slot';
import type { Slot } from '../state/claim-and-slot';
import type { WarmUps } from './warm-ups';

export interface EvictionOptions {
  readonly min: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly lifetimeJitter: number;
}

/** In ms. A timer that is later than this is overdue. */
const timerTolerance = 5;

/**
 * Decides when a connection is evicted: it has been idle for `idleTimeout` and `min` does not require it, or its lifetime has ended.
 * It uses two one-shot timers, each for the connection that is due first, and only while there is one.
 */
export class Evictions<C> {
  private readonly idleTimer: Timer;
  private readonly lifetimeTimer: Timer;
  private lifetimeDue = Infinity;
  /** Whether a connection whose lifetime is over is open only because a warm-up required it. */
  private keptForWarmUp = false;

  constructor(
    private readonly options: EvictionOptions,
    private readonly clock: Clock,
    private readonly connections: Connections<C>,
    private readonly warmUps: WarmUps,
    private readonly random: () => number,
    private readonly evict: (slot: Slot<C>, reason: EvictReason) => void,
  ) {
    this.idleTimer = new Timer(clock, false, () => {
      this.evictIdle();
    });
    this.lifetimeTimer = new Timer(clock, false, () => {
      this.evictOld();
    });
  }

  /** Starts the lifetime of a new connection, with jitter, so that connections that were opened together are not all closed together. */
  opened(slot: Slot<C>): void {
    const { maxLifetime, lifetimeJitter } = this.options;
    if (maxLifetime === Infinity) return;
    const shortened = lifetimeJitter === 0 ? 0 : lifetimeJitter * this.random();
    const lifetime = Math.max(minDelayMs, Math.round(maxLifetime * (1 - shortened)));
    slot.expiresAt = slot.openedAt + lifetime;
    if (slot.expiresAt < this.lifetimeDue) this.awaitLifetime(slot.expiresAt, slot.openedAt);
  }

  /**
   * Call it at the end of a pass. A timer that is set stays set, even if its connection is lent meanwhile: setting it again for every lease
   * would cost more than the lease.
   */
  armTimers(): void {
    if (!this.isIdleTimerArmed) this.awaitIdle(this.clock.now());
  }

  /** Whether there is no timer to set, and no connection to close. */
  get isQuiescent(): boolean {
    return !this.keptForWarmUp && this.isIdleTimerArmed;
  }

  private get isIdleTimerArmed(): boolean {
    return this.idleTimer.isSet || this.options.idleTimeout === Infinity || !this.mayEvictIdle;
  }

  /**
   * Why a connection that is going to be lent should have been closed before, or null: its timer is late, as after a blocked thread or in a
   * process that was stopped.
   */
  overdue(slot: Slot<C>, now: number): EvictReason | null {
    if (now - slot.expiresAt > timerTolerance) return 'lifetime';
    const { idleTimeout } = this.options;
    const isTooIdle = slot.holders.size === 0 && now - slot.idleSince - idleTimeout > timerTolerance;
    return isTooIdle && this.anySurplus ? 'idle' : null;
  }

  end(): void {
    this.idleTimer.stop();
    this.lifetimeTimer.stop();
    this.lifetimeDue = Infinity;
  }

  private get mayEvictIdle(): boolean {
    return this.connections.idle > 0 && this.anySurplus;
  }

  /** Whether there are more connections than `min` and the warm-ups require: one that they require would only be opened again. */
  private get anySurplus(): boolean {
    const { total } = this.connections;
    return total > this.options.min && (!this.warmUps.any || total > this.warmUps.goal);
  }

  /** Whether connections were kept past their lifetime for warm-ups that have ended by now. */
  get isKeptDue(): boolean {
    return this.keptForWarmUp && !this.warmUps.any;
  }

  evictKept(): void {
    this.keptForWarmUp = false;
    for (const slot of this.connections.all()) {
      if (slot.expired && slot.state === 'open' && !slot.markedForClose && this.anySurplus)
        this.evict(slot, 'lifetime');
    }
  }

  private keep(slot: Slot<C>): void {
    slot.expired = true;
    if (this.connections.total > this.options.min) this.keptForWarmUp = true;
  }

  private awaitIdle(now: number): void {
    const due = this.connections.idleLongest!.idleSince + this.options.idleTimeout - now;
    this.idleTimer.set(Math.max(0, due));
  }

  private evictIdle(): void {
    const now = this.clock.now();
    while (this.mayEvictIdle) {
      const slot = this.connections.idleLongest!;
      if (slot.idleSince + this.options.idleTimeout - now > timeEpsilon) {
        break;
      }
      this.evict(slot, 'idle');
    }
    // Unless an eviction has led to a pass that has set it already.
    this.armTimers();
  }

  private awaitLifetime(due: number, now: number): void {
    this.lifetimeDue = due;
    this.lifetimeTimer.set(Math.max(0, due - now));
  }

  private evictOld(): void {
    this.lifetimeDue = Infinity;
    const now = this.clock.now();
    let next = Infinity;
    for (const slot of this.connections.all()) {
      if (slot.state !== 'open' || slot.markedForClose || slot.expired) continue;
      if (slot.expiresAt - now > timeEpsilon) next = Math.min(next, slot.expiresAt);
      // An unused connection of `min` would be replaced again and again: it is replaced when a caller needs it.
      else if (slot.everLent || this.anySurplus) this.evict(slot, 'lifetime');
      else this.keep(slot);
    }
    // The lifetime of a replacement that was opened meanwhile may end earlier.
    if (next < this.lifetimeDue) this.awaitLifetime(next, now);
  }
}
