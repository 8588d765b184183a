import type { Claim } from '../state/claim';
import type { CoarseClock } from '../time/coarse-clock';
import type { PoolError } from '../errors';
import { Events } from './events';
import type { PoolEvent, PoolHappening } from './events';
import { holderOf } from './holders';
import type { Holder, LeakWatch } from './holders';
import type { Opening } from '../policies/opening';
import type { Overload } from '../policies/overload';
import type { Slot } from '../state/slot';

/** What becomes of leases and connections, as others than those concerned are told of it: listeners of the events, the leak watch, the overload rule. */
export class Reports<C> {
  private readonly events: Events;

  constructor(
    pool: string,
    private readonly clock: CoarseClock,
    private readonly leaks: LeakWatch<C> | null,
    private readonly overload: Overload<C> | null,
    tell: (event: PoolEvent) => void,
  ) {
    this.events = new Events(pool, clock, tell);
  }

  /** Whether anybody listens to the events. Where nobody does, none is made. */
  get listening(): boolean {
    return this.events.listening;
  }

  /** Whether anybody is to be told of a lease. */
  get attendLeases(): boolean {
    return this.listening || this.leaks !== null || this.overload !== null;
  }

  listen(listening: boolean, breaker: Opening['breaker']): void {
    this.events.listen(listening, breaker);
  }

  /** How many events there are that nobody has been told of yet. */
  get untold(): number {
    return this.events.untold;
  }

  deliver(): void {
    this.events.deliver();
  }

  // ---------------------------------------------------------------- leases

  asked(claim: Claim<C>): void {
    this.leaks?.asked(claim);
  }

  lent(claim: Claim<C>, slot: Slot<C>, waited: number): void {
    this.overload?.served();
    this.leaks?.lent(claim);
    if (this.listening) this.happened({ type: 'acquired', connection: slot.id, waited }, claim);
  }

  handedOver(from: Claim<C>, to: Claim<C>): void {
    this.leaks?.handedOver(from, to);
  }

  released(claim: Claim<C>, slot: Slot<C>, held: number): void {
    this.leaks?.ended(claim);
    if (this.listening) this.happened({ type: 'released', connection: slot.id, held }, claim);
  }

  discarded(claim: Claim<C>, slot: Slot<C>, held: number, reason: unknown): void {
    this.leaks?.ended(claim);
    if (this.listening) this.happened({ type: 'discarded', connection: slot.id, held, reason }, claim);
  }

  leaked(claim: Claim<C>, collected: boolean): void {
    if (!this.listening) return;
    const { age, ...holder }: Holder = holderOf(claim, this.clock.now(), this.leaks?.originOf(claim));
    this.happened({ type: 'leaked', ...holder, held: age, collected });
  }

  timedOut(claim: Claim<C>, waited: number, error: PoolError): void {
    if (this.listening) this.happened({ type: 'timedOut', waited, error }, claim);
  }

  cancelled(claim: Claim<C>, waited: number): void {
    if (this.listening) this.happened({ type: 'cancelled', waited }, claim);
  }

  rejected(claim: Claim<C>, error: PoolError): void {
    if (this.listening) this.happened({ type: 'rejected', error }, claim);
  }

  // ---------------------------------------------------------------- connections

  opened(slot: Slot<C>, took: number): void {
    if (this.listening) this.happened({ type: 'opened', connection: slot.id, took });
  }

  openFailed(slot: Slot<C>, attempts: number, error: unknown): void {
    if (this.listening) this.happened({ type: 'openFailed', connection: slot.id, attempts, error });
  }

  evicted({ id, evicted, evictedBy, failures, uses }: Slot<C>, age: number): void {
    if (!this.listening) return;
    const error = evictedBy === undefined ? {} : { error: evictedBy };
    const streak = evicted === 'outlier' ? { failures } : {};
    this.happened({ type: 'evicted', connection: id, reason: evicted ?? 'destroy', ...error, ...streak, age, uses });
  }

  closed(slot: Slot<C>, took: number, error: unknown): void {
    if (!this.listening) return;
    this.happened({ type: 'closed', connection: slot.id, took, ...(error === undefined ? {} : { error }) });
  }

  // ---------------------------------------------------------------- the pool

  breakerIs(opening: Opening): void {
    this.events.breakerIs(opening);
  }

  resized(from: number, to: number): void {
    if (this.listening) this.happened({ type: 'resized', from, to });
  }

  refreshed(connections: number): void {
    if (this.listening) this.happened({ type: 'refreshed', connections });
  }

  destroyed(): void {
    if (this.listening) this.happened({ type: 'destroyed' });
  }

  /** Of a claim, if it is somebody's. */
  private happened(what: PoolHappening, claim?: Claim<C>): void {
    const label = claim?.asking.label;
    if (label !== undefined) (what as { label?: string }).label = label;
    this.events.happened(what);
  }
}
