import type { Claim } from '../state/claim-and-slot';
import type { CoarseClock } from '../time/coarse-clock';
import type { PoolError } from '../errors';
import { Events } from './events';
import type { PoolEvent, PoolEventDetails } from './events';
import { holderOf } from './holders';
import type { Holder, LeakWatch } from './holders';
import type { ConnectPolicy } from '../policies/connect-policy';
import type { LoadShedder } from '../policies/load-shedder';
import type { Slot } from '../state/claim-and-slot';

/** Passes on what happens to leases and connections: to listeners of the events, the leak watch and the load shedder. */
export class Reports<C> {
  private readonly events: Events;

  constructor(
    pool: string,
    private readonly clock: CoarseClock,
    private readonly leaks: LeakWatch<C> | null,
    private readonly loadShedder: LoadShedder<C> | null,
    tell: (event: PoolEvent) => void,
  ) {
    this.events = new Events(pool, clock, tell);
  }

  /** Whether the events have a listener. Without one no event is created. */
  get listening(): boolean {
    return this.events.listening;
  }

  /** Whether anything observes leases. */
  get observesLeases(): boolean {
    return this.listening || this.leaks !== null || this.loadShedder !== null;
  }

  listen(listening: boolean, breaker: ConnectPolicy['breaker']): void {
    this.events.listen(listening, breaker);
  }

  /** The number of events that are not delivered yet. */
  get undelivered(): number {
    return this.events.undelivered;
  }

  deliver(): void {
    this.events.deliver();
  }

  // ---------------------------------------------------------------- leases

  requested(claim: Claim<C>): void {
    this.leaks?.requested(claim);
  }

  lent(claim: Claim<C>, slot: Slot<C>, waited: number): void {
    this.loadShedder?.served();
    this.leaks?.lent(claim);
    if (this.listening) this.addEvent({ type: 'acquired', connection: slot.id, waited }, claim);
  }

  handedOver(from: Claim<C>, to: Claim<C>): void {
    this.leaks?.handedOver(from, to);
  }

  released(claim: Claim<C>, slot: Slot<C>, held: number): void {
    this.leaks?.ended(claim);
    if (this.listening) this.addEvent({ type: 'released', connection: slot.id, held }, claim);
  }

  discarded(claim: Claim<C>, slot: Slot<C>, held: number, reason: unknown): void {
    this.leaks?.ended(claim);
    if (this.listening) this.addEvent({ type: 'discarded', connection: slot.id, held, reason }, claim);
  }

  leaked(claim: Claim<C>, collected: boolean): void {
    if (!this.listening) return;
    const { age, ...holder }: Holder = holderOf(claim, this.clock.now(), this.leaks?.stackOf(claim));
    this.addEvent({ type: 'leaked', ...holder, held: age, collected });
  }

  timedOut(claim: Claim<C>, waited: number, error: PoolError): void {
    if (this.listening) this.addEvent({ type: 'timedOut', waited, error }, claim);
  }

  cancelled(claim: Claim<C>, waited: number): void {
    if (this.listening) this.addEvent({ type: 'cancelled', waited }, claim);
  }

  rejected(claim: Claim<C>, error: PoolError): void {
    if (this.listening) this.addEvent({ type: 'rejected', error }, claim);
  }

  // ---------------------------------------------------------------- connections

  opened(slot: Slot<C>, took: number): void {
    if (this.listening) this.addEvent({ type: 'opened', connection: slot.id, took });
  }

  openFailed(slot: Slot<C>, attempts: number, error: unknown): void {
    if (this.listening) this.addEvent({ type: 'openFailed', connection: slot.id, attempts, error });
  }

  evicted({ id, evictReason, evictError, failures, uses }: Slot<C>, age: number): void {
    if (!this.listening) return;
    const error = evictError === undefined ? {} : { error: evictError };
    const streak = evictReason === 'outlier' ? { failures } : {};
    this.addEvent({
      type: 'evicted',
      connection: id,
      reason: evictReason ?? 'destroy',
      ...error,
      ...streak,
      age,
      uses,
    });
  }

  closed(slot: Slot<C>, took: number, error: unknown): void {
    if (!this.listening) return;
    this.addEvent({ type: 'closed', connection: slot.id, took, ...(error === undefined ? {} : { error }) });
  }

  // ---------------------------------------------------------------- the pool

  breakerChanged(connectPolicy: ConnectPolicy): void {
    this.events.breakerChanged(connectPolicy);
  }

  resized(from: number, to: number): void {
    if (this.listening) this.addEvent({ type: 'resized', from, to });
  }

  refreshed(connections: number): void {
    if (this.listening) this.addEvent({ type: 'refreshed', connections });
  }

  destroyed(): void {
    if (this.listening) this.addEvent({ type: 'destroyed' });
  }

  /** `claim`: the one that the event is about, if there is one. */
  private addEvent(what: PoolEventDetails, claim?: Claim<C>): void {
    const label = claim?.options.label;
    if (label !== undefined) (what as { label?: string }).label = label;
    this.events.add(what);
  }
}
