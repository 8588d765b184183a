import { map, of, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { stressTest } from '../../src/stress/index';
import type { StressReport } from '../../src/stress/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';

/** The last report of a run. */
const lastOf = (reports$: Observable<StressReport>): { readonly report: StressReport } => {
  const seen: StressReport[] = [];
  reports$.subscribe((report) => seen.push(report));
  return {
    get report() {
      return seen.at(-1)!;
    },
  };
};

describe('stressTest', () => {
  describe('with workers', () => {
    it('does as many operations as each is to do, one after the other, and reports each interval', () => {
      marbles(({ expectObservable, flush }) => {
        const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 2 });
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
      marbles(({ flush }) => {
        const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 1 });
        const seen = lastOf(stressTest(pool, { workers: 2, opsPerWorker: 2, work: () => timer(10) }));
        flush();
        const { wait, use, total, operations, throughput, saturated, utilisation, peaks, verdict } = seen.report;
        expect(operations).toEqual(jasmine.objectContaining({ succeeded: 4, ended: 4, underWay: 0 }));
        expect([wait.min, wait.max, use.min, use.max, total.max]).toEqual([0, 10, 10, 10, 20]);
        expect(wait.mean).toBeCloseTo(7.5);
        expect([throughput, saturated, utilisation]).toEqual([100, 1, 1]);
        expect(peaks).toEqual({ underWay: 2, waiting: 2, leases: 1, inUse: 1, connections: 1, opening: 1 });
        expect(verdict).toBe(
          'Saturated 100 % of the time; the longest line was 2; with max 2 none of the 2 workers would wait for another ' +
            '(a lease for each worker; whether the target bears that many is for a run to show).',
        );
      });
    });
  });

  describe('with a rate', () => {
    it('counts the wait from when an operation was to start, and from when it did', () => {
      marbles(({ flush }) => {
        const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 4 });
        const seen = lastOf(
          stressTest(pool, { rate: 100, arrivals: 'even', operations: 3, workers: 1, work: () => timer(30) }),
        );
        flush();
        const { wait, fromStart, lag, use } = seen.report;
        // Planned for 0, 10, 20; begun at 0, 30, 60.
        expect([wait.min, wait.max, lag.max, fromStart.wait.max, use.max]).toEqual([0, 40, 40, 0, 30]);
      });
    });

    it('plays a trace', () => {
      marbles(({ flush }) => {
        const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 4 });
        const begun: number[] = [];
        stressTest(pool, {
          arrivals: [3, 3, 7.5],
          work: (_, index) => {
            begun.push(index);
            return of(index);
          },
        }).subscribe();
        flush();
        expect(begun).toEqual([0, 1, 2]);
      });
    });
  });
});
