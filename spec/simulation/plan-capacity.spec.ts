import { lastValueFrom, toArray } from 'rxjs';
import { capacitySearch } from '../../src/simulation/capacity-search';
import { planCapacity, simulate } from '../../src/simulation/index';
import type { CapacityQuestion } from '../../src/simulation/index';
import { erlangC } from '../../src/stress/erlang';

const question: CapacityQuestion = {
  arrivals: { rate: 200 },
  work: { exponential: 20 },
  duration: '60s',
  warmup: '5s',
  target: 'wait.p99<20ms',
};

/** What is asked, and what it comes to, where that number is enough. */
function search(enough: number, ...args: Parameters<typeof capacitySearch>): { asked: number[]; found: number | null } {
  const asked: number[] = [];
  const searching = capacitySearch(...args);
  for (let step = searching.next(); ; step = searching.next(asked.at(-1)! >= enough)) {
    if (step.done === true) return { asked, found: step.value };
    asked.push(step.value);
  }
}

describe('the search for a capacity', () => {
  it('finds the smallest number from wherever it starts, and asks for none twice', () => {
    for (const enough of [1, 2, 3, 7, 8, 50, 99, 100]) {
      for (const start of [1, 2, 8, 40, 100]) {
        const { asked, found } = search(enough, start, 1, 100, undefined);
        expect(found).withContext(`${enough} from ${start}`).toBe(enough);
        expect(new Set(asked).size).toBe(asked.length);
        expect(asked.every((max) => max >= 1 && max <= 100)).toBeTrue();
        expect(asked.length).toBeLessThan(22);
      }
    }
  });

  it('returns null when there is none, and keeps its bounds', () => {
    expect(search(200, 5, 1, 100, 3)).toEqual({ asked: jasmine.arrayContaining([100, 3]) as never, found: null });
    expect(search(2, 1, 4, 100, undefined).found).toBe(4);
  });
});

describe('planCapacity', () => {
  it('finds the smallest max, with the curve around it', async () => {
    const plans = await lastValueFrom(planCapacity(question).pipe(toArray()));
    const plan = plans.at(-1)!;
    expect(plan.done).toBeTrue();
    expect(plans.slice(0, -1).every(({ done, max }) => !done && max === null)).toBeTrue();
    const [max, point] = [plan.max!, plan.points.find((each) => each.max === plan.max)!];
    const below = plan.points.find((each) => each.max === max - 1)!;
    expect(point.meets).toBeTrue();
    expect(point.waitP99).toBeLessThan(20);
    expect(below.meets).toBeFalse();
    expect(below.waitP99).toBeGreaterThanOrEqual(20);
    const byMax = plan.points.map((each) => each.max);
    expect(byMax).toEqual([...byMax].sort((a, b) => a - b));
    for (const { max: servers, utilisation } of plan.points.slice(1)) {
      expect(utilisation).toBeCloseTo(4 / servers, 1);
    }
    expect(plan.verdict).toMatch(`^max ${max} is enough for wait.p99<20ms: .*; with ${max - 1} it does not: .*`);
    // By the formula the p99 wait is over the target with one less, and under it with these.
    const late = (servers: number): number => erlangC(servers, 4) * Math.exp((-(servers - 4) * 20) / 20);
    expect(late(max)).toBeLessThan(0.012);
    expect(late(max - 1)).toBeGreaterThan(0.008);
  });

  it('simulates the scenario as simulate does', async () => {
    const plan = await lastValueFrom(planCapacity({ ...question, pool: { min: 3 }, from: 6, to: 6 }));
    const { target: _target, ...scenario } = question;
    const report = await lastValueFrom(simulate({ ...scenario, pool: { max: 6, min: 3 } }));
    expect(plan.points.map(({ max }) => max)).toEqual([6]);
    expect(plan.points[0]!.waitP99).toBe(report.wait.p99);
    expect(plan.points[0]!.waited).toEqual(report.waited);
  });

  it('reports that no max is enough, and tries the current one', async () => {
    const plan = await lastValueFrom(
      planCapacity({ ...question, duration: '10s', pool: { max: 2 }, target: ['wait.p99<20ms', 'use.p50<1ms'], to: 8 }),
    );
    expect(plan.max).toBeNull();
    expect(plan.points.map(({ max }) => max)).toEqual(jasmine.arrayContaining([2, 8]));
    expect(plan.verdict).toMatch(/does not hold with max 8 either: wait\.p99 is .*, use\.p50 is /);
  });

  it('refuses wrong values with their paths', () => {
    const issuesOf = (given: unknown): readonly string[] => {
      try {
        planCapacity(given as CapacityQuestion);
        return [];
      } catch (error) {
        return (error as { issues: string[] }).issues;
      }
    };
    expect(issuesOf({ ...question, target: undefined })).toEqual([
      jasmine.stringContaining('target must be a threshold'),
    ]);
    expect(issuesOf({ ...question, target: 'wait<3' })).toEqual([jasmine.stringContaining('target[0] "wait<3"')]);
    expect(issuesOf({ ...question, from: 5, to: 4 })).toEqual([
      jasmine.stringContaining('to must be at least from (5)'),
    ]);
    expect(issuesOf({ ...question, from: 0 })).toEqual([jasmine.stringContaining('from must be a positive integer')]);
    expect(issuesOf({ ...question, thresholds: [] })).toEqual([
      jasmine.stringContaining('thresholds is not a field of a plan'),
    ]);
    expect(issuesOf({ ...question, pool: { maxUses: -1 }, work: 'x' }).length).toBe(2);
    expect(issuesOf(undefined).length).toBeGreaterThan(0);
  });
});
