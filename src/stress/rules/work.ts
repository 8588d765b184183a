import { isObservable, Observable, Subscriber } from 'rxjs';
import type { ConnectionPool } from '../../pool/connection-pool';
import { messageWithKind } from '../../pool/values/describe';
import type { PoolEvent } from '../../pool/reports/events';
import type { WorkContext, WorkResult } from '../../pool/rx/work';
import type { Operation } from '../operation';
import type { Findings } from './findings';
import { isRevokedByDestroy, isRevokedByLoss } from './revoked';
import type { DelayedChecks } from './delayed-checks';

/** One of this many operations reads its signal beforehand: an abort must reach a signal that exists already. */
const signalEvery = 8;

/**
 * Checks the operations that have a connection: no connection has more holders than its capacity; work runs once, and its result is delivered
 * after it has ended and the stats show that; and when a lease is revoked, the signal of the work aborts and, unless the work has ended, the
 * operation fails with the right error a turn later.
 */
export class WorkRules<C> {
  /** Several connections are one object, so that their holders cannot be told apart. */
  sharedConnections = false;

  private readonly working = new Set<Operation<C>>();
  private readonly users = new Map<C, number>();
  /** The number of the connection that was lent last: its work starts before anything else happens. */
  private newest = 0;
  /** The connection that each loss reason was used for. */
  private readonly losses = new WeakMap<object, number>();
  private succeeded = 0;
  private readonly succeededBefore: number;

  constructor(
    private readonly pool: ConnectionPool<C>,
    private readonly findings: Findings,
    private readonly delayed: DelayedChecks,
  ) {
    this.succeededBefore = pool.stats.successfulOperations;
  }

  /** Number of operations that have a connection. */
  get size(): number {
    return this.working.size;
  }

  // ---------------------------------------------------------------- start

  lent(operation: Operation<C>, connection: C, context: WorkContext): void {
    if (operation.lentAt >= 0) this.findings.add(`the work of operation ${operation.index} ran twice`);
    operation.connectionNumber = this.newest;
    operation.context = context;
    operation.signal = operation.index % signalEvery === 0 ? context.signal : null;
    this.working.add(operation);
    const users = (this.users.get(connection) ?? 0) + 1;
    this.users.set(connection, users);
    const { leaseCapacity, maxConnections } = this.pool.stats;
    if (users > leaseCapacity / maxConnections) this.onTooManyUsers(users, leaseCapacity / maxConnections);
  }

  /** Returns the work in a form in which its end is observed, where that needs no second subscription. */
  observe(operation: Operation<C>, work: WorkResult): WorkResult {
    if (isObservable(work)) {
      return new Observable<unknown>((out) => {
        try {
          return work.subscribe(new WorkEndObserver(out, operation));
        } catch (error) {
          operation.workState = 'ended';
          throw error;
        }
      });
    }
    if (work instanceof Promise) {
      const onEnd = (): void => {
        operation.workState = 'ended';
      };
      work.then(onEnd, onEnd);
    } else {
      operation.workState = 'unobserved';
    }
    return work;
  }

  // ---------------------------------------------------------------- revoked leases

  onEvent(event: PoolEvent): void {
    if (event.type === 'acquired') this.newest = event.connection;
    else if (event.type === 'discarded') this.discarded(event.connection, event.reason);
  }

  private discarded(connection: number, reason: unknown): void {
    const { name } = this.pool;
    if (!isRevokedByLoss(reason, name) && !isRevokedByDestroy(reason, name)) return;
    for (const operation of this.working) {
      if (operation.connectionNumber !== connection || operation.workState === 'ended' || operation.revoked !== null)
        continue;
      operation.revoked = { reason };
      if (operation.workState === 'running') this.lost(connection, reason);
      this.delayed.add(() => {
        if (operation.ended) return;
        this.findings.add(`operation ${operation.index} lost its connection, but had not failed a turn later`);
      });
    }
  }

  /** Each connection has a loss reason of its own. */
  private lost(connection: number, reason: object): void {
    const other = this.losses.get(reason) ?? connection;
    this.losses.set(reason, connection);
    if (other !== connection) {
      this.findings.add(`connection ${connection} was revoked for the loss of connection ${other}`);
    }
  }

  // ---------------------------------------------------------------- end

  ended(operation: Operation<C>): void {
    this.working.delete(operation);
    const { connection } = operation;
    const users = this.users.get(connection as C)! - 1;
    if (users === 0) this.users.delete(connection as C);
    else this.users.set(connection as C, users);
    // No longer needed: the garbage collector may have them.
    operation.context = operation.signal = null;
  }

  success({ index, workState }: Operation<C>): void {
    this.succeeded++;
    const shown = this.pool.stats.successfulOperations - this.succeededBefore;
    if (shown < this.succeeded) {
      this.findings.add(`operation ${index} succeeded before the stats showed it`);
    }
    if (workState === 'running') this.findings.add(`operation ${index} succeeded before its work had ended`);
  }

  failure(operation: Operation<C>, error: unknown): void {
    const { index, workState, revoked, signal, context } = operation;
    if (workState !== 'running') return;
    if (revoked === null) {
      this.findings.add(
        `operation ${index} failed while its work was running, without an event that its connection was lost: ${messageWithKind(error)}`,
      );
      return;
    }
    const isDue = isRevokedByLoss(revoked.reason, this.pool.name) ? isRevokedByLoss : isRevokedByDestroy;
    if (!isDue(error, this.pool.name)) {
      this.findings.add(
        `operation ${index} lost its connection, but failed with another error: ${messageWithKind(error)}`,
      );
    }
    if (!(signal ?? context!.signal).aborted) {
      this.findings.add(`operation ${index} lost its connection, but its signal did not abort`);
    }
  }

  /** All operations have ended: no lease with this label may be held. */
  allEnded(label: string): void {
    const holders = this.pool.holders().filter((holder) => holder.label === label);
    if (holders.length > 0) {
      this.findings.add(`${holders.length} leases are still active, although every operation has ended`);
    }
  }

  /**
   * Either the pool has lent a connection too often, or the connector emits one object as several connections. In the second case more
   * connections are held than there are objects in use.
   */
  private onTooManyUsers(users: number, capacity: number): void {
    const held = new Set(this.pool.holders().map(({ connection }) => connection)).size;
    if (held > this.users.size) this.sharedConnections = true;
    else this.findings.add(`a connection had ${users} operations at once, with a capacity of ${capacity}`);
  }
}

/** Forwards everything, and records the end. */
class WorkEndObserver extends Subscriber<unknown> {
  constructor(
    out: Subscriber<unknown>,
    private readonly operation: Operation<unknown>,
  ) {
    super(out);
  }

  protected override _error(error: unknown): void {
    this.operation.workState = 'ended';
    super._error(error);
  }

  protected override _complete(): void {
    this.operation.workState = 'ended';
    super._complete();
  }
}
