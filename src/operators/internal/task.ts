import { Observable } from 'rxjs';
import type { ObservableInput, Operator, OperatorFunction } from 'rxjs';
import type { PoolError } from '../../pool/errors';
import type { PoolInternals } from '../../pool/rx/internals';
import type { ResolvedAcquireOptions } from '../../pool/state/claim-and-slot';
import type { WorkContext } from '../../pool/rx/work';
import { lift, setLifted } from '../../pool/rx/rxjs-internals';
import { StopOnAbort } from '../../pool/rx/stop-on-abort';
import { WorkObservable } from '../../pool/rx/work-observable';
import type { CancelledRuns } from './cancelled-runs';

/**
 * What `withConnection` makes of an item: cold work that leases a connection when it is subscribed, and releases it
 * whichever way it ends. The operator that follows decides how many run at a time: one of the batches, or RxJS's own
 * `mergeAll(n)`, `concatAll()`, `switchAll()`, `exhaustAll()`.
 *
 * It stays a task through `pipe`, so that `map((task) => task.pipe(timeout(500), retry(2)))` keeps item and index.
 */
export interface ConnectionTask<T, R, L = R | undefined> extends Observable<R> {
  /** The item that the work is about. */
  readonly item: T;
  /** The item's place in the source, from 0. */
  readonly index: number;
  /** Never set. Keeps the type of the last value for outcomes: `R` of a Promise, `R | undefined` of what may end without a value. */
  readonly lastValueType?: () => L;
  pipe(): ConnectionTask<T, R, L>;
  pipe<A>(op1: OperatorFunction<R, A>): ConnectionTask<T, A>;
  pipe<A, B>(op1: OperatorFunction<R, A>, op2: OperatorFunction<A, B>): ConnectionTask<T, B>;
  pipe<A, B, C>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
  ): ConnectionTask<T, C>;
  pipe<A, B, C, D>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
  ): ConnectionTask<T, D>;
  pipe<A, B, C, D, E>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
  ): ConnectionTask<T, E>;
  pipe<A, B, C, D, E, F>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
    op6: OperatorFunction<E, F>,
  ): ConnectionTask<T, F>;
  pipe<A, B, C, D, E, F, G>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
    op6: OperatorFunction<E, F>,
    op7: OperatorFunction<F, G>,
  ): ConnectionTask<T, G>;
  pipe<A, B, C, D, E, F, G, H>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
    op6: OperatorFunction<E, F>,
    op7: OperatorFunction<F, G>,
    op8: OperatorFunction<G, H>,
  ): ConnectionTask<T, H>;
  pipe<A, B, C, D, E, F, G, H, I>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
    op6: OperatorFunction<E, F>,
    op7: OperatorFunction<F, G>,
    op8: OperatorFunction<G, H>,
    op9: OperatorFunction<H, I>,
  ): ConnectionTask<T, I>;
  pipe<A, B, C, D, E, F, G, H, I>(
    op1: OperatorFunction<R, A>,
    op2: OperatorFunction<A, B>,
    op3: OperatorFunction<B, C>,
    op4: OperatorFunction<C, D>,
    op5: OperatorFunction<D, E>,
    op6: OperatorFunction<E, F>,
    op7: OperatorFunction<F, G>,
    op8: OperatorFunction<G, H>,
    op9: OperatorFunction<H, I>,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in RxJS's own signature
    ...operations: OperatorFunction<any, any>[]
  ): ConnectionTask<T, unknown>;
}

/** The type of the last value of what `from` takes. A Promise has one; an Observable or an iterable may end without. */
export type LastValue<O> =
  O extends ConnectionTask<unknown, unknown, infer L>
    ? L
    : O extends PromiseLike<infer V>
      ? V
      : O extends ObservableInput<infer V>
        ? V | undefined
        : never;

/** The item of an outcome: that of the task, or the inner itself when it is no task. */
export type ItemOf<O> = O extends ConnectionTask<infer T, unknown, unknown> ? T : O;

/** A class cannot declare that the `pipe` that it inherits returns tasks, as its `lift` makes it do. */
export function asTask<T, R>(task: Observable<R> & { readonly item: T; readonly index: number }): ConnectionTask<T, R> {
  return task as ConnectionTask<T, R>;
}

// A symbol rather than instanceof, for two copies of the package in one program.
const brand: unique symbol = Symbol.for('rxjs-connection-pool.task');

/** What a batch knows of a task, whatever operators have been put on it. */
export interface AnyTask extends ConnectionTask<unknown, unknown> {
  readonly pool: PoolInternals<unknown>;
  readonly cancelledRuns?: CancelledRuns | undefined;
  /** What has come of the runs that it has had since this was last called is forgotten. */
  forgetRuns(): void;
  /** Whether this is the very error by which the pool refused it a connection, and its work was never called. */
  wasRefused(error: unknown): boolean;
}

export function isTask(value: unknown): value is AnyTask {
  return (value as { [brand]?: true } | null | undefined)?.[brand] === true;
}

/** Whether this is a task as `withConnection` made it, which can be run without an Observable in between. */
export function isBareTask(value: AnyTask): value is WorkObservable<unknown, unknown> & AnyTask {
  return (value as { createRun?: unknown }).createRun !== undefined;
}

export abstract class Task<C, T, R> extends WorkObservable<C, R> {
  /** Whether its work was called, and what its pool refused it a connection with. */
  protected workCalled = false;
  private refusal: PoolError | null = null;

  constructor(
    pool: PoolInternals<C>,
    acquireOptions: ResolvedAcquireOptions,
    readonly item: T,
    readonly index: number,
  ) {
    super(pool, acquireOptions);
  }

  get [brand](): true {
    return true;
  }

  override rejected(error: PoolError): void {
    this.refusal = error;
  }

  forgetRuns(): void {
    this.refusal = null;
    this.workCalled = false;
  }

  wasRefused(error: unknown): boolean {
    return this.refusal === error && !this.workCalled;
  }

  // How RxJS 7 makes the result of `pipe`.
  override lift<S>(operator?: Operator<R, S>): Observable<S> {
    return new DerivedTask(this, this, operator);
  }
}

/** A task with operators on it. */
class DerivedTask<T, R> extends Observable<R> {
  readonly pool: AnyTask['pool'];
  readonly cancelledRuns: CancelledRuns | undefined;
  readonly item: T;
  readonly index: number;

  constructor(
    private readonly task: Pick<AnyTask, 'cancelledRuns' | 'index' | 'forgetRuns' | 'wasRefused'> & {
      readonly item: T;
      readonly pool: unknown;
    },
    input: Observable<unknown>,
    applied: Operator<never, R> | undefined,
  ) {
    super();
    this.pool = task.pool as AnyTask['pool'];
    this.cancelledRuns = task.cancelledRuns;
    this.item = task.item;
    this.index = task.index;
    setLifted(this, input, applied as Operator<unknown, R> | undefined);
  }

  get [brand](): true {
    return true;
  }

  forgetRuns(): void {
    this.task.forgetRuns();
  }

  wasRefused(error: unknown): boolean {
    return this.task.wasRefused(error);
  }

  override lift<S>(operator?: Operator<R, S>): Observable<S> {
    return new DerivedTask(this, this, operator);
  }
}

/** The item's own shape of `work`, kept once for all items of a source. */
export interface ItemWork<C, T> {
  readonly pool: PoolInternals<C>;
  readonly acquireOptions: ResolvedAcquireOptions;
  readonly work: (connection: C, item: T, index: number, context: WorkContext) => unknown;
}

/** The task, stopped by the signal that was asked for: still a task, and none that a batch can run by itself. */
export function withSignal<C, T, R>(
  task: ConnectionTask<T, R>,
  { acquireOptions, pool }: ItemWork<C, T>,
): ConnectionTask<T, R> {
  const { signal } = acquireOptions;
  if (signal === undefined) return task;
  return lift(task, new StopOnAbort<R>(pool.core, signal)) as ConnectionTask<T, R>;
}

export class ItemTask<C, T, R> extends Task<C, T, R> {
  constructor(
    protected readonly each: ItemWork<C, T>,
    item: T,
    index: number,
  ) {
    super(each.pool, each.acquireOptions, item, index);
  }

  invoke(connection: C, context: WorkContext): unknown {
    this.workCalled = true;
    return this.each.work(connection, this.item, this.index, context);
  }
}
