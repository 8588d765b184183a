import { concat, lastValueFrom, NEVER, of, Subject, take, takeUntil, timer, toArray } from 'rxjs';
import { createPool, Histogram } from '../../src/index';
import type { PoolEvent } from '../../src/index';
import { simulate } from '../../src/simulation/index';
import type { Scenario, SimulationReport } from '../../src/simulation/index';
import { VirtualScheduler } from '../../src/simulation/virtual-scheduler';
import { recordLoad } from '../../src/stress/index';
import { until } from '../helpers/turns';

const run = (scenario: Scenario): Promise<SimulationReport> => lastValueFrom(simulate(scenario));

const quiet: Scenario = {
  pool: { max: 4, min: 'max' },
  arrivals: { rate: 100, pattern: 'even' },
  work: 20,
  connect: 5,
  duration: '10s',
  watch: 'everything',
};

describe('simulate', () => {
  it('gives the report of a stress test, in virtual time', async () => {
    const report = await run({
      ...quiet,
      arrivals: { rate: 10, pattern: 'even' },
      duration: '1h',
      watch: 'operations',
    });
    expect(report.operations).toEqual(jasmine.objectContaining({ ended: 36_000, succeeded: 36_000 }));
    expect(report.use).toEqual(jasmine.objectContaining({ min: 20, max: 20 }));
    expect(report.throughput).toBeCloseTo(10, 1);
    expect(report.utilisation).toBeCloseTo((10 * 0.02) / 4, 4);
    expect(report.phase).toBe('done');
    expect(report.timeline.length).toBe(120);
    expect(JSON.parse(JSON.stringify(report))).toEqual(jasmine.objectContaining({ version: 1, seed: 1 }));
  });

  it('yields to the event loop while tens of thousands of operations start at one instant', async () => {
    let done = false;
    let turns = 0;
    const everyTurn = (): void => {
      turns++;
      if (!done) setImmediate(everyTurn);
    };
    setImmediate(everyTurn);
    const report = await run({
      ...quiet,
      pool: { max: 1, maxPending: 0 },
      arrivals: { bursts: { size: 30_000, every: '1s' } },
      duration: '1.5s',
      watch: 'operations',
    });
    done = true;
    expect(report.operations.ended).toBe(30_000);
    expect(turns).toBeGreaterThan(2);
  }, 120_000);

  it('gives the same for the same seed, and something else for another', async () => {
    const scenario: Scenario = {
      ...quiet,
      pool: { max: 3, maxLifetime: 3_000, idleTimeout: 100 },
      arrivals: { rate: 120 },
      work: { takes: { logNormal: { median: 15, p99: 90 } }, fails: 0.01, fatal: true },
      connect: { takes: { exponential: 20 }, fails: 0.1, lives: { exponential: 2_000 } },
      restarts: [{ at: '3s', down: '200ms', share: 0.5 }],
    };
    const [once, again, other] = [await run(scenario), await run(scenario), await run({ ...scenario, seed: 2 })];
    expect(again).toEqual(once);
    expect(other.wait).not.toEqual(once.wait);
    expect(once.violations).toEqual([]);
    expect(once.operations.failed).toBeGreaterThan(0);
    expect(once.operations.lost).toBeGreaterThan(0);
    expect(once.activity.openFailures).toBeGreaterThan(0);
    for (const reason of ['lost', 'discarded'] as const) expect(once.activity.evicted[reason]).toBeGreaterThan(0);
  });

  it('watches everything without another outcome', async () => {
    const scenario: Scenario = { ...quiet, arrivals: { rate: 190 }, work: { exponential: 20 } };
    const [everything, operations] = [await run(scenario), await run({ ...scenario, watch: 'operations' })];
    for (const key of ['wait', 'use', 'total', 'operations', 'saturated', 'waited'] as const) {
      expect(operations[key]).toEqual(everything[key] as never);
    }
  });

  it('loses connections in an outage, and recovers', async () => {
    const report = await run({ ...quiet, outages: [{ at: '4.005s', for: '2s' }], interval: '500ms' });
    expect(report.operations.lost).toBe(2);
    expect(report.operations.noConnection).toBeGreaterThan(100);
    expect(report.errors.some(({ message }) => message.includes('the target is down'))).toBeTrue();
    const at = (ms: number) => report.timeline.find((sample) => sample.at === ms)!;
    expect(at(3_000).failed).toBe(0);
    expect(at(5_500).succeeded).toBe(0);
    expect(at(8_500).succeeded).toBe(50);
    expect(report.activity.opened).toBe(8);
  });

  it('pauses while the target is silent, and loses no connection', async () => {
    const report = await run({
      ...quiet,
      outages: [
        { at: '4s', for: '300ms', mode: 'silent' },
        { at: '4.2s', for: '300ms', mode: 'silent' },
      ],
    });
    expect(report.operations).toEqual(jasmine.objectContaining({ succeeded: 1_000, lost: 0 }));
    expect(report.use.max).toBeGreaterThanOrEqual(500);
    expect(report.use.max).toBeLessThanOrEqual(520);
    expect(report.activity.opened).toBe(4);
  });

  it('restarts the target periodically', async () => {
    const report = await run({ ...quiet, restarts: [{ at: '1s', every: '2s' }] });
    expect(report.activity.evicted).toEqual({ lost: 4 * 5 });
    expect(report.operations.succeeded).toBeGreaterThan(950);
    expect(report.violations).toEqual([]);
  });

  it('starts operations in bursts, by a trace, or by workers', async () => {
    const bursts = await run({ ...quiet, arrivals: { bursts: { size: 8, every: '100ms', pattern: 'even' } } });
    expect(bursts.operations.succeeded).toBe(800);
    // Four wait for the other four.
    expect(bursts.histograms.wait.percentile(45)).toBe(0);
    expect(bursts.wait.p90).toBeCloseTo(20, 0);
    expect(bursts.load).toEqual(jasmine.objectContaining({ arrivals: 'bursts', rate: 80 }));

    const trace = await run({ ...quiet, duration: undefined, arrivals: { trace: [0, 10, 10, 500] } });
    expect(trace.operations.succeeded).toBe(4);
    expect(trace.load.duration).toBe(501);

    const workers = await run({ ...quiet, arrivals: { workers: 8 } });
    expect(workers.throughput).toBeCloseTo((4 * 1_000) / 20, 0);
    expect(workers.load.model).toBe('closed');
  });

  it('takes every option of a pool', async () => {
    const report = await run({
      ...quiet,
      pool: {
        max: 4,
        name: 'all',
        capacity: 2,
        acquireTimeout: 60,
        maxPending: 5,
        connectTimeout: 1_000,
        closeTimeout: 1_000,
        maxOpening: 2,
        retryDelay: { initial: 5, max: 10 },
        breaker: false,
        order: 'fifo',
        idleTimeout: 500,
        maxLifetime: 5_000,
        lifetimeJitter: 0,
        maxUses: 40,
        cancelTimeout: 500,
        leakThreshold: Infinity,
        overload: { target: 20, interval: 100 },
        timings: true,
        validateAfter: 0,
        validate: { uniform: [1, 3] },
        reset: 2,
        close: '4ms',
        onCancel: 'discard',
      },
      arrivals: { rate: 300 },
      work: { exponential: 30 },
    });
    expect(report.pool).toBe('all');
    expect(report.violations).toEqual([]);
    expect(report.activity.evicted.uses).toBeGreaterThan(10);
    expect(report.operations.timedOut + report.operations.rejected).toBeGreaterThan(0);
  });

  it('reports margins of error, unless the run is too short', async () => {
    const long = await run({ ...quiet, arrivals: { rate: 150 }, work: { exponential: 20 }, watch: 'operations' });
    expect(long.waited.value).toBeGreaterThan(0);
    expect(long.waited.margin).toBeGreaterThan(0);
    const short = await run({ ...quiet, duration: '2s', interval: '1s' });
    expect(short.waited.margin).toBeNull();
  });

  it('errors where virtual time would never advance', async () => {
    const instant: Scenario = { ...quiet, pool: { max: 1 }, arrivals: { workers: 3 }, work: 0, watch: 'operations' };
    await expectAsync(run(instant)).toBeRejectedWithError(/at one instant/);
    const report = await run({ ...instant, operations: 1_000 });
    expect(report.operations.ended).toBe(1_000);
  });

  it('reports while it runs, yields to the event loop, and ends when it is unsubscribed', async () => {
    const long: Scenario = { ...quiet, duration: '10h', arrivals: { rate: 1_000 }, work: 3, watch: 'operations' };
    const ended$ = new Subject<void>();
    let last: SimulationReport | undefined;
    const subscription = simulate(long)
      .pipe(takeUntil(ended$))
      .subscribe((report) => (last = report));
    // A timer fires while it runs: it does not keep the thread.
    await until(() => last !== undefined);
    ended$.next();
    expect(subscription.closed).toBeTrue();
    const at = last!.elapsed;
    expect(last!.phase).toBe('running');
    await lastValueFrom(timer(50));
    expect(last!.elapsed).toBe(at);

    const reports = await lastValueFrom(simulate({ ...quiet, interval: '1s' }).pipe(toArray()));
    expect(reports.map(({ elapsed }) => elapsed)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10.01].map((s) => s * 1_000),
    );
  });
});

describe('a simulation of what was measured', () => {
  /** A pool that was used before, in virtual time too. */
  function life(): { events: PoolEvent[]; timings: ReturnType<ReturnType<typeof createPool>['timings']> } {
    const scheduler = new VirtualScheduler();
    const pool = createPool({ max: 2, scheduler, connect: () => concat(timer(7, scheduler).pipe(take(1)), NEVER) });
    const events: PoolEvent[] = [];
    pool.events$.subscribe((event) => events.push(event));
    for (let i = 0; i < 200; i++) {
      scheduler.schedule(() => void pool.use(() => timer(i % 2 === 0 ? 10 : 30, scheduler)).subscribe(), i * 12);
    }
    for (let i = 0; i < 2_000; i++) scheduler.step();
    return { events, timings: pool.timings() };
  }

  it('plays the timings of a pool, as they are or from JSON', async () => {
    const { timings } = life();
    const scenario: Scenario = { pool: { max: 2 }, arrivals: { rate: 80 }, duration: '20s', timings };
    const report = await run(scenario);
    expect(report.use.min).toBeCloseTo(10, 0);
    expect(report.use.max).toBeCloseTo(30, 0);
    expect(report.use.mean).toBeCloseTo(20, 0);
    expect(report.open.mean).toBeCloseTo(7, 0);
    expect(await run({ ...scenario, timings: JSON.parse(JSON.stringify(timings)) })).toEqual(report);
    const slower = await run({ ...scenario, work: 40 });
    expect(slower.use.mean).toBe(40);
  });

  it('plays the events of a pool: saved, as a recording, or from JSON', async () => {
    const { events } = life();
    const recording = await lastValueFrom(of(...events).pipe(recordLoad()));
    const scenario: Scenario = { pool: { max: 2, min: 'max' }, recording };
    const report = await run(scenario);
    expect(report.operations.succeeded).toBe(200);
    expect(report.load.arrivals).toBe('trace');
    expect(report.load.duration).toBe(recording.duration);
    for (const same of [events, JSON.parse(JSON.stringify(recording)), JSON.parse(JSON.stringify(events))]) {
      expect(await run({ ...scenario, recording: same })).toEqual(report);
    }
    // One connection is not enough for this load.
    const narrow = await run({ ...scenario, pool: { max: 1, min: 'max' } });
    expect(narrow.wait.p99).toBeGreaterThan(report.wait.p99);
  });
});

describe('a scenario', () => {
  const issuesOf = (scenario: unknown): readonly string[] => {
    try {
      simulate(scenario as Scenario);
      return [];
    } catch (error) {
      return (error as { issues: string[] }).issues;
    }
  };

  it('is refused with the path of every problem', () => {
    const good = quiet as unknown as Record<string, unknown>;
    const wrong: [Record<string, unknown>, string][] = [
      [{ pool: undefined }, 'pool must be an object'],
      [{ pool: { max: 0 } }, 'pool.max must be a positive integer, but got 0'],
      [{ pool: { max: 1, mix: 2 } }, 'pool.mix is not an option'],
      [{ pool: { max: 1, scheduler: {} } }, 'pool.scheduler is not an option of a simulated pool'],
      [{ pool: { max: 1, validate: 'soon' } }, 'pool.validate must be a time'],
      [{ pool: { max: 1, min: 'most' } }, 'pool.min must be an integer of 0 or more'],
      [{ arrivals: undefined }, 'arrivals is missing'],
      [{ arrivals: {} }, 'arrivals must be an object with one of rate, bursts, trace, workers, but got none of them'],
      [{ arrivals: { rate: 1, workers: 2 } }, 'but got arrivals.rate and arrivals.workers'],
      [{ arrivals: { rate: 0 } }, 'arrivals.rate must be operations per second'],
      [{ arrivals: { rate: 1, pattern: 'odd' } }, 'arrivals.pattern must be "poisson" or "even", but got "odd"'],
      [{ arrivals: { bursts: { size: 2 } } }, 'arrivals.bursts.every must be a time'],
      [
        { arrivals: { trace: [1, 3, 2] } },
        'arrivals.trace[2] must be milliseconds, at least those of the arrival before it (3)',
      ],
      [{ work: undefined }, 'work is missing'],
      [{ work: { normal: 3 } }, 'work.normal is not known'],
      [{ work: { exponential: -1 } }, 'work.exponential must be a time'],
      [{ work: { exponential: 1, fixed: 2 } }, 'but got fixed and exponential'],
      [{ work: { takes: 1, fails: 1.5 } }, 'work.fails must be a share, from 0 to 1, but got 1.5'],
      [{ work: { uniform: [3, 1] } }, 'work.uniform[1] must be at least the first (3 ms), but got 1'],
      [{ work: { histogram: {} } }, 'work.histogram is not a saved histogram'],
      [{ work: { histogram: new Histogram() } }, 'work.histogram is empty'],
      [{ connect: { takes: '1 parsec' } }, 'connect.takes must be a time'],
      [{ outages: {} }, 'outages must be an array'],
      [
        {
          outages: [
            { at: 1, for: 2 },
            { at: 1, for: 2, mode: 'loud' },
          ],
        },
        'outages[1].mode must be "refuse" or "silent"',
      ],
      [{ restarts: [{ at: 1, down: 10, every: 5 }] }, 'restarts[0].down must be less than restarts[0].every (5 ms)'],
      [{ duration: undefined }, 'the run would never end'],
      [{ duration: '5 parsecs' }, 'duration must be a time'],
      [{ warmup: '10s' }, 'warmup must be less than duration (10000 ms)'],
      [{ operations: 1.5 }, 'operations must be a positive integer'],
      [{ seed: 'x' }, 'seed must be a whole number, but got "x"'],
      [{ thresholds: ['wait<1ms'] }, 'thresholds[0] "wait<1ms": wait is a distribution'],
      [{ watch: 'nothing' }, 'watch must be "operations" or "everything"'],
      [{ timings: { use: 1 } }, 'timings.use is not a saved histogram'],
      [{ recording: [{ type: 'acquired' }] }, 'recording must be events of a pool'],
      [{ recording: { arrivals: [1] } }, 'recording.use is not a saved histogram'],
      [{ durations: 1 }, 'durations is not known'],
    ];
    for (const [change, message] of wrong) {
      const issues = issuesOf({ ...good, ...change });
      expect(issues.some((issue) => issue.includes(message)))
        .withContext(`${JSON.stringify(change)} gave ${JSON.stringify(issues)}`)
        .toBeTrue();
    }
    expect(issuesOf(undefined)).toEqual([jasmine.stringContaining('the scenario must be an object')]);
    expect(issuesOf({ ...good, seed: 0.5, watch: 1 }).length).toBe(2);
    expect(issuesOf(good)).toEqual([]);
  });
});
