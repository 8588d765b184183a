import fc from 'fast-check';
import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { map as ixMap } from 'ix/asynciterable/operators/map';
import { toArray as ixToArray } from 'ix/asynciterable/toarray';
import { from, lastValueFrom, map, mergeMap, of, throwError, take, timer, toArray } from 'rxjs';
import type { Observable, ObservableInput } from 'rxjs';
import * as push from '../../src/index';
import { createPool } from '../../src/index';
import type { BatchOptions, BatchOutcome, BatchResult, ConnectionPool } from '../../src/index';
import * as pull from '../../src/ix/index';
import { SteppedTime } from '../helpers/stepped-time';

/** Work on one item: it takes a number of ms, no time at all when that is 0, and may fail in the end. */
interface Item {
  readonly ms: number;
  readonly fails: boolean;
}

type Outcome = BatchOutcome<number | undefined>;

/** What an outcome says, in short. */
const told = (outcome: Outcome): string =>
  outcome.status === 'succeeded'
    ? `${outcome.index}=${outcome.value}`
    : `${outcome.index}!${(outcome.error as Error).message}`;

/** The same of a result, which has them in the order of the source. */
const toldOf = ({ successful, failed }: BatchResult<number | undefined>): string[] => [
  ...successful.map((value) => `${value}=${value}`),
  ...failed.map(({ index, error }) => `${index}!${(error as Error).message}`),
];

type Tasks = AsyncIterable<ObservableInput<number>>;

/** How the items come to be inners of a batch. */
const shapes: Record<string, (tasks: Tasks) => Tasks> = {
  'tasks right behind withConnection': (tasks) => tasks,
  'tasks that an operator has passed on': (tasks) => each(tasks, (task) => task),
  'tasks with operators on them': (tasks) =>
    each(tasks, (task) => (task as Observable<number>).pipe(map((value) => value))),
};

async function* each<T>(values: AsyncIterable<T>, change: (value: T) => T): AsyncGenerator<T> {
  for await (const value of values) yield change(value);
}

type Ways = Record<string, (outcomes: AsyncIterable<Outcome>) => Promise<string[]>>;

/** Every way in which outcomes can be consumed one by one: what was got, in the order in which it came. */
const ways: Ways = {
  'for await': async (outcomes) => {
    const got: string[] = [];
    for await (const outcome of outcomes) got.push(told(outcome));
    return got;
  },
  fromPull: async (outcomes) => (await lastValueFrom(pull.fromPull(outcomes).pipe(toArray()))).map(told),
  'toArray of IxJS': async (outcomes) => (await ixToArray(outcomes)).map(told),
  'an operator of IxJS': async (outcomes) => (await ixToArray(ixFrom(outcomes).pipe(ixMap((one) => one)))).map(told),
  'next(), three at a time': (outcomes) => inAdvance(outcomes, 3),
  'next(), all at once': (outcomes) => inAdvance(outcomes, 100),
  'trackProgress and fromPull': async (outcomes) =>
    (await lastValueFrom(pull.fromPull(pull.trackProgress(() => undefined)(outcomes)).pipe(toArray()))).map(told),
};

/** Those that collect everything, in the order of the source. */
const collected: Ways = {
  'collectBatch, awaited': async (outcomes) => {
    for await (const result of pull.collectBatch()(outcomes)) return toldOf(result);
    return [];
  },
  'collectBatch and fromPull': async (outcomes) =>
    toldOf(await lastValueFrom(pull.fromPull(pull.collectBatch()(outcomes)))),
  'trackProgress and collectBatch': async (outcomes) =>
    toldOf(await lastValueFrom(pull.fromPull(pull.collectBatch()(pull.trackProgress(() => undefined)(outcomes))))),
};

/** Keeps a number of pulls waiting. */
async function inAdvance(outcomes: AsyncIterable<Outcome>, count: number): Promise<string[]> {
  const iterator = outcomes[Symbol.asyncIterator]();
  const got: string[] = [];
  const one = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      got.push(told(value));
    }
  };
  await Promise.all(Array.from({ length: count }, one));
  return got;
}

/** Runs one batch in virtual time. */
async function runIn<T>(run: (pool: ConnectionPool<object>, time: SteppedTime) => Promise<T>): Promise<T | 'no end'> {
  const time = new SteppedTime();
  const pool = createPool<object>({ max: 4, connect: () => Promise.resolve({}), scheduler: time, idleTimeout: 1e9 });
  const done = run(pool, time);
  let ended = false;
  void done.then(() => (ended = true));
  await pool.warmUp(4);
  await time.pass(1e8);
  return ended ? done : 'no end';
}

const work =
  (time: SteppedTime) =>
  (_connection: object, { ms, fails }: Item, index: number): Observable<number> => {
    const answer = (): Observable<number> => (fails ? throwError(() => new Error(`no ${index}`)) : of(index));
    return ms === 0 ? answer() : timer(ms, time).pipe(mergeMap(answer));
  };

/** What the operators of RxJS make of the same items. */
const pushed = (items: Item[], options: BatchOptions): Promise<Outcome[] | 'no end'> =>
  runIn((pool, time) =>
    lastValueFrom(from(items).pipe(push.withConnection(pool, work(time)), push.batchOutcomes(options), toArray())),
  );

const items = fc.array(
  fc.record({
    // No two end in the same instant: which of them stops a batch would be chance.
    ms: fc.oneof(
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 4, arbitrary: fc.double({ min: 1, max: 50, noNaN: true }) },
    ),
    fails: fc.nat(5).map((n) => n === 0),
  }),
  { maxLength: 12 },
);

const batches = fc.record({
  items,
  concurrency: fc.integer({ min: 1, max: 6 }),
  ordered: fc.boolean(),
  stopOnError: fc.nat(3).map((n) => n === 0),
  shape: fc.constantFrom(...Object.keys(shapes)),
});

const seed = Number(process.env['FC_SEED'] ?? 1);

describe('a batch that is pulled has the outcomes of one that is pushed', () => {
  for (const [way, consume] of [...Object.entries(ways), ...Object.entries(collected)]) {
    it(`consumed by ${way}`, async () => {
      await holds(
        fc.asyncProperty(batches, async ({ items, shape, ...options }) => {
          const outcomes = await pushed(items, options);
          const expected = outcomes === 'no end' ? outcomes : outcomes.map(told);
          const got = await runIn((pool, time) =>
            consume(pull.batchOutcomes(options)(shapes[shape]!(pull.withConnection(pool, work(time))(items)))),
          );
          if (options.ordered && options.stopOnError) {
            mustBeTheFirst(got, items);
            return;
          }
          // One after the other where that is promised; else each of them once.
          const inOrder = options.ordered && way in ways;
          mustBe(inOrder ? got : sorted(got), inOrder ? expected : sorted(expected));
        }),
      );
    });
  }

  const stopping: Record<
    string,
    (outcomes: AsyncIterable<Outcome>, count: number, stop: () => void) => Promise<string[]>
  > = {
    'a break': async (outcomes, count) => {
      const got: string[] = [];
      for await (const outcome of outcomes) if (got.push(told(outcome)) === count) break;
      return got;
    },
    'an unsubscribe behind fromPull': (outcomes, count) =>
      lastValueFrom(pull.fromPull(outcomes).pipe(map(told), take(count), toArray())),
    'return(), while the next is waited for': async (outcomes, count) => {
      const iterator = outcomes[Symbol.asyncIterator]();
      const got: string[] = [];
      const pulls = Array.from({ length: count }, () => iterator.next());
      for (const { done, value } of await Promise.all(pulls)) if (done !== true) got.push(told(value));
      void iterator.next();
      await iterator.return?.();
      return got;
    },
    'a signal, from inside of trackProgress': async (outcomes, count, stop) => {
      const got: string[] = [];
      const observer = ({ succeeded, failed }: push.BatchProgress): void => {
        if (succeeded + failed === count) stop();
      };
      try {
        for await (const outcome of pull.trackProgress(observer)(outcomes)) got.push(told(outcome));
      } catch (error) {
        got.push((error as Error).message);
      }
      return got;
    },
  };
  for (const [way, consume] of Object.entries(stopping)) {
    it(`as long as it is not stopped by ${way}; then all is back`, async () => {
      const plans = batches.filter(({ items, ordered, stopOnError }) => items.length > 0 && ordered && !stopOnError);
      await holds(
        fc.asyncProperty(plans, fc.nat(11), async ({ items, shape, ...options }, number) => {
          const count = 1 + (number % items.length);
          const outcomes = await pushed(items, options);
          const expected = (outcomes as Outcome[]).map(told).slice(0, count);
          const got = await runIn(async (pool, time) => {
            const { signal, stop } = stopper();
            const tasks = shapes[shape]!(pull.withConnection(pool, work(time))(items));
            const result = await consume(pull.batchOutcomes({ ...options, signal })(tasks), count, stop);
            const { activeLeases, pendingAcquires } = pool.stats;
            mustBe({ activeLeases, pendingAcquires }, { activeLeases: 0, pendingAcquires: 0 });
            return result;
          });
          // What was on its way then still arrives.
          mustBe(got, way.startsWith('a signal') ? [...expected, 'enough'] : expected);
        }),
      );
    });
  }

  it('collected by batchParallel', async () => {
    await holds(
      fc.asyncProperty(batches, async ({ items, shape, ...options }) => {
        const expected = await runIn((pool, time) =>
          lastValueFrom(from(items).pipe(push.withConnection(pool, work(time)), push.batchParallel(options))),
        );
        const got = await runIn((pool, time) =>
          lastValueFrom(
            pull.fromPull(pull.batchParallel(options)(shapes[shape]!(pull.withConnection(pool, work(time))(items)))),
          ),
        );
        if (options.ordered && options.stopOnError) mustBeTheFirst(got === 'no end' ? got : toldOf(got), items);
        else mustBe(got === 'no end' ? got : toldOf(got), expected === 'no end' ? expected : toldOf(expected));
      }),
    );
  });
});

function stopper(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort(new Error('enough')) };
}

async function holds<T>(property: fc.IAsyncProperty<T>): Promise<void> {
  await expectAsync(fc.assert(property, { seed, numRuns: 60 })).toBeResolved();
}

function mustBe(got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected))
    throw new Error(`got ${JSON.stringify(got)}, but pushed it is ${JSON.stringify(expected)}`);
}

/**
 * An outcome that is held back until its turn keeps its slot, where it is pulled: so an ordered batch may stop before it has begun what
 * one that is pushed has begun. It still has an outcome for each of the first items, and not for all only if one of them failed.
 */
function mustBeTheFirst(got: string[] | 'no end', items: Item[]): void {
  const all = items.map(({ fails }, index) => (fails ? `${index}!no ${index}` : `${index}=${index}`));
  const begun = got.length;
  mustBe(sorted(got), sorted(all.slice(0, begun)));
  if (begun < all.length && !items.slice(0, begun).some(({ fails }) => fails))
    throw new Error(`only ${begun} have come`);
}

const sorted = (got: string[] | 'no end'): string[] | 'no end' => (got === 'no end' ? got : [...got].sort());
