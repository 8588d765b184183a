import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Findings } from './findings';

/** A connection, as far as the events tell. */
interface ConnectionState {
  leases: number;
  evicted: boolean;
}

/** Holds the events of each connection against what one may undergo: it opens, is lent, is evicted and closed, once and in that order. */
export class LifecycleRules {
  /** Those that have opened while somebody watched, and were not closed. */
  private readonly connections = new Map<number, ConnectionState>();

  constructor(private readonly findings: Findings) {}

  /** The numbers of those that have opened and were not closed. */
  get stillOpen(): readonly number[] {
    return [...this.connections.keys()];
  }

  onEvent(event: PoolEvent, { leaseCapacity, maxConnections }: PoolStats): void {
    switch (event.type) {
      case 'opened':
        if (this.connections.has(event.connection)) this.findings.add(`connection ${event.connection} opened twice`);
        this.connections.set(event.connection, { leases: 0, evicted: false });
        break;
      case 'acquired':
        this.lent(event.connection, leaseCapacity / maxConnections);
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

  // A connection that is not known was opened, and perhaps lent, before anybody watched.

  private lent(connection: number, capacity: number): void {
    const state = this.connections.get(connection);
    if (state === undefined) return;
    state.leases++;
    if (state.leases > capacity) {
      this.findings.add(`connection ${connection} was lent to ${state.leases} at once, where it can carry ${capacity}`);
    }
    if (state.evicted) this.findings.add(`connection ${connection} was lent although it was to be closed`);
  }

  private ended(connection: number): void {
    const state = this.connections.get(connection);
    if (state === undefined) return;
    if (state.leases === 0) this.findings.add(`a lease of connection ${connection} ended twice`);
    else state.leases--;
  }

  private evicted(connection: number): void {
    const state = this.connections.get(connection);
    if (state === undefined) return;
    if (state.evicted) this.findings.add(`connection ${connection} was evicted twice`);
    if (state.leases > 0) this.findings.add(`connection ${connection} was closed under ${state.leases} leases`);
    state.evicted = true;
  }

  private closed(connection: number): void {
    const state = this.connections.get(connection);
    if (state === undefined) return;
    if (!state.evicted) this.findings.add(`connection ${connection} was closed without having been evicted`);
    this.connections.delete(connection);
  }
}
