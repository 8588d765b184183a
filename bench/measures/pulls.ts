/** A million items drawn from an async generator, ten of them at work at a time, for a consumer that does not hurry. */
import { Readable } from 'node:stream';
import { of, type Observable } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { warmPool } from '../cases/warm-pool';
import { LeftOut, type Measure } from '../runner/case';
import { collectGarbage, milliseconds, warmUp } from '../runner/timed';

const CONCURRENCY = 10;
/** The consumer waits a turn of the event loop after so many results. */
const BREATH = 1_000;
/** How often the heap is looked at in a run, and how many items say all there is to say about it. */
const LOOKS = 50;
const WEIGHED = 200_000;
const WARM = 20_000;

export type Work = 'synchronous' | 'promises';

/** Told of each result; whoever hands it over waits for the promise, if there is one. */
type Consume = (result: unknown) => Promise<void> | undefined;

/** Draws, works, hands over, until the items are at their end. */
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

/** Ten loops over one iterator, with no order, no errors and nothing lent. */
export const bareWorkers: Puller = async (items, work, consume) => {
  const worker = async (): Promise<void> => {
    for (let next = await items.next(); next.done !== true; next = await items.next()) {
      const busy = consume(work === 'promises' ? await promised(next.value) : next.value);
      if (busy !== undefined) await busy;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
};

export const readableMap: Puller = (items, work, consume) => {
  const results = Readable.from(items).map(
    async (item: number): Promise<number> => (work === 'promises' ? promised(item) : item),
    { concurrency: CONCURRENCY },
  );
  return consumeAll(results, consume);
};

export const ixFlatMap: Puller = async (items, work, consume) => {
  const { from } = await import('ix/asynciterable/asynciterablex');
  const { flatMap } = await import('ix/asynciterable/operators/flatmap');
  const one = (item: number): AsyncIterable<number> => from(work === 'promises' ? promised(item) : [item]);
  await consumeAll(from(items).pipe(flatMap(one, CONCURRENCY)), consume);
};

/** What this needs of the entry point `./ix`. */
interface Pulled {
  withConnection(
    pool: ConnectionPool<object>,
    work: (connection: object, item: number) => Observable<number> | Promise<number>,
  ): (items: AsyncIterable<number>) => AsyncIterable<unknown>;
  batchOutcomes(concurrency: number): (tasks: AsyncIterable<unknown>) => AsyncIterable<unknown>;
}

/** By the name that users import, which a version may not have. */
async function pulled(): Promise<Pulled> {
  const name = 'rxjs-connection-pool/ix';
  try {
    return (await import(name)) as Pulled;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    throw new LeftOut(`there is no ${name} in this version`);
  }
}

export const ours: Puller = async (items, work, consume) => {
  const { withConnection, batchOutcomes } = await pulled();
  const pool = await warmPool(CONCURRENCY);
  const tasks = withConnection(pool, work === 'promises' ? (_, item) => promised(item) : (_, item) => of(item));
  await consumeAll(batchOutcomes(CONCURRENCY)(tasks(items)), consume);
  await pool.destroy();
};

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
        return seen % BREATH === 0 ? new Promise(setImmediate) : undefined;
      });
      if (seen !== some) throw new Error(`${some} items were drawn, and ${seen} results came`);
    };
    await warmUp(() => pull(Math.min(count, WARM)));
    const ms = await milliseconds(() => pull(count));

    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    await pull(Math.min(count, WEIGHED), () => {
      collectGarbage();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    });
    return { ns: ms / count / 1e-6, mb: most / 1e6 };
  };
