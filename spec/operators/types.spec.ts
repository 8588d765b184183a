import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { expectTypeOf } from 'expect-type';
import { filter, firstValueFrom, from, lastValueFrom, map, of, retry, timeout, toArray } from 'rxjs';
import type { Observable, OperatorFunction } from 'rxjs';
import * as pull from '../../src/ix/index';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  collectBatch,
  createPool,
  retryFailed,
  trackProgress,
  withConnection,
} from '../../src/index';
import type { BatchFailure, BatchOutcome, BatchResult, ConnectionPool, ConnectionTask } from '../../src/index';

interface Connection {
  readonly id: number;
}

const words = ['a', 'bb', 'ccc'];
const byPromise = async (_connection: Connection, word: string): Promise<number> => {
  if (word === 'bb') throw new Error(word);
  return word.length;
};
const byObservable = (_connection: Connection, word: string): Observable<number> => of(word.length);
const ofNumbers = async (_connection: Connection, n: number): Promise<number> => n;

function openPool(): ConnectionPool<Connection> {
  return createPool<Connection>({ connect: async () => ({ id: 1 }), max: 2 });
}

describe('the types of the operators', () => {
  it('keep the item and the value of a task in its outcome', async () => {
    const outcomes = await lastValueFrom(
      from(words).pipe(withConnection(openPool(), byPromise), batchOutcomes({ ordered: true }), toArray()),
    );
    expectTypeOf(outcomes).toEqualTypeOf<BatchOutcome<number, string>[]>();
    const lengths = outcomes.map((outcome) => [outcome.item, outcome.status === 'succeeded' ? outcome.value : null]);
    expectTypeOf(lengths).toEqualTypeOf<(string | number | null)[][]>();
    expect(lengths).toEqual([
      ['a', 1],
      ['bb', null],
      ['ccc', 3],
    ]);
  });

  it('tell a success with its value from a failure with its error', async () => {
    const outcomes = from(words).pipe(withConnection(openPool(), byPromise), batchOutcomes());
    type Outcome = BatchOutcome<number, string>;
    expectTypeOf<Outcome['status']>().toEqualTypeOf<'succeeded' | 'failed'>();
    expectTypeOf<Extract<Outcome, { status: 'succeeded' }>['value']>().toEqualTypeOf<number>();
    expectTypeOf<Extract<Outcome, { status: 'succeeded' }>>().not.toHaveProperty('error');
    expectTypeOf<Extract<Outcome, { status: 'failed' }>>().toExtend<BatchFailure<string>>();
    expectTypeOf<Extract<Outcome, { status: 'failed' }>>().not.toHaveProperty('value');
    const retried = outcomes.pipe(
      filter((outcome) => outcome.status === 'failed'),
      retryFailed(openPool(), byObservable),
      batchOutcomes(),
    );
    expectTypeOf(retried).toEqualTypeOf<Observable<BatchOutcome<number | undefined, string>>>();
    expect(await lastValueFrom(retried)).toEqual({ index: 1, item: 'bb', status: 'succeeded', value: 2 });
  });

  it('tell that a task of an Observable may have had no value, and that a task of a Promise had one', async () => {
    const pool = openPool();
    const some = from(words).pipe(withConnection(pool, byObservable), batchParallel());
    expectTypeOf(some).toEqualTypeOf<Observable<BatchResult<number | undefined, string>>>();
    const all = from(words).pipe(withConnection(pool, byPromise), batchParallel());
    expectTypeOf(all).toEqualTypeOf<Observable<BatchResult<number, string>>>();
    const inners = of(of(1), of(2)).pipe(batchOutcomes(2));
    expectTypeOf(inners).toEqualTypeOf<Observable<BatchOutcome<number | undefined, Observable<number>>>>();
    const values = from(words).pipe(withConnection(pool, byObservable), batchSequential());
    expectTypeOf(values).toEqualTypeOf<Observable<number>>();
    const { successful } = await lastValueFrom(all);
    expect(successful).toEqual([1, 3]);
  });

  it('go through trackProgress and collectBatch', async () => {
    const result = await lastValueFrom(
      from(words).pipe(
        withConnection(openPool(), byPromise),
        batchOutcomes(),
        trackProgress(() => undefined),
        collectBatch(),
      ),
    );
    expectTypeOf(result).toEqualTypeOf<BatchResult<number, string>>();
    expect(result.failed.map(({ item }) => item.toUpperCase())).toEqual(['BB']);
  });

  it('let retryFailed take work for the items that failed, and no other', async () => {
    const pool = openPool();
    const { failed } = await lastValueFrom(from(words).pipe(withConnection(pool, byPromise), batchParallel()));
    expectTypeOf(failed).toEqualTypeOf<BatchFailure<string>[]>();
    const second = from(failed).pipe(retryFailed(pool, byObservable), batchParallel());
    expectTypeOf(second).toEqualTypeOf<Observable<BatchResult<number | undefined, string>>>();
    const inferred = from(failed).pipe(retryFailed(pool, async (_connection, item) => item.length));
    expectTypeOf(inferred).toEqualTypeOf<Observable<ConnectionTask<string, number, number>>>();
    // @ts-expect-error: the items are strings
    from(failed).pipe(retryFailed(pool, ofNumbers));
    expect((await lastValueFrom(second)).successful).toEqual([2]);
  });

  it('keep a task a task through pipe', async () => {
    const tasks = from(words).pipe(
      withConnection(openPool(), byPromise),
      map((task) => task.pipe(timeout(500), retry(2))),
    );
    expectTypeOf(tasks).toEqualTypeOf<Observable<ConnectionTask<string, number>>>();
    expectTypeOf<ConnectionTask<string, number, number>>().toExtend<Observable<number>>();
    const first = await firstValueFrom(tasks);
    expectTypeOf(first.pipe(map(String))).toEqualTypeOf<ConnectionTask<string, string>>();
    expect([first.item, first.index]).toEqual(['a', 0]);
  });

  it('are the same when a batch is pulled', async () => {
    const pool = openPool();
    const outcomes = ixFrom(words).pipe(pull.withConnection(pool, byPromise), pull.batchOutcomes(2));
    expectTypeOf(outcomes[Symbol.asyncIterator]().next).returns.resolves.toExtend<
      IteratorResult<BatchOutcome<number, string>>
    >();
    const failed: BatchFailure<string>[] = [];
    for await (const result of pull.batchParallel(2)(pull.withConnection(pool, byPromise)(words))) {
      expectTypeOf(result).toEqualTypeOf<BatchResult<number, string>>();
      failed.push(...result.failed);
    }
    pull.retryFailed(pool, byPromise)(failed);
    // @ts-expect-error: the items are strings
    pull.retryFailed(pool, ofNumbers)(failed);
    expect(failed.map(({ item }) => item)).toEqual(['bb']);
  });

  it('are operators of the type of the source alone', () => {
    expectTypeOf(batchOutcomes<Promise<string>>).returns.toEqualTypeOf<
      OperatorFunction<Promise<string>, BatchOutcome<string, Promise<string>>>
    >();
    expect(batchOutcomes(1)).toBeInstanceOf(Function);
  });
});
