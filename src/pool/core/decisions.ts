import { nextTurnMs } from '../time/turn-budget';
import { Actions } from './actions';
import { decisionTable } from './decision-table';
import type { Row } from './decision-table';

const alwaysRows: readonly Row[] = Object.values(decisionTable.always);
const openRows: readonly Row[] = Object.values(decisionTable.open);
const shutdownRows: readonly Row[] = Object.values(decisionTable.shutdown);
/** The rows that follow the service of waiters. */
const laterRows = openRows.slice(openRows.indexOf(decisionTable.open.serveWaiter) + 1);

/** What happens next: takes the decisions of the table, and arms the timers when none is due. */
export abstract class Decisions<C> extends Actions<C> {
  protected step(): boolean {
    const { connections } = this;
    const isRare =
      connections.anyToClose || connections.anyToReset || this.handedOver.length > 0 || this.state !== 'open';
    return isRare || !this.useShortcuts ? this.stepByTable() : this.stepByServing();
  }

  private stepByTable(): boolean {
    return this.takeFirst(alwaysRows) || this.takeFirst(this.state === 'open' ? openRows : shutdownRows);
  }

  /** The rows of an open pool, with those of the waiters in the queue: most steps end there. */
  private stepByServing(): boolean {
    const { first } = this.queue;
    if (first !== null) {
      if (first.isUnsubscribed) {
        this.withdraw(first);
        return true;
      }
      const slot = this.nextToLend();
      if (slot !== null && this.serve(first, slot)) return true;
      if (slot === null && this.saturated && this.queue.pending <= this.options.maxPending) return false;
    }
    return this.takeFirst(laterRows);
  }

  private takeFirst(rows: readonly Row[]): boolean {
    const core = this as unknown as Actions<unknown>;
    for (const row of rows) if (row.when(core) && row.take(core) !== false) return true;
    return false;
  }

  /** Whether no row is due, nor will be by a timer that is not set yet: the state after most leases. */
  protected get isQuiescent(): boolean {
    const { connections } = this;
    return (
      this.queue.size === 0 &&
      !connections.anyToClose &&
      !connections.anyToReset &&
      !connections.isOverMax &&
      connections.total >= this.options.min &&
      this.state === 'open' &&
      this.overflow === null &&
      this.handedOver.length === 0 &&
      this.checks.isQuiescent &&
      this.connectTimer.isIdle &&
      !this.warmUps.any &&
      this.evictions.isQuiescent &&
      (this.loadShedder === null || this.loadShedder.isQuiescent) &&
      this.useShortcuts
    );
  }

  /** Whether only the service of waiters can be due until an event other than an acquire or a release occurs. */
  private get isSaturated(): boolean {
    const { connections } = this;
    return (
      !connections.canOpen &&
      !connections.isOverMax &&
      this.breaker === 'closed' &&
      this.connectTimer.isIdle &&
      !this.warmUps.any &&
      this.loadShedder === null &&
      this.useShortcuts
    );
  }

  protected endPass(): void {
    this.queue.beginWaiting();
    if (this.queue.size > 0) this.connectPolicy.queueFilled();
    if (!this.saturated || this.queue.size === 0 || this.connections.idle > 0) this.armTimers();
  }

  private armTimers(): void {
    if (!this.checks.isQuiescent) this.checks.endPass();
    this.loadShedder?.armTimer();
    if (this.state !== 'open') return;
    this.evictions.armTimers();
    const due = this.rejectsLater ? Math.min(this.connectDue(), nextTurnMs) : this.connectDue();
    this.rejectsLater = false;
    if (due < Infinity || !this.connectTimer.isIdle) {
      this.connectTimer.set(due, this.queue.size > 0 || this.warmUps.any);
    }
    this.quiescent = this.isQuiescent;
    this.saturated = this.isSaturated;
  }
}
