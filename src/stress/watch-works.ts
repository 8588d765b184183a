import type { ConnectionPool } from '../pool/connection-pool';
import type { Invariants } from './invariants';
import type { Operation } from './operation';

/**
 * Watches, by what the operations themselves see, that the pool serves first who came first, that no connection works for more operations
 * than it can carry, that work runs once, and that a lease has ended, and the stats show it, before the operation is told so.
 */
export class WorkWatch<C> {
  /** Shows that connections are one and the same object: who is on which of them cannot be told apart. */
  sharedConnections = false;

  private readonly working = new Map<C, number>();
  /** The one that has waited longest, and all who came after it. */
  private first: Operation<C> | null = null;
  private newest: Operation<C> | null = null;
  private succeeded = 0;
  private readonly succeededBefore: number;

  constructor(
    private readonly pool: ConnectionPool<C>,
    private readonly invariants: Invariants,
  ) {
    this.succeededBefore = pool.stats.successfulOperations;
  }

  asked(operation: Operation<C>): void {
    if (this.newest === null) this.first = operation;
    else this.newest.behind = operation;
    this.newest = operation;
  }

  lent(operation: Operation<C>, connection: C): void {
    if (operation.lentAt >= 0) this.invariants.broken(`the work of operation ${operation.index} ran twice`);
    this.skipEnded();
    if (this.first === operation) this.advance();
    else if (this.first !== null && operation.index > this.first.index) {
      this.invariants.broken(
        `operation ${operation.index} was served before operation ${this.first.index}, which came first and still waited`,
      );
    }
    const working = (this.working.get(connection) ?? 0) + 1;
    this.working.set(connection, working);
    const { leaseCapacity, maxConnections } = this.pool.stats;
    if (working > leaseCapacity / maxConnections) this.tooMany(working, leaseCapacity / maxConnections);
  }

  ended(operation: Operation<C>): void {
    if (operation.lentAt < 0) {
      this.skipEnded();
      return;
    }
    const { connection } = operation;
    const working = this.working.get(connection as C)! - 1;
    if (working === 0) this.working.delete(connection as C);
    else this.working.set(connection as C, working);
  }

  success(operation: Operation<C>): void {
    this.succeeded++;
    const shown = this.pool.stats.successfulOperations - this.succeededBefore;
    if (shown < this.succeeded) {
      this.invariants.broken(`operation ${operation.index} was told of its success before the stats showed it`);
    }
  }

  /** Everything has ended: of these operations nobody holds a lease. */
  allEnded(label: string): void {
    const holders = this.pool.holders().filter((holder) => holder.label === label);
    if (holders.length > 0) {
      this.invariants.broken(`${holders.length} leases are still lent, although every operation has ended`);
    }
  }

  /**
   * Either the pool has lent a connection too often, or the connector gives out one object as several connections. Then more connections
   * are held than there are objects at work.
   */
  private tooMany(working: number, capacity: number): void {
    const held = new Set(this.pool.holders().map(({ connection }) => connection)).size;
    if (held > this.working.size) this.sharedConnections = true;
    else
      this.invariants.broken(
        `a connection was working for ${working} operations at once, where it can carry ${capacity}`,
      );
  }

  private skipEnded(): void {
    while (this.first !== null && (this.first.ended || this.first.lentAt >= 0)) this.advance();
  }

  private advance(): void {
    const { first } = this;
    this.first = first!.behind;
    first!.behind = null;
    if (this.first === null) this.newest = null;
  }
}
