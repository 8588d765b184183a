import { concat, filter, firstValueFrom, lastValueFrom, NEVER, of, timer } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { questionOf } from '../../src/dashboard/serve/what-if';
import { whatIfSentence } from '../../src/dashboard/what-if-sentence';
import { createPool } from '../../src/index';
import { planCapacity } from '../../src/simulation/index';
import type { CapacityPlan, CapacityQuestion } from '../../src/simulation/index';
import type { LoadRecording } from '../../src/stress/index';

describe('what if', () => {
  it('answers as planCapacity does, given the same recording', async () => {
    const pool = createPool({ name: 'db', max: 1, connect: () => concat(of('c'), NEVER) });
    const board = dashboard(pool, { period: 100 });
    const { url } = await board.listen();
    const work = timer(0, 10).subscribe(() => pool.use(() => timer(15)).subscribe({ error: () => undefined }));
    await lastValueFrom(timer(1_500));
    work.unsubscribe();
    await firstValueFrom(pool.stats$.pipe(filter(({ activeLeases }) => activeLeases === 0)));
    await lastValueFrom(timer(300));
    const [load, answer] = await Promise.all([
      fetch(`${url}recording?pool=0`).then((response) => response.json() as Promise<LoadRecording>),
      fetch(`${url}what-if?pool=0&target=20`).then((response) => response.json() as Promise<CapacityPlan>),
    ]);
    const question = questionOf(20, { ...pool.stats, maxConnections: 1, leaseCapacity: 1 }, load);
    const expected = await lastValueFrom(planCapacity(question as unknown as CapacityQuestion));
    // The silence at the end goes on while the two are asked.
    expect(answer.max).toBe(expected.max);
    expect(answer.points.map(({ max }) => max)).toEqual(expected.points.map(({ max }) => max));
    for (const [i, { waitP99 }] of answer.points.entries()) {
      const other = expected.points[i]!.waitP99;
      expect(Math.abs(waitP99 - other)).toBeLessThanOrEqual(5 + other / 10);
    }
    expect(whatIfSentence(answer, 1)).toMatch(/^With max \d the p99 wait would be .*; you have 1: .*\.$/);
    expect((await fetch(`${url}what-if?pool=0&target=no`)).status).toBe(400);
    await board.close();
  });
});
