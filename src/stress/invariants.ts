import type { PoolEvent } from '../pool/events';
import type { PoolStats } from '../pool/stats';

/** What only ever grows. */
const counters = [
  'successfulOperations',
  'failedOperations',
  'cancelledOperations',
  'acquired',
  'released',
  'discarded',
  'opened',
  'closed',
  'openFailures',
  'timeouts',
  'rejected',
] as const;

/** What is never below 0, and not a counter. */
const counts = [
  'totalConnections',
  'availableConnections',
  'inUseConnections',
  'openingConnections',
  'closingConnections',
  'activeLeases',
  'pendingAcquires',
] as const;

/** More of them say nothing new. */
const mostKept = 20;

/** A connection, as far as the events tell. */
interface Known {
  leases: number;
  state: 'open' | 'evicted';
}

/**
 * Watches from outside whether a pool does what its contract says is always true: that the sums of every snapshot hold, that snapshots and
 * events come in order, that no connection is lent beyond its capacity, or once it is to be closed, and that a connection opens and closes
 * once. What breaks a rule is kept as a sentence.
 */
export class Invariants {
  private readonly found = new Set<string>();
  private readonly known = new Map<number, Known>();
  private last: PoolStats;
  /** A pool that has been made smaller may have more than it may: until it has come down, only never more than before. */
  private shrinking = false;

  constructor(first: PoolStats) {
    this.last = first;
    this.checkSums(first);
  }

  get violations(): readonly string[] {
    return [...this.found];
  }

  broken(sentence: string): void {
    if (this.found.size < mostKept) this.found.add(sentence);
  }

  /** A snapshot, in the order in which they are shown. */
  see(stats: PoolStats): void {
    const { last } = this;
    if (stats === last) return;
    if (stats.seq <= last.seq) this.broken(`stats$ went back: snapshot ${stats.seq} came after ${last.seq}`);
    for (const name of counters) {
      if (stats[name] < last[name]) this.broken(`${name} went down, from ${last[name]} to ${stats[name]}`);
    }
    this.checkSums(stats);
    this.last = stats;
  }

  /** An event, in the order in which they are told. */
  hear(event: PoolEvent): void {
    switch (event.type) {
      case 'opened':
        if (this.known.has(event.connection)) this.broken(`connection ${event.connection} opened twice`);
        this.known.set(event.connection, { leases: 0, state: 'open' });
        break;
      case 'acquired':
        this.lent(event.connection);
        break;
      case 'released':
      case 'discarded':
        this.ended(event.connection);
        break;
      case 'evicted':
        this.evicted(event.connection);
        break;
      case 'closed':
        this.closed(event.connection);
    }
  }

  private lent(connection: number): void {
    const known = this.known.get(connection);
    // Opened, and perhaps lent, before anybody watched.
    if (known === undefined) return;
    known.leases++;
    const { leaseCapacity, maxConnections } = this.last;
    const capacity = leaseCapacity / maxConnections;
    if (known.leases > capacity) {
      this.broken(`connection ${connection} was lent to ${known.leases} at once, where it can carry ${capacity}`);
    }
    if (known.state === 'evicted') this.broken(`connection ${connection} was lent although it was to be closed`);
  }

  private ended(connection: number): void {
    const known = this.known.get(connection);
    if (known === undefined) return;
    if (known.leases === 0) this.broken(`a lease of connection ${connection} ended twice`);
    else known.leases--;
  }

  private evicted(connection: number): void {
    const known = this.known.get(connection);
    if (known === undefined) return;
    if (known.state === 'evicted') this.broken(`connection ${connection} was evicted twice`);
    if (known.leases > 0) this.broken(`connection ${connection} was closed under ${known.leases} leases`);
    known.state = 'evicted';
  }

  private closed(connection: number): void {
    const known = this.known.get(connection);
    if (known === undefined) return;
    if (known.state === 'open') this.broken(`connection ${connection} was closed without having been evicted`);
    this.known.delete(connection);
  }

  private checkSums(stats: PoolStats): void {
    const { totalConnections: total, availableConnections, inUseConnections, activeLeases, maxConnections } = stats;
    const places = total + stats.openingConnections + stats.closingConnections;
    const sum = (holds: boolean, what: string): void => {
      if (!holds) this.broken(`${what}, in the snapshot ${JSON.stringify(stats)}`);
    };
    sum(Object.isFrozen(stats), 'a snapshot was not frozen');
    sum(
      total === availableConnections + inUseConnections,
      'totalConnections ≠ availableConnections + inUseConnections',
    );
    sum(this.mayHave(places, stats), `more connections than max: ${places} of ${maxConnections}`);
    sum(
      stats.acquired === stats.released + stats.discarded + activeLeases,
      'acquired ≠ released + discarded + activeLeases',
    );
    sum(this.shrinking || activeLeases <= stats.leaseCapacity, 'more leases than the pool can lend');
    sum(stats.opened >= stats.closed + total, 'opened < closed + totalConnections');
    for (const name of counts) if (!(stats[name] >= 0)) sum(false, `${name} is ${stats[name]}`);
  }

  private mayHave(places: number, stats: PoolStats): boolean {
    const { last } = this;
    const before = last.totalConnections + last.openingConnections + last.closingConnections;
    if (stats.maxConnections < last.maxConnections || (stats === last && places > stats.maxConnections))
      this.shrinking = true;
    if (places <= stats.maxConnections) this.shrinking = false;
    return places <= stats.maxConnections || (this.shrinking && (places <= before || stats === last));
  }
}
