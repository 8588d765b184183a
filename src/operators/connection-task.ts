import { Observable } from 'rxjs';
import type { Operator } from 'rxjs';
import type { PoolInternals } from '../pool/internals';
import type { Asking } from '../pool/options';
import type { WorkContext } from '../pool/work';
import { WorkObservable } from '../pool/work-observable';
import type { Lingering } from './lingering';

/**
 * What `withConnection` makes of an item: cold work that leases a connection when it is subscribed, and gives it back
 * whichever way it ends. The operator that follows decides how many run at a time: one of the batches, or RxJS's own
 * `mergeAll(n)`, `concatAll()`, `switchAll()`, `exhaustAll()`.
 *
 * It stays a task through `pipe`, so that `map((task) => task.pipe(timeout(500), retry(2)))` keeps item and index.
 */
export interface ConnectionTask<T, R> extends Observable<R> {
  /** The item that the work is about. */
  readonly item: T;
  /** The item's place in the source, from 0. */
  readonly index: number;
}

// A symbol rather than instanceof, for two copies of the package in one program.
const brand: unique symbol = Symbol.for('rxjs-connection-pool.task');

/** What a batch knows of a task, whatever operators have been put on it. */
export interface AnyTask extends ConnectionTask<unknown, unknown> {
  readonly pool: { readonly core: { readonly leaseCapacity: number } };
  readonly lingering?: Lingering | undefined;
}

export function isTask(value: unknown): value is AnyTask {
  return (value as { [brand]?: true } | null | undefined)?.[brand] === true;
}

/** Whether this is a task as `withConnection` made it, which can be run without an Observable in between. */
export function isBareTask(value: AnyTask): value is WorkObservable<unknown, unknown> & AnyTask {
  return (value as { createRun?: unknown }).createRun !== undefined;
}

export abstract class Task<C, T, R> extends WorkObservable<C, R> implements ConnectionTask<T, R> {
  constructor(
    pool: PoolInternals<C>,
    asking: Asking,
    readonly item: T,
    readonly index: number,
  ) {
    super(pool, asking);
  }

  get [brand](): true {
    return true;
  }

  // How RxJS 7 makes the result of `pipe`.
  override lift<S>(operator?: Operator<R, S>): Observable<S> {
    return new DerivedTask(this, this, operator);
  }
}

/** A task with operators on it. */
class DerivedTask<T, R> extends Observable<R> implements ConnectionTask<T, R> {
  readonly pool: AnyTask['pool'];
  readonly lingering: Lingering | undefined;
  readonly item: T;
  readonly index: number;

  constructor(
    task: Pick<AnyTask, 'pool' | 'lingering' | 'index'> & { readonly item: T },
    source: Observable<unknown>,
    operator: Operator<never, R> | undefined,
  ) {
    super();
    this.pool = task.pool;
    this.lingering = task.lingering;
    this.item = task.item;
    this.index = task.index;
    // What RxJS's own `lift` sets.
    /* eslint-disable @typescript-eslint/no-deprecated */
    this.source = source;
    this.operator = operator as Operator<unknown, R> | undefined;
    /* eslint-enable @typescript-eslint/no-deprecated */
  }

  get [brand](): true {
    return true;
  }

  override lift<S>(operator?: Operator<R, S>): Observable<S> {
    return new DerivedTask(this, this, operator);
  }
}

/** The item's own shape of `work`, kept once for all items of a source. */
export interface ItemWork<C, T> {
  readonly pool: PoolInternals<C>;
  readonly asking: Asking;
  readonly work: (connection: C, item: T, index: number, context: WorkContext) => unknown;
}

export class ItemTask<C, T, R> extends Task<C, T, R> {
  constructor(
    protected readonly each: ItemWork<C, T>,
    item: T,
    index: number,
  ) {
    super(each.pool, each.asking, item, index);
  }

  invoke(connection: C, context: WorkContext): unknown {
    return this.each.work(connection, this.item, this.index, context);
  }
}
