import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { from, lastValueFrom, map, range, timeout } from 'rxjs';
import { batchParallel, withConnection } from '../../src/index';
import { openWorkers, run } from '../../examples/recipes/worker-threads';
import { expectNothingHeld } from '../helpers/marbles';
import { allDone, tally } from './tally';

type Fault = 'exit' | 'throw' | 'memory';

describe('the recipe for worker_threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recipe-'));
  const file = join(folder, 'done');
  let workers: ReturnType<typeof openWorkers>;
  let used: Set<unknown>;

  beforeEach(() => {
    writeFileSync(file, '');
    used = new Set();
    const resourceLimits = { maxOldGenerationSizeMb: 32 };
    workers = openWorkers(new URL('recording-worker.mjs', import.meta.url), 2, { resourceLimits, execArgv: [] });
  });

  afterEach(async () => {
    expectNothingHeld(workers);
    await workers.destroy();
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const recorded = (): number[] => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);

  const batch = (count: number, ms: number, faults: Readonly<Record<number, Fault>> = {}) =>
    lastValueFrom(
      range(count).pipe(
        withConnection(workers, (worker, item) => {
          used.add(worker);
          return run<number>(worker, { item, file, ms, fault: faults[item] });
        }),
        batchParallel(2),
      ),
    );

  it('runs the program that is shown', async () => {
    const shown = openWorkers(new URL('../../examples/recipes/worker-task.mjs', import.meta.url), 2, { execArgv: [] });
    const { successful, failed } = await lastValueFrom(
      from([
        { from: 0, to: 100 },
        { from: 100, to: 200 },
        { from: 9, to: 1 },
      ]).pipe(
        withConnection(shown, (worker, task) => run<number>(worker, task)),
        batchParallel(2),
      ),
    );
    expect(successful).toEqual([25, 21]);
    expect(failed.map(({ error }) => String(error))).toEqual(['RangeError: no numbers from 9 to 1']);
    // One thread is enough where it has done a task before the other is online.
    expect(shown.stats.opened).toBeLessThanOrEqual(2);
    expect(shown.stats.closed).toBe(0);
    await shown.destroy();
  });

  it('runs each task once, on two threads', async () => {
    // Else one thread may do them all before the other is online.
    await workers.warmUp(2);
    expect(tally(await batch(100, 2), recorded())).toEqual(allDone(100));
    expect(used.size).toBe(2);
    expect(workers.stats.opened).toBe(2);
  });

  it('ends the thread of a task whose caller leaves, and runs the others on new ones', async () => {
    const result = await lastValueFrom(
      range(4).pipe(
        withConnection(workers, (worker, item) => run<number>(worker, { item, file, ms: item < 2 ? 60_000 : 0 })),
        map((task, index) => (index < 2 ? task.pipe(timeout(500)) : task)),
        batchParallel(2),
      ),
    );
    expect(tally(result, recorded())).toEqual({ lost: 0, doubled: 0, succeeded: 2, failed: 2, unstarted: 0 });
    expect(recorded().sort()).toEqual([2, 3]);
    expect(workers.stats.closed).toBeGreaterThanOrEqual(2);
  });

  for (const fault of ['exit', 'throw', 'memory'] as const) {
    it(`fails only the task whose thread ends by itself: ${fault}`, async () => {
      const result = await batch(20, 1, { 5: fault, 10: fault });
      expect(tally(result, recorded())).toEqual({ lost: 0, doubled: 0, succeeded: 18, failed: 2, unstarted: 0 });
      expect(result.failed.map(({ item }) => item)).toEqual([5, 10]);
      for (const { error } of result.failed) {
        expect(error).toEqual(jasmine.objectContaining({ code: 'CONNECTION_FAILED', phase: 'use' }));
      }
    });
  }
});
