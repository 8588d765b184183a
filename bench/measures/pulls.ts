/** A million items drawn from an async generator, ten of them at work at a time, for a consumer that does not hurry. */
import { Readable } from 'node:stream';
import { from } from 'ix/asynciterable/asynciterablex';
import { flatMap } from 'ix/asynciterable/operators/flatmap';
import { concatMap, EMPTY, from as rxFrom, lastValueFrom, mergeMap, of } from 'rxjs';
import { batchOutcomes, withConnection, type ConnectionTask, type PullOperator } from '../../src/ix/index';
import { warmPool } from '../cases/warm-pool';
import { BareBatch } from '../baselines/bare-batch';
import type { Measure } from '../runner/case';
import { collectGarbage, milliseconds, timeIsTaken, warmUp } from '../runner/timed';

const CONCURRENCY = 10;
/** The consumer waits for one turn of the event loop after this number of results. */
const PULLS_PER_TURN = 1_000;
/** The number of heap measurements in a run, and the number of items that is enough for them. */
const LOOKS = 50;
const WEIGHED = 200_000;
const WARM = 20_000;

export type Work = 'synchronous' | 'promises';

/** Receives each result; the producer awaits the returned promise, if there is one. */
type Consume = (result: unknown) => Promise<void> | undefined;

/** Draws items, works on them and passes on the results, until there are no more items. */
export type Puller = (items: AsyncGenerator<number>, work: Work, consume: Consume) => Promise<void>;

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const promised = async (item: number): Promise<number> => Promise.resolve(item);

async function consumeAll(results: AsyncIterable<unknown>, consume: Consume): Promise<void> {
  for await (const result of results) {
    const busy = consume(result);
    if (busy !== undefined) await busy;
  }
}

/** Ten loops over one iterator: without order, error handling or leases. */
export const bareWorkers: Puller = async (items, work, consume) => {
  const worker = async (): Promise<void> => {
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      const busy = consume(work === 'promises' ? await promised(next.value) : next.value);
      if (busy !== undefined) await busy;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
};

export const bareBatch: Puller = (items, work, consume) =>
  consumeAll(
    new BareBatch<number, number>(items, CONCURRENCY, work === 'promises' ? promised : (item) => of(item)),
    consume,
  );

export const readableMap: Puller = (items, work, consume) => {
  const results = Readable.from(items).map(
    async (item: number): Promise<number> => (work === 'promises' ? promised(item) : item),
    { concurrency: CONCURRENCY },
  );
  return consumeAll(results, consume);
};

/** Draws all items at once, and keeps those that wait in an array that is emptied by `shift()`. */
export const rxMergeMap: Puller = async (items, work, consume) => {
  const results = rxFrom(items).pipe(
    mergeMap((item) => (work === 'promises' ? promised(item) : of(item)), CONCURRENCY),
    concatMap((result) => consume(result) ?? EMPTY),
  );
  await lastValueFrom(results, { defaultValue: undefined });
};

export const ixFlatMap: Puller = async (items, work, consume) => {
  const one = (item: number): AsyncIterable<number> => from(work === 'promises' ? promised(item) : [item]);
  await consumeAll(from(items).pipe(flatMap(one, CONCURRENCY)), consume);
};

type Through = (items: AsyncIterable<number>, tasks: Tasks) => AsyncIterable<unknown>;
type Tasks = PullOperator<number, ConnectionTask<number, number>>;

const pooled =
  (through: Through): Puller =>
  async (items, work, consume) => {
    const pool = await warmPool(CONCURRENCY);
    const tasks =
      work === 'promises'
        ? withConnection(pool, (_, item: number) => promised(item))
        : withConnection(pool, (_, item: number) => of(item));
    await consumeAll(through(items, tasks), consume);
    await pool.destroy();
  };

export const ours = pooled((items, tasks) => batchOutcomes(CONCURRENCY)(tasks(items)));

export const oursInAPipe = pooled((items, tasks) => from(items).pipe(tasks, batchOutcomes(CONCURRENCY)));

/** Nanoseconds per item, and by how much the heap that is in use grows while it runs, in MB. */
export const pullsOf =
  (puller: Puller, work: Work): Measure =>
  async (count) => {
    const pull = async (some: number, look?: () => void): Promise<void> => {
      const every = Math.ceil(some / LOOKS);
      let seen = 0;
      await puller(numbers(some), work, () => {
        seen++;
        if (look !== undefined && seen % every === 0) look();
        return seen % PULLS_PER_TURN === 0 ? new Promise(setImmediate) : undefined;
      });
      if (seen !== some) throw new Error(`${some} items were drawn, and ${seen} results came`);
    };
    await warmUp(() => pull(Math.min(count, WARM)));
    const ms = await milliseconds(() => pull(count));
    timeIsTaken();

    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    await pull(Math.min(count, WEIGHED), () => {
      collectGarbage();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    });
    return { ns: ms / count / 1e-6, mb: most / 1e6 };
  };
