import type { Claim, Slot, Subject } from '../state/claim-and-slot';
import type { CoarseClock } from '../time/coarse-clock';
import type { PoolError } from '../errors';
import { Events } from './events';
import type { PoolEvent, PoolEventDetails } from './events';
import { holderOf } from './holders';
import type { Holder, LeakWatch } from './holders';
import type { ConnectPolicy } from '../policies/connect-policy';
import type { LoadShedder } from '../policies/load-shedder';
import type { Tracing } from './tracing';

/** Passes on what happens to leases and connections: to listeners of the events, tracers, the leak watch and the load shedder. */
export class Reports<C> {
  private readonly events: Events;
  /** Whether `events$` has a subscriber. */
  private hasListeners = false;

  constructor(
    pool: string,
    private readonly clock: CoarseClock,
    private readonly leaks: LeakWatch<C> | null,
    private readonly loadShedder: LoadShedder<C> | null,
    private readonly tracing: Tracing,
    tell: (event: PoolEvent, subject: Subject | null) => void,
    /** There is an event to deliver. */
    private readonly onEvent: () => void,
  ) {
    this.events = new Events(pool, clock, tell);
  }

  /** Whether anything observes leases. */
  get observesLeases(): boolean {
    return this.listening || this.tracing.isTracing || this.leaks !== null || this.loadShedder !== null;
  }

  /** Whether anything observes changes that make no event by themselves. */
  get observesChanges(): boolean {
    return this.listening || !this.events.isBreakerClosed;
  }

  listen(hasListeners: boolean): void {
    this.hasListeners = hasListeners;
  }

  /** Whether all events have an observer. */
  private get listening(): boolean {
    return this.hasListeners || this.tracing.hasTracers;
  }

  /** Whether an event has an observer. Without one it is not created. */
  private wants(type: PoolEvent['type']): boolean {
    return this.listening || this.tracing.publishes(type);
  }

  /** The same for the end of an acquire or of a connect. */
  private wantsEndOf(subject: Claim<C> | Slot<C>): boolean {
    return this.listening || this.tracing.traces(subject);
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
    if (this.wantsEndOf(claim)) this.addLeaseEvent({ type: 'acquired', connection: slot.id, waited }, claim);
  }

  handedOver(from: Claim<C>, to: Claim<C>): void {
    this.leaks?.handedOver(from, to);
  }

  released(claim: Claim<C>, slot: Slot<C>, held: number): void {
    this.leaks?.ended(claim);
    if (this.wants('released')) this.addLeaseEvent({ type: 'released', connection: slot.id, held }, claim);
  }

  discarded(claim: Claim<C>, slot: Slot<C>, held: number, reason: unknown): void {
    this.leaks?.ended(claim);
    if (this.wants('discarded')) this.addLeaseEvent({ type: 'discarded', connection: slot.id, held, reason }, claim);
  }

  leaked(claim: Claim<C>, collected: boolean): void {
    if (!this.wants('leaked')) return;
    const { age, ...holder }: Holder = holderOf(claim, this.clock.now(), this.leaks?.stackOf(claim));
    this.addEvent({ type: 'leaked', ...holder, held: age, collected }, claim);
  }

  timedOut(claim: Claim<C>, waited: number, error: PoolError): void {
    if (this.wantsEndOf(claim)) this.addLeaseEvent({ type: 'timedOut', waited, error }, claim);
  }

  cancelled(claim: Claim<C>, waited: number): void {
    if (this.wantsEndOf(claim)) this.addLeaseEvent({ type: 'cancelled', waited }, claim);
  }

  rejected(claim: Claim<C>, error: PoolError): void {
    if (this.wantsEndOf(claim)) this.addLeaseEvent({ type: 'rejected', error }, claim);
  }

  // ---------------------------------------------------------------- connections

  opened(slot: Slot<C>, took: number): void {
    if (this.wantsEndOf(slot)) this.addEvent({ type: 'opened', connection: slot.id, took }, slot);
  }

  openFailed(slot: Slot<C>, attempts: number, error: unknown): void {
    if (this.wantsEndOf(slot)) this.addEvent({ type: 'openFailed', connection: slot.id, attempts, error }, slot);
  }

  evicted(slot: Slot<C>, age: number): void {
    if (!this.wants('evicted')) return;
    const { id, evictReason, evictError, failures, uses } = slot;
    const error = evictError === undefined ? {} : { error: evictError };
    const streak = evictReason === 'outlier' ? { failures } : {};
    const reason = evictReason ?? 'destroy';
    this.addEvent({ type: 'evicted', connection: id, reason, ...error, ...streak, age, uses }, slot);
  }

  noticed(slot: Slot<C>, notice: unknown): void {
    if (this.wants('notice')) this.addEvent({ type: 'notice', connection: slot.id, notice }, slot);
  }

  closed(slot: Slot<C>, took: number, error: unknown): void {
    if (!this.wants('closed')) return;
    this.addEvent({ type: 'closed', connection: slot.id, took, ...(error === undefined ? {} : { error }) }, slot);
  }

  // ---------------------------------------------------------------- the pool

  breakerChanged(connectPolicy: ConnectPolicy): void {
    this.events.breakerChanged(connectPolicy, this.wants('breaker'));
  }

  resized(from: number, to: number): void {
    if (this.wants('resized')) this.addEvent({ type: 'resized', from, to }, null);
  }

  refreshed(connections: number): void {
    if (this.wants('refreshed')) this.addEvent({ type: 'refreshed', connections }, null);
  }

  destroyed(): void {
    if (this.wants('destroyed')) this.addEvent({ type: 'destroyed' }, null);
  }

  private addLeaseEvent(what: PoolEventDetails, claim: Claim<C>): void {
    const { label } = claim.options;
    if (label !== undefined) (what as { label?: string }).label = label;
    this.addEvent(what, claim);
  }

  private addEvent(what: PoolEventDetails, subject: Claim<C> | Slot<C> | null): void {
    this.events.add(what, subject);
    this.onEvent();
  }
}
