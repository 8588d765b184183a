import {
  asyncScheduler,
  concat,
  EMPTY,
  ignoreElements,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  throwError,
  timer,
} from 'rxjs';
import { stressTest } from '../../src/stress/index';
import type { StressOptions, StressReport } from '../../src/stress/index';
import { seededRandom } from '../../src/stress/seeded-random';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { createLastingPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import type { Run } from '../helpers/marbles';

const poolOf = (options: Partial<PoolOptions<string>> = {}): ConnectionPool<string> =>
  createLastingPool({ connect: () => opensAtOnce('c'), max: 1, ...options });

/** The last report of a run in virtual time. */
const resultOf = (
  options: StressOptions<string>,
  poolOptions: Partial<PoolOptions<string>> = {},
  meanwhile: (pool: ConnectionPool<string>, run: Run) => void = () => {},
): StressReport => {
  let last: StressReport | undefined;
  marbles((run) => {
    const pool = poolOf(poolOptions);
    stressTest(pool, options).subscribe((report) => (last = report));
    meanwhile(pool, run);
    run.flush();
    expectNothingHeld(pool);
  });
  expect(last!.phase).toBe('done');
  return last!;
};

describe('stressTest', () => {
  describe('with workers', () => {
    it('does as many operations as each is to do, one after the other, and reports each interval', () => {
      marbles(({ expectObservable, flush }) => {
        const pool = poolOf({ max: 2 });
        const reports$ = stressTest(pool, { workers: 2, opsPerWorker: 3, interval: 2, work: () => timer(3) });
        expectObservable(reports$.pipe(map(({ phase, operations }) => `${phase} ${operations.ended}`))).toBe(
          'a-b-c-d-e(f|)',
          {
            a: 'running 0',
            b: 'running 0',
            c: 'running 2',
            d: 'draining 4',
            e: 'draining 4',
            f: 'done 6',
          },
        );
        flush();
        expectNothingHeld(pool);
      });
    });

    it('measures waiting and using to the frame', () => {
      const { wait, use, total, operations, throughput, saturated, utilisation, peaks } = resultOf({
        workers: 2,
        opsPerWorker: 2,
        work: () => timer(10),
      });
      expect(operations).toEqual(jasmine.objectContaining({ succeeded: 4, ended: 4, inFlight: 0 }));
      expect([wait.min, wait.max, use.min, use.max, total.max]).toEqual([0, 10, 10, 10, 20]);
      expect(wait.mean).toBeCloseTo(7.5);
      expect([throughput, saturated, utilisation]).toEqual([100, 1, 1]);
      expect(peaks).toEqual({ concurrency: 2, queueLength: 2, leases: 1, inUse: 1, connections: 1, opening: 1 });
    });

    it('starts no operation after the duration, and lets those in flight end', () => {
      const { operations, elapsed, measured, throughput } = resultOf({
        workers: 1,
        duration: 25,
        work: () => timer(10),
      });
      expect([operations.succeeded, elapsed, measured, throughput]).toEqual([3, 30, 25, 80]);
    });

    it('shares a number of operations among the workers', () => {
      const { operations, peaks } = resultOf({ workers: 3, operations: 4, work: () => timer(10) }, { max: 3 });
      expect([operations.succeeded, peaks.concurrency]).toEqual([4, 3]);
    });

    it('neither blocks nor recurses where work ends at once', () => {
      const { operations } = resultOf({ workers: 7, operations: 100_000 });
      expect(operations.succeeded).toBe(100_000);
    });

    it('errors when time does not advance, instead of running without end', () => {
      marbles(({ flush }) => {
        let failure: unknown;
        stressTest(poolOf(), { workers: 1, duration: 10 }).subscribe({ error: (error: unknown) => (failure = error) });
        flush();
        expect(failure).toEqual(jasmine.objectContaining({ message: jasmine.stringContaining('work takes no time') }));
      });
    });

    it('numbers the operations', () => {
      const seen: number[] = [];
      resultOf(
        { workers: 2, operations: 5, work: (_, index) => timer(1).pipe(map(() => seen.push(index))) },
        { max: 2 },
      );
      expect(seen).toEqual([0, 1, 2, 3, 4]);
    });
  });

  describe('with a rate', () => {
    it('counts the wait from when an operation was to start, and from when it did', () => {
      const { wait, fromStart, lag, use, total } = resultOf(
        { rate: 100, arrivals: 'even', operations: 3, workers: 1, work: () => timer(30) },
        { max: 4 },
      );
      // Planned for 0, 10, 20; begun at 0, 30, 60.
      expect([wait.min, wait.max, lag.max, fromStart.wait.max, use.max]).toEqual([0, 40, 40, 0, 30]);
      expect([total.max, fromStart.total.max]).toEqual([70, 30]);
    });

    it('does not let a pool hide that it has stalled', () => {
      // For the first 50 frames the one connection is stuck: every caller that arrived meanwhile has waited.
      const { wait, operations } = resultOf({
        rate: 200,
        arrivals: 'even',
        duration: 100,
        work: (_, index) => timer(index === 0 ? 50 : 1),
      });
      expect(operations.succeeded).toBe(20);
      expect([wait.p50, wait.max]).toEqual([5.0625, 45]);
    });

    it('has even or Poisson arrivals, reproducible with a random source', () => {
      const begun = (options: Partial<StressOptions<string>>): number[] => {
        const at: number[] = [];
        const work = () => {
          at.push(asyncScheduler.now());
          return EMPTY;
        };
        resultOf({ rate: 100, duration: 20_000, work, ...options }, { max: 1_000 });
        return at;
      };
      expect(begun({ arrivals: 'even' }).slice(0, 4)).toEqual([0, 10, 20, 30]);
      const random = begun({ random: seededRandom(1) });
      expect(begun({ random: seededRandom(1) })).toEqual(random);
      expect(begun({ random: seededRandom(2) })).not.toEqual(random);
      // 2,000 are expected, give or take four times their root. Exponential gaps vary as much as they are long.
      expect(Math.abs(random.length - 2_000)).toBeLessThan(180);
      const gaps = random.slice(1).map((at, index) => at - random[index]!);
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
      expect(deviation / mean).toBeGreaterThan(0.9);
      expect(deviation / mean).toBeLessThan(1.1);
    });

    it('replays a trace', () => {
      const at: number[] = [];
      const work = () => of(at.push(asyncScheduler.now()));
      const { load, operations } = resultOf({ arrivals: [3, 3, 7.5], work }, { max: 4 });
      expect(at).toEqual([3, 3, 7.5]);
      expect([load.model, load.arrivals, load.rate, operations.succeeded]).toEqual(['open', 'trace', null, 3]);
    });

    it('fails with what is wrong with a trace', () => {
      for (const trace of [[1, 0], [NaN], [1, Infinity], ['1' as unknown as number]]) {
        let failure: unknown;
        marbles(({ flush }) => {
          const pool = poolOf();
          stressTest(pool, { arrivals: trace }).subscribe({ error: (error: unknown) => (failure = error) });
          flush();
          expectNothingHeld(pool);
        });
        expect(failure).toEqual(poolError('INVALID_CONFIG'));
      }
    });
  });

  describe('measures', () => {
    it('nothing of the warm-up', () => {
      const { operations, wait, measured, peaks, throughput } = resultOf({
        rate: 100,
        arrivals: 'even',
        duration: 100,
        warmup: 30,
        work: (_, index) => timer(index < 3 ? 9 : 1),
      });
      expect([operations.warmup, operations.succeeded, measured]).toEqual([3, 7, 70]);
      expect([wait.max, peaks.queueLength, throughput]).toEqual([0, 0, 100]);
    });

    it('what became of each operation', () => {
      const failing = { code: 'E_ODD' };
      const { operations, errors, timeline } = resultOf(
        {
          arrivals: [0, 1, 2, 3, 40, 50],
          acquireTimeout: 20,
          work: (_, index) => {
            if (index === 4) return throwError(() => Object.assign(new Error('request 17 went wrong'), failing));
            if (index === 5) throw new Error('request 18 went wrong');
            return timer(30);
          },
        },
        { maxPending: 1 },
      );
      // The first works, the second waits for 20, and the queue has no space for another one.
      expect(operations).toEqual(
        jasmine.objectContaining({
          succeeded: 1,
          timedOut: 1,
          rejected: 2,
          failed: 2,
          ended: 6,
          lost: 0,
          unfinished: 0,
        }),
      );
      expect(errors.map(({ name, code, count, firstAt, lastAt }) => [name, code, count, firstAt, lastAt])).toEqual([
        ['PoolExhaustedError', 'POOL_EXHAUSTED', 2, 2, 3],
        ['PoolExhaustedError', 'POOL_EXHAUSTED', 1, 21, 21],
        ['Error', 'E_ODD', 1, 40, 40],
        ['Error', undefined, 1, 50, 50],
      ]);
      expect(timeline.length).toBe(1);
      expect(timeline[0]).toEqual(
        jasmine.objectContaining({ at: 0, length: 50, succeeded: 1, failed: 5, exhausted: 3 }),
      );
    });

    it('the connection that is lost, and the one that cannot be had', () => {
      let dials = 0;
      const connect = () =>
        dials++ === 0 ? concat(of('c'), timer(5).pipe(map(() => 'gone'))) : throwError(() => new Error('refused'));
      const { operations, activity, errors } = resultOf(
        { arrivals: [0, 10], work: () => timer(30) },
        { connect, breaker: { failures: 1, probeAfter: 100 } },
      );
      expect(operations).toEqual(jasmine.objectContaining({ lost: 1, noConnection: 1, ended: 2 }));
      expect(activity).toEqual(
        jasmine.objectContaining({
          opened: 1,
          closed: 1,
          discarded: 1,
          openFailures: 1,
          rejected: 1,
          evicted: { lost: 1 },
        }),
      );
      expect(errors.map(({ name }) => name)).toEqual(['ConnectionFailedError', 'ConnectionFailedError']);
    });

    it('errors of other pools as failures of the work', () => {
      const lives = () => concat(of('c'), timer(5).pipe(ignoreElements()));
      const work = () => createLastingPool({ name: 'other', max: 1, connect: lives }).use(() => NEVER);
      const { operations } = resultOf({ workers: 1, operations: 1, work });
      expect([operations.failed, operations.lost]).toEqual([1, 0]);
    });

    it('no error of the warm-up, and no peak that comes after the load', () => {
      const work = (_: string, index: number) => (index < 3 ? throwError(() => new Error('cold')) : timer(1));
      const { errors, peaks, operations } = resultOf(
        {
          rate: 100,
          arrivals: 'even',
          duration: 100,
          warmup: 30,
          grace: 100,
          work: (c, i) => (i === 9 ? timer(50) : work(c, i)),
        },
        {},
        (pool, { at }) =>
          at(120, () => {
            for (let i = 0; i < 5; i++) pool.use(() => EMPTY).subscribe();
          }),
      );
      expect([errors, peaks.queueLength, operations.warmup]).toEqual([[], 0, 3]);
    });

    it('what the pool did, from when the load began', () => {
      const { activity, open, peaks } = resultOf(
        { workers: 2, operations: 6, work: () => timer(5) },
        { max: 2, maxUses: 2, connect: () => concat(timer(3), NEVER).pipe(map(() => 'c')) },
      );
      expect(activity).toEqual(jasmine.objectContaining({ opened: 4, closed: 2, acquired: 6, evicted: { uses: 2 } }));
      expect([open.count, open.min, open.max, peaks.connections]).toEqual([4, 3, 3, 2]);
    });

    it('the part of the time in which all was lent', () => {
      const { saturated, utilisation } = resultOf(
        { arrivals: [0, 0, 20, 40], work: (_, index) => timer(index < 2 ? 10 : 5) },
        { max: 2 },
      );
      // Two leases for 10, one for 5 from 20, one for 5 from 40 to 45, of 2 × 45.
      expect(saturated).toBeCloseTo(10 / 45, 9);
      expect(utilisation).toBeCloseTo(30 / 90, 9);
    });

    it('over time, in samples that are joined when there are many', () => {
      const { timeline } = resultOf({
        rate: 100,
        arrivals: 'even',
        duration: 1_500,
        interval: 1,
        work: () => timer(5),
      });
      expect(timeline.length).toBeGreaterThan(300);
      expect(timeline.length).toBeLessThan(601);
      expect(timeline.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(150);
      for (const [index, { at, length }] of timeline.entries()) {
        const next = timeline[index + 1];
        if (next !== undefined) expect(at + length).toBeCloseTo(next.at, 6);
      }
      const [first] = timeline;
      expect(first).toEqual(
        jasmine.objectContaining({ at: 0, length: 4, queueLength: 1, connectionCount: 1, opened: 1 }),
      );
      expect(first!.leases).toBe(1);
    });
  });

  describe('ends', () => {
    it('after the grace, with operations in flight: their waits count', () => {
      const { operations, wait, use, elapsed, passed, thresholds, violations } = resultOf({
        workers: 2,
        opsPerWorker: 1,
        grace: 100,
        work: () => NEVER,
        thresholds: ['wait.max<50ms'],
      });
      expect(operations).toEqual(jasmine.objectContaining({ unfinished: 2, ended: 2, succeeded: 0 }));
      expect([wait.max, use.max, elapsed]).toEqual([100, 100, 100]);
      expect([passed, thresholds[0]!.summary, violations]).toEqual([false, 'wait.max is 100 ms', []]);
    });

    it('after the grace, and without an abort reason when every operation was started', () => {
      const { operations, abortReason } = resultOf({ workers: 2, operations: 2, grace: 100, work: () => NEVER });
      expect(operations.unfinished).toBe(2);
      expect(abortReason).toBeNull();
    });

    it('after the grace, with operations that arrived and were never started', () => {
      const { operations, lag } = resultOf({
        rate: 100,
        arrivals: 'even',
        duration: 50,
        workers: 1,
        grace: 100,
        work: () => NEVER,
      });
      expect(operations).toEqual(jasmine.objectContaining({ unfinished: 5, ended: 5, inFlight: 0 }));
      expect(lag.max).toBe(140);
    });

    it('after the grace, each operation once, even if its work ends when that of another is cancelled', () => {
      const ended$ = new Subject<void>();
      const work = (_: string, index: number) =>
        index === 0 ? ended$ : new Observable((subscriber) => subscriber.add(() => ended$.complete()));
      const { operations } = resultOf({ workers: 2, opsPerWorker: 1, grace: 10, work }, { max: 2 });
      expect([operations.ended, operations.unfinished, operations.succeeded]).toEqual([2, 2, 0]);
    });

    it('with the numbers of those whose work has never ended', () => {
      const work = (_: string, index: number) => (index % 3 === 1 ? NEVER : timer(5));
      const { neverEnded, operations, abortReason, verdict } = resultOf(
        { rate: 100, arrivals: 'even', operations: 12, grace: 100, work },
        { max: 5, acquireTimeout: 50 },
      );
      expect([neverEnded, operations.unfinished, abortReason]).toEqual([[1, 4, 7, 10], 4, null]);
      expect(verdict).toContain('the work of operations 1, 4, 7 and 10 never ended');
    });

    describe('where only a number of operations bounds it', () => {
      it('when work never ends, and keeps every worker for as long as the grace', () => {
        const { operations, neverEnded, abortReason, elapsed, passed, verdict } = resultOf(
          { workers: 3, operations: 10, grace: 100, work: (_, index) => (index < 2 ? timer(5) : NEVER) },
          { max: 2 },
        );
        expect(abortReason).toBe('for 100 ms (grace) all 3 workers were busy, and no work began or ended');
        expect(operations).toEqual(jasmine.objectContaining({ succeeded: 2, unfinished: 3, ended: 5, inFlight: 0 }));
        expect([neverEnded, elapsed, passed]).toEqual([[2, 3], 105, false]);
        expect(verdict).toMatch(/^Aborted: for 100 ms \(grace\) all 3 workers were busy, and no work began or ended; /);
        expect(verdict).toContain('the work of operations 2 and 3 never ended');
      });

      it('also when waiters time out again and again behind work that never ends', () => {
        const { operations, elapsed, neverEnded } = resultOf({
          workers: 3,
          operations: 1_000,
          grace: 100,
          acquireTimeout: 10,
          work: () => NEVER,
        });
        expect([elapsed, neverEnded]).toEqual([100, [0]]);
        expect(operations.timedOut).toBeGreaterThan(10);
      });

      it('also when operations come, with those that have come by then', () => {
        const { operations, elapsed, offered } = resultOf({
          rate: 100,
          arrivals: 'even',
          operations: 1_000,
          workers: 2,
          grace: 200,
          work: (_, index) => (index < 5 ? timer(1) : NEVER),
        });
        // Begun in 50 and 60; the first caller that found both workers busy arrived in 70. Work began last in 50.
        expect([elapsed, operations.succeeded, operations.unfinished]).toEqual([250, 5, 20]);
        expect(offered).toBe(100);
      });

      it('also when no operation is served, and no wait ends', () => {
        const { abortReason, elapsed } = resultOf(
          { workers: 2, operations: 5, grace: 100, acquireTimeout: Infinity },
          { connect: () => NEVER, connectTimeout: Infinity },
          (pool, { at }) => at(200, () => void pool.destroy({ timeout: 0 })),
        );
        expect([abortReason, elapsed]).toEqual([
          'for 100 ms (grace) all 2 workers were busy, and no work began or ended',
          100,
        ]);
      });

      it('but not where work is slow, or arrivals are rare', () => {
        const slow = resultOf({ workers: 2, operations: 6, grace: 100, work: () => timer(90) }, { max: 2 });
        expect([slow.operations.succeeded, slow.abortReason, slow.passed]).toEqual([6, null, true]);
        const seldom = resultOf({ arrivals: [0, 1_000, 5_000], workers: 1, grace: 100, work: () => timer(90) });
        expect([seldom.operations.succeeded, seldom.abortReason]).toEqual([3, null]);
        const patient = resultOf({ workers: 1, operations: 2, grace: Infinity, work: () => timer(1e6) });
        expect(patient.operations.succeeded).toBe(2);
      });
    });

    it('early, by `until`', () => {
      const result = resultOf({ workers: 1, duration: 1_000, until: timer(25), work: () => timer(10) });
      expect([result.operations.succeeded, result.elapsed, result.measured]).toEqual([3, 30, 25]);
      expect(result.notes).toEqual(['The load was ended early.']);
      const open = resultOf({ rate: 10, arrivals: 'even', duration: 1_000, until: timer(250), work: () => timer(10) });
      expect([open.operations.succeeded, open.elapsed, open.offered]).toEqual([3, 250, 12]);
    });

    it('before it has begun, when `until` emits at once', () => {
      expect(resultOf({ workers: 1, duration: 1_000, until: of(1) }).operations.ended).toBe(0);
    });

    it('when it is unsubscribed, with everything that runs, and without a timer left', () => {
      marbles(({ expectObservable, flush, at }) => {
        const clock = countingScheduler();
        let working = 0;
        const work = () =>
          new Observable<never>((subscriber) => {
            working++;
            subscriber.add(() => working--);
          });
        const pool = poolOf({ max: 2 });
        const reports$ = stressTest(pool, {
          workers: 5,
          duration: 1_000,
          interval: 3,
          scheduler: clock.scheduler,
          work,
        });
        expectObservable(reports$.pipe(map(({ operations }) => operations.inFlight)), '-----!').toBe('a--b', {
          a: 0,
          b: 5,
        });
        let left: number[] = [];
        at(6, () => (left = [working, clock.live]));
        flush();
        expect(left).toEqual([0, 0]);
        expectNothingHeld(pool);
        expect(pool.stats.cancelledOperations).toBe(2);
      });
    });

    const waits: [string, StressOptions<string>, underWay: number][] = [
      ['the next to come', { rate: 10, arrivals: 'even', duration: 10_000 }, 0],
      ['workers that are all busy', { workers: 2, operations: 100, work: () => NEVER }, 2],
      ['those that run when nothing more begins', { rate: 100, arrivals: 'even', duration: 25, work: () => NEVER }, 3],
      ['the end of the pool', { workers: 1, operations: 1, destroy: { timeout: 60_000 } }, 0],
    ];
    for (const [what, load, underWay] of waits) {
      it(`when it is unsubscribed, and without a timer left, while it waits for ${what}`, () => {
        marbles(({ flush, at }) => {
          const clock = countingScheduler();
          const pool = poolOf({ close: () => NEVER, closeTimeout: Infinity });
          let last: StressReport | undefined;
          const stress = stressTest(pool, { ...load, scheduler: clock.scheduler, interval: 10 }).subscribe(
            (report) => (last = report),
          );
          at(55, () => {
            expect(clock.live).toBeGreaterThan(1);
            expect(last!.operations.inFlight).toBe(underWay);
            stress.unsubscribe();
            expect(clock.live).toBe(0);
          });
          flush();
        });
      });
    }

    it('without a timer left when it is done, and leaves the pool as it is', () => {
      marbles(({ flush }) => {
        const clock = countingScheduler();
        const pool = poolOf();
        stressTest(pool, { workers: 1, operations: 2, scheduler: clock.scheduler, work: () => timer(1) }).subscribe();
        flush();
        expect([clock.live, pool.stats.state, pool.stats$.observed]).toEqual([0, 'open', false]);
      });
    });

    it('with the pool, when that is destroyed', () => {
      const { operations } = resultOf({ workers: 2, operations: 6, work: () => timer(10) }, {}, (pool, { at }) =>
        at(15, () => void pool.destroy()),
      );
      expect(operations).toEqual(jasmine.objectContaining({ succeeded: 2, rejected: 4 }));
    });
  });

  it('is cold: each subscription is a run of its own, and two at once have different labels', () => {
    marbles(({ flush }) => {
      const pool = poolOf({ max: 2 });
      const labels = new Set<string | undefined>();
      const seen: StressReport[] = [];
      const reports$ = stressTest(pool, {
        workers: 1,
        operations: 2,
        work: () => {
          for (const { label } of pool.holders()) labels.add(label);
          return timer(5);
        },
      });
      for (let i = 0; i < 2; i++) reports$.subscribe((report) => seen.push(report));
      flush();
      const done = seen.filter(({ phase }) => phase === 'done');
      expect(done.map(({ operations, violations }) => [operations.succeeded, violations.length])).toEqual([
        [2, 0],
        [2, 0],
      ]);
      expect([...labels]).toEqual(['stress', 'stress 2']);
      labels.clear();
      reports$.subscribe();
      flush();
      expect([...labels]).toEqual(['stress']);
    });
  });

  it('reports plain data: histograms come back from JSON', () => {
    const report = resultOf({ workers: 1, operations: 3, work: () => timer(2) });
    const back = JSON.parse(JSON.stringify(report)) as StressReport;
    expect(back.use).toEqual(report.use);
    expect(back.histograms.use).toEqual(report.histograms.use.toJSON() as unknown as typeof back.histograms.use);
  });

  describe('refuses', () => {
    const issues = (options: unknown): readonly string[] => {
      try {
        stressTest(poolOf(), options as StressOptions<string>);
      } catch (error) {
        return (error as { issues: string[] }).issues;
      }
      throw new Error(`${JSON.stringify(options)} was taken`);
    };

    it('invalid options, all at once', () => {
      expect(
        issues({
          workers: 0,
          opsPerWorker: 1.5,
          duration: 0,
          rate: -1,
          arrivals: 'odd',
          work: 5,
          warmup: Infinity,
          thresholds: ['x'],
          interval: 0,
          label: '',
          until: 5,
          destroy: { timeout: -1 },
          scheduler: {},
          speed: 1,
        }).map((issue) => issue.slice(0, 34)),
      ).toEqual([
        'workers must be a positive integer',
        'opsPerWorker must be a positive in',
        'duration must be more than 0 ms',
        'rate must be operations per second',
        "arrivals must be 'poisson', 'even'",
        'work must be a function, but got 5',
        'warmup must be milliseconds, but g',
        'interval must be at least 1 ms, bu',
        'label must be a string that is not',
        'until must be an Observable, a Pro',
        'destroy.timeout must be millisecon',
        'scheduler must be an RxJS schedule',
        'speed is not an option; the option',
        'thresholds[0] must be a figure, a ',
      ]);
    });

    it('options that contradict each other', () => {
      expect(issues({})).toEqual([
        jasmine.stringContaining('workers (the concurrency'),
        jasmine.stringContaining('the load would never end'),
      ]);
      expect(issues({ workers: 1, opsPerWorker: 1, operations: 1 })).toEqual([
        jasmine.stringContaining('exclude each other'),
      ]);
      expect(issues({ rate: 1, opsPerWorker: 1 })).toEqual(['opsPerWorker needs workers']);
      expect(issues({ workers: 1, operations: 1, arrivals: 'even' })).toEqual(["arrivals 'even' needs a rate"]);
      expect(issues({ rate: 1, arrivals: [1] })).toEqual([jasmine.stringContaining('rate and a trace')]);
      expect(issues({ rate: 1, duration: 5, warmup: 5 })).toEqual([jasmine.stringContaining('warmup must be less')]);
      expect(issues(null)).toEqual([jasmine.stringContaining('but got null')]);
    });

    it('a value that is no pool', () => {
      expect(() => stressTest({} as ConnectionPool<string>, { workers: 1, operations: 1 })).toThrow(
        poolError('INVALID_CONFIG'),
      );
    });
  });
});
