import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Findings } from './findings';

/** A connection, as far as the events tell. */
interface Life {
  leases: number;
  evicted: boolean;
}

/** Holds the events of each connection against what one may undergo: it opens, is lent, is evicted and closed, once and in that order. */
export class LifeRules {
  /** Those that have opened while somebody watched, and were not closed. */
  private readonly lives = new Map<number, Life>();

  constructor(private readonly findings: Findings) {}

  /** The numbers of those that have opened and were not closed. */
  get left(): readonly number[] {
    return [...this.lives.keys()];
  }

  hear(event: PoolEvent, { leaseCapacity, maxConnections }: PoolStats): void {
    switch (event.type) {
      case 'opened':
        if (this.lives.has(event.connection)) this.findings.broken(`connection ${event.connection} opened twice`);
        this.lives.set(event.connection, { leases: 0, evicted: false });
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
    const life = this.lives.get(connection);
    if (life === undefined) return;
    life.leases++;
    if (life.leases > capacity) {
      this.findings.broken(
        `connection ${connection} was lent to ${life.leases} at once, where it can carry ${capacity}`,
      );
    }
    if (life.evicted) this.findings.broken(`connection ${connection} was lent although it was to be closed`);
  }

  private ended(connection: number): void {
    const life = this.lives.get(connection);
    if (life === undefined) return;
    if (life.leases === 0) this.findings.broken(`a lease of connection ${connection} ended twice`);
    else life.leases--;
  }

  private evicted(connection: number): void {
    const life = this.lives.get(connection);
    if (life === undefined) return;
    if (life.evicted) this.findings.broken(`connection ${connection} was evicted twice`);
    if (life.leases > 0) this.findings.broken(`connection ${connection} was closed under ${life.leases} leases`);
    life.evicted = true;
  }

  private closed(connection: number): void {
    const life = this.lives.get(connection);
    if (life === undefined) return;
    if (!life.evicted) this.findings.broken(`connection ${connection} was closed without having been evicted`);
    this.lives.delete(connection);
  }
}
