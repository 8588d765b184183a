import { from, identity, lastValueFrom, map, range, timeout } from 'rxjs';
import type { MonoTypeOperatorFunction, ObservableInput } from 'rxjs';
import { batchParallel, retryFailed, withConnection } from '../../src/index';
import type { BatchResult, ConnectionPool, WorkContext } from '../../src/index';
import { effort } from '../helpers/effort';
import { allDone, tally } from './tally';

/** What happens to a server, once, when item 100 is under way. */
export interface Outage {
  plan(action: () => Promise<void>): void;
  /** For the work of item 100. Returns whether an outage begins. */
  begin(): boolean;
  /** Waits until it is over, and fails if it has not begun. */
  end(): Promise<void>;
}

/** Call it inside a `describe`: each spec plans its own. */
export function outage(): Outage {
  let planned: (() => Promise<void>) | undefined;
  let underWay: Promise<void> | undefined;
  beforeEach(() => {
    planned = undefined;
    underWay = undefined;
  });
  return {
    plan(action) {
      planned = action;
    },
    begin() {
      if (planned === undefined) return false;
      underWay = planned();
      planned = undefined;
      return true;
    },
    async end() {
      if (underWay === undefined) throw new Error('the outage has not begun: item 100 was not under way');
      await underWay;
    },
  };
}

type Result = BatchResult<number | undefined, number>;

/** A recipe, with the work that records an item at the server. */
export interface Recipe<C> {
  pool(): ConnectionPool<C>;
  /** Its value is its item. */
  readonly work: (connection: C, item: number, index: number, context: WorkContext) => ObservableInput<number>;
  /** How many items are under way at the same time. */
  readonly parallel: number;
  /** What the recipe adds to each item. */
  readonly retry?: MonoTypeOperatorFunction<number>;
}

/** Sends the items 0, 1, 2 … `each` is added to each of them. */
export function sendBatch<C>(
  { pool, work, parallel, retry = identity }: Recipe<C>,
  count: number,
  each: MonoTypeOperatorFunction<number> = identity,
): Promise<Result> {
  const tasks = range(count).pipe(
    withConnection(pool(), work),
    map((task) => task.pipe(retry, each)),
  );
  return lastValueFrom(tasks.pipe(batchParallel(parallel)));
}

/** Sends the failed ones again, until none is left. */
async function finish<C>(recipe: Recipe<C>, result: Result): Promise<Result> {
  if (result.failed.length === 0) return result;
  const again = await lastValueFrom(
    from(result.failed).pipe(retryFailed(recipe.pool(), recipe.work), batchParallel(recipe.parallel)),
  );
  return finish(recipe, { ...again, successful: [...result.successful, ...again.successful] });
}

export interface OutageSpecs<S> {
  readonly server: () => { restart(ms: number, signal?: S): Promise<void>; freeze(ms: number): Promise<void> };
  /** The signals that end the server, by what they are called in the title of a spec. */
  readonly ends: Readonly<Record<string, S>>;
  readonly outage: Outage;
  /** The items that the server has done, one entry for each time. */
  recorded(): number[] | Promise<number[]>;
  /** Whether an item that failed is not on record, so that none is done twice when it is sent again. */
  readonly rollsBack: boolean;
}

/** Call it inside the `describe` of a recipe: its specs with a server that is restarted, killed, or does not answer. */
export function itSurvivesOutages<C, S>(recipe: Recipe<C>, specs: OutageSpecs<S>): void {
  const { server, outage, recorded } = specs;

  /** Sends what failed again: each item is done in the end. */
  async function expectAllDone(result: Result, count: number): Promise<void> {
    const all = await finish(recipe, result);
    const done = await recorded();
    const counts = tally(all, done);
    expect(counts).toEqual({ ...allDone(count), doubled: specs.rollsBack ? 0 : counts.doubled });
    expect(new Set(done).size).toBe(count);
  }

  it('survives a restart while its connections are idle', async () => {
    const pool = recipe.pool();
    await pool.warmUp(pool.stats.maxConnections);
    await server().restart(100);
    expect(tally(await sendBatch(recipe, 20), await recorded())).toEqual(allDone(20));
    expect(pool.stats.closed).toBe(pool.stats.maxConnections);
  });

  const ends = Object.entries(specs.ends);
  for (const [what, signal] of ends.slice(0, effort(1, ends.length))) {
    it(`loses only what was under way when the server is ${what} in mid-batch`, async () => {
      outage.plan(() => server().restart(1_000, signal));
      const result = await sendBatch(recipe, 400);
      await outage.end();
      const { failed, ...rest } = tally(result, await recorded());
      expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
      expect(failed).toBeGreaterThan(0);
      // Under way are also the items that began on a connection whose end was not seen yet: at most one more each.
      expect(failed).toBeLessThanOrEqual(2 * recipe.parallel);
      await expectAllDone(result, 400);
    });
  }

  it('loses nothing when the server does not answer for a second', async () => {
    outage.plan(() => server().freeze(1_000));
    const result = await sendBatch(recipe, 400);
    await outage.end();
    expect(tally(result, await recorded())).toEqual(allDone(400));
  });

  it('fails what a timeout ends while the server does not answer, and nothing else', async () => {
    const pool = recipe.pool();
    await pool.warmUp(pool.stats.maxConnections);
    outage.plan(() => server().freeze(1_500));
    const result = await sendBatch(recipe, 400, timeout(1_000));
    await outage.end();
    const { failed, ...rest } = tally(result, await recorded());
    expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
    expect(failed).toBeGreaterThan(0);
    await expectAllDone(result, 400);
  });
}
