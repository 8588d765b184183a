import { isObservable, Observable, Subscriber } from 'rxjs';
import type { ConnectionPool } from '../../pool/connection-pool';
import { messageWithKind } from '../../pool/values/describe';
import type { PoolEvent } from '../../pool/reports/events';
import type { WorkContext, WorkResult } from '../../pool/rx/work';
import type { Operation } from '../operation';
import type { Findings } from './findings';
import { isRevokedByDestroy, isRevokedByLoss } from './revoked';
import type { DelayedChecks } from './delayed-checks';

/** Every so many operations ask for their signal beforehand: it must abort, and not only say so when it is asked for later. */
const signalEvery = 8;

/**
 * Holds what becomes of the operations that work against the contract: no connection works for more of them than it can carry; work runs
 * once, and is told of its end when it has come to it and the stats show that; and work whose connection is taken away hears of it: by its
 * signal, and, unless it has ended by then, a turn later by the error that is due.
 */
export class WorkRules<C> {
  /** Shows that connections are one and the same object: who is on which of them cannot be told apart. */
  sharedConnections = false;

  private readonly working = new Set<Operation<C>>();
  private readonly users = new Map<C, number>();
  /** The connection that was lent last: its holder is told so before anything else happens. */
  private newest = 0;
  /** Why connections were taken away, and which. */
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

  /** How many operations work. */
  get size(): number {
    return this.working.size;
  }

  // ---------------------------------------------------------------- beginning

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

  /** Returns the work so that its end is seen, where that can be done without another user of it. */
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
      const over = (): void => {
        operation.workState = 'ended';
      };
      work.then(over, over);
    } else {
      operation.workState = 'unobserved';
    }
    return work;
  }

  // ---------------------------------------------------------------- connections that are taken away

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
        this.findings.add(`operation ${operation.index} lost its connection, and was told nothing a turn later`);
      });
    }
  }

  /** Each connection is lost by itself. */
  private lost(connection: number, reason: object): void {
    const other = this.losses.get(reason) ?? connection;
    this.losses.set(reason, connection);
    if (other !== connection) {
      this.findings.add(`connection ${connection} was taken away for the loss of connection ${other}`);
    }
  }

  // ---------------------------------------------------------------- ending

  ended(operation: Operation<C>): void {
    this.working.delete(operation);
    const { connection } = operation;
    const users = this.users.get(connection as C)! - 1;
    if (users === 0) this.users.delete(connection as C);
    else this.users.set(connection as C, users);
    // Nobody keeps them any longer.
    operation.context = operation.signal = null;
  }

  success({ index, workState }: Operation<C>): void {
    this.succeeded++;
    const shown = this.pool.stats.successfulOperations - this.succeededBefore;
    if (shown < this.succeeded) {
      this.findings.add(`operation ${index} was told of its success before the stats showed it`);
    }
    if (workState === 'running')
      this.findings.add(`operation ${index} was told of its success before its work had ended`);
  }

  failure(operation: Operation<C>, error: unknown): void {
    const { index, workState, revoked, signal, context } = operation;
    if (workState !== 'running') return;
    if (revoked === null) {
      this.findings.add(
        `operation ${index} was failed while its work went on, and its connection was not said to be lost: ${messageWithKind(error)}`,
      );
      return;
    }
    const isDue = isRevokedByLoss(revoked.reason, this.pool.name) ? isRevokedByLoss : isRevokedByDestroy;
    if (!isDue(error, this.pool.name)) {
      this.findings.add(
        `operation ${index} lost its connection, and was told of something else: ${messageWithKind(error)}`,
      );
    }
    if (!(signal ?? context!.signal).aborted) {
      this.findings.add(`operation ${index} lost its connection, and its signal did not abort`);
    }
  }

  /** Everything has ended: of these operations nobody holds a lease. */
  allEnded(label: string): void {
    const holders = this.pool.holders().filter((holder) => holder.label === label);
    if (holders.length > 0) {
      this.findings.add(`${holders.length} leases are still lent, although every operation has ended`);
    }
  }

  /**
   * Either the pool has lent a connection too often, or the connector gives out one object as several connections. Then more connections
   * are held than there are objects at work.
   */
  private onTooManyUsers(users: number, capacity: number): void {
    const held = new Set(this.pool.holders().map(({ connection }) => connection)).size;
    if (held > this.users.size) this.sharedConnections = true;
    else this.findings.add(`a connection was working for ${users} operations at once, where it can carry ${capacity}`);
  }
}

/** Passes everything on, and notes the end. */
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
