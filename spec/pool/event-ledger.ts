import type { ConnectionPool, EvictReason, PoolEvent } from '../../src';

interface Account {
  leases: number;
  uses: number;
  condemned: boolean;
  evicted: boolean;
}

/**
 * Subscribes to the events of a pool from its creation and keeps counts: they must equal the stats, `holders()` and
 * `timings()`. Also finds what no order of events may show: a lease on a connection that is not open, a second eviction.
 */
export class EventLedger {
  readonly violations: string[] = [];
  /** The number of events of each type. */
  readonly counts = new Map<PoolEvent['type'], number>();
  readonly evictions = new Map<EvictReason, number>();
  /** Every connection that has opened and has not finished closing. */
  private readonly accounts = new Map<number, Account>();
  private ended = false;
  private at = -Infinity;
  private breaker = 'closed';

  constructor(
    pool: ConnectionPool<unknown>,
    private readonly limits: { readonly capacity: number; readonly maxUses?: number },
  ) {
    // There was no subscriber yet for connections that opened while the pool was created.
    const { opened } = pool.stats;
    this.counts.set('opened', opened);
    for (let connection = 1; connection <= opened; connection++) this.accounts.set(connection, fresh());
    pool.events$.subscribe((event) => {
      this.enter(event);
    });
  }

  /** Compares the counts with the stats of the pool, which has nothing left to decide. */
  look(pool: ConnectionPool<unknown>): void {
    const { stats } = pool;
    const open = [...this.accounts.values()].filter(({ evicted }) => !evicted);
    const leases = open.reduce((sum, account) => sum + account.leases, 0);
    this.compare('open connections', open.length, stats.totalConnections);
    this.compare('active leases', leases, stats.activeLeases);
    this.compare('acquired', this.count('acquired'), stats.acquired);
    this.compare('released', this.count('released'), stats.released);
    this.compare('discarded', this.count('discarded'), stats.discarded);
    this.compare('opened', this.count('opened'), stats.opened);
    this.compare('closed', this.count('closed'), stats.closed);
    this.compare('openFailed', this.count('openFailed'), stats.openFailures);
    this.compare('breaker', this.breaker, stats.breaker);
    if (stats.state !== 'destroyed') {
      this.compare('timedOut', this.count('timedOut'), stats.timeouts);
      this.compare('rejected', this.count('rejected'), stats.rejected);
      this.compare('cancelled', this.count('cancelled'), stats.cancelledAcquires);
    }
    this.compare('destroyed', this.ended, stats.state === 'destroyed');

    const held = pool.holders().map(({ connection }) => connection);
    const booked = [...this.accounts].flatMap(([id, account]) => Array<number>(account.leases).fill(id));
    this.compare('held connections', booked.sort(byNumber).join(), held.sort(byNumber).join());

    const timings = pool.timings();
    this.compare('leases that have ended', timings.use.count, stats.released + stats.discarded);
    this.compare('connects that were timed', timings.open.count, stats.opened);
    // The last snapshot stays the last, and callers are rejected after it.
    if (stats.state !== 'destroyed') {
      this.compare('waits in vain', stats.timeouts + stats.rejected, timings.failedWait.count);
    }
    this.check(timings.wait.count <= stats.acquired, 'more waits were recorded than leases lent');
  }

  count(type: PoolEvent['type']): number {
    return this.counts.get(type) ?? 0;
  }

  private enter(event: PoolEvent): void {
    const account = 'connection' in event ? this.accounts.get(event.connection) : undefined;
    const what = `${event.type} of connection ${'connection' in event ? event.connection : '-'}`;
    this.check(!this.ended, `${what} after destroyed`);
    this.check(event.at >= this.at, `${what}: time went back`);
    this.at = event.at;
    this.counts.set(event.type, this.count(event.type) + 1);
    switch (event.type) {
      case 'opened':
        this.check(account === undefined, `${what}, which was open`);
        this.accounts.set(event.connection, fresh());
        break;
      case 'openFailed':
        this.check((account?.uses ?? 0) === 0, `${what}, which was lent`);
        break;
      case 'acquired': {
        this.check(account?.evicted === false, `${what}, which is not open`);
        if (account === undefined) break;
        this.check(!account.condemned, `${what}, which was discarded`);
        account.leases++;
        account.uses++;
        const { capacity, maxUses = Infinity } = this.limits;
        this.check(account.leases <= capacity, `${what}: ${account.leases} leases at once`);
        this.check(account.uses <= maxUses, `${what}: its use number ${account.uses}`);
        break;
      }
      case 'released':
      case 'discarded':
        this.check((account?.leases ?? 0) > 0, `${what}, which had no holder`);
        if (account === undefined) break;
        account.leases--;
        if (event.type === 'discarded') account.condemned = true;
        break;
      case 'evicted':
        this.check(account?.evicted === false, `${what}, which is not open`);
        this.check(account?.leases === 0, `${what}, which is held`);
        this.check(account?.uses === event.uses, `${what} after ${event.uses} uses, not ${account?.uses}`);
        if (account !== undefined) account.evicted = true;
        this.evictions.set(event.reason, (this.evictions.get(event.reason) ?? 0) + 1);
        break;
      case 'closed':
        this.check(account?.evicted === true, `${what}, which was not evicted`);
        this.accounts.delete(event.connection);
        break;
      case 'breaker':
        this.check(this.breaker !== event.state, `the breaker is reported as ${event.state} twice`);
        this.breaker = event.state;
        break;
      case 'destroyed':
        this.check(this.accounts.size === 0, `destroyed, and ${this.accounts.size} connections are not closed`);
        this.ended = true;
    }
  }

  private compare(what: string, booked: unknown, shown: unknown): void {
    this.check(booked === shown, `by the events it is ${what} ${String(booked)}, the pool says ${String(shown)}`);
  }

  private check(ok: boolean, sentence: string): void {
    if (!ok) this.violations.push(sentence);
  }
}

const fresh = (): Account => ({ leases: 0, uses: 0, condemned: false, evicted: false });

const byNumber = (a: number, b: number): number => a - b;
