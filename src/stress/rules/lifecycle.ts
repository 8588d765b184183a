import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Findings } from './findings';

/** The state of a connection, by the events. */
interface ConnectionState {
  leases: number;
  evicted: boolean;
}

/** Checks the events of each connection: it opens, is lent, is evicted and is closed, once and in this order. */
export class LifecycleRules {
  /** The connections that opened after the events were subscribed, and were not closed. */
  private readonly connections = new Map<number, ConnectionState>();

  constructor(private readonly findings: Findings) {}

  /** The numbers of the connections that have opened and were not closed. */
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

  // An unknown connection was opened, and perhaps lent, before the events were subscribed.

  private lent(connection: number, capacity: number): void {
    const state = this.connections.get(connection);
    if (state === undefined) return;
    state.leases++;
    if (state.leases > capacity) {
      this.findings.add(`connection ${connection} had ${state.leases} leases at once, with a capacity of ${capacity}`);
    }
    if (state.evicted) this.findings.add(`connection ${connection} was lent although it was evicted`);
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
    if (state.leases > 0) this.findings.add(`connection ${connection} was closed with ${state.leases} active leases`);
    state.evicted = true;
  }

  private closed(connection: number): void {
    const state = this.connections.get(connection);
    if (state === undefined) return;
    if (!state.evicted) this.findings.add(`connection ${connection} was closed without having been evicted`);
    this.connections.delete(connection);
  }
}
