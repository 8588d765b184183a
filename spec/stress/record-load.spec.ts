import { concat, from, ignoreElements, NEVER, of, Subject, throwError, timer } from 'rxjs';
import type { PoolEvent } from '../../src/index';
import { Histogram } from '../../src/index';
import { recordLoad, stressTest } from '../../src/stress/index';
import type { LoadRecording, StressReport } from '../../src/stress/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce, poolError } from '../helpers/marbles';

describe('recordLoad', () => {
  /** What a load of which everything is known leaves behind. */
  const record = (meanwhile: (events: readonly PoolEvent[]) => void = () => {}): LoadRecording => {
    let recording: LoadRecording | undefined;
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 1, maxPending: 1 });
      const events: PoolEvent[] = [];
      const watching = new Subject<PoolEvent>();
      watching.pipe(recordLoad()).subscribe((result) => (recording = result));
      pool.events$.subscribe((event) => {
        events.push(event);
        watching.next(event);
      });
      const load = { arrivals: [5, 10, 12, 13, 100], acquireTimeout: 20, work: () => timer(30) };
      stressTest(pool, load).subscribe();
      flush();
      watching.complete();
      meanwhile(events);
    });
    return recording!;
  };

  it('records when leases were requested, also those that got none, and all durations', () => {
    const { arrivals, use, open, duration, truncated, openFailures } = record();
    // At 12 and 13 the queue is full; the caller that arrived at 10 has left at 30.
    expect(arrivals).toEqual([0, 5, 7, 8, 95]);
    expect([use.count, use.min, use.max, open.count]).toEqual([2, 30, 30, 1]);
    expect([duration, truncated, openFailures]).toEqual([125, false, 0]);
  });

  it('makes the same of events that were saved', () => {
    let events: readonly PoolEvent[] = [];
    const live = record((all) => (events = all));
    let again: LoadRecording | undefined;
    from(JSON.parse(JSON.stringify(events)) as PoolEvent[])
      .pipe(recordLoad())
      .subscribe((recording) => (again = recording));
    expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(live)));
    expect(Histogram.fromJSON(JSON.parse(JSON.stringify(again!.use)) as never).p50).toBe(live.use.p50);
  });

  it('can be replayed', () => {
    const { arrivals } = record();
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 5 });
      let last: StressReport | undefined;
      stressTest(pool, { arrivals, work: () => timer(30) }).subscribe((report) => (last = report));
      flush();
      expect(last!.operations.succeeded).toBe(5);
      expect(last!.wait.max).toBe(0);
    });
  });

  it('keeps connects that fail and connections that are lost apart from the rest', () => {
    marbles(({ flush }) => {
      let dials = 0;
      const lives = [throwError(() => new Error('no')), concat(of('c'), timer(5).pipe(ignoreElements())), NEVER];
      const pool = createLastingPool<unknown>({ connect: () => lives[dials++]!, max: 1, retryDelay: 1 });
      let recording: LoadRecording | undefined;
      pool.events$.pipe(recordLoad()).subscribe((result) => (recording = result));
      stressTest(pool, { workers: 1, operations: 1, work: () => NEVER }).subscribe({
        complete: () => void pool.destroy({ timeout: 0 }),
      });
      flush();
      expect([recording!.openFailures, recording!.lost, recording!.open.count]).toEqual([1, 1, 1]);
    });
  });

  it('keeps at most `limit` arrivals, and marks itself as truncated', () => {
    const event = (at: number) => ({ type: 'acquired', pool: 'p', connection: 1, waited: 0, at }) as PoolEvent;
    let recording: LoadRecording | undefined;
    of(event(1), event(2), event(3), event(4))
      .pipe(recordLoad({ limit: 2 }))
      .subscribe((result) => (recording = result));
    expect([recording!.arrivals, recording!.truncated]).toEqual([[0, 1], true]);
  });

  /** As saved with a clock that may have been set between two events. */
  const saved = (...events: object[]): LoadRecording => {
    let recording: LoadRecording | undefined;
    from(events as PoolEvent[])
      .pipe(recordLoad())
      .subscribe((result) => (recording = result));
    return recording!;
  };

  it('keeps callers that have left the line: they have asked, too', () => {
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 1 });
      let recording: LoadRecording | undefined;
      pool.events$.pipe(recordLoad()).subscribe((result) => (recording = result));
      pool.use(() => timer(100)).subscribe();
      at(10, () => {
        const waiting = pool.acquire().subscribe();
        at(30, () => {
          waiting.unsubscribe();
        });
      });
      at(150, () => void pool.destroy());
      flush();
      expect([recording!.arrivals, recording!.use.count]).toEqual([[0, 10], 1]);
    });
  });

  it('goes by the time that has passed, not by the date, which may be set meanwhile', () => {
    const hour = 3_600_000;
    for (const shift of [-hour, hour]) {
      const { arrivals, duration } = saved(
        { type: 'acquired', pool: 'p', connection: 1, waited: 0, at: 5 * hour, elapsed: 100 },
        { type: 'acquired', pool: 'p', connection: 1, waited: 10, at: 5 * hour + shift + 50, elapsed: 150 },
        { type: 'released', pool: 'p', connection: 1, held: 5, at: 5 * hour + shift + 70, elapsed: 170 },
      );
      expect([arrivals, duration]).toEqual([[0, 40], 70]);
    }
  });

  it('puts the events of several pools, and of one that was created anew, where the date puts them', () => {
    const arrival = (pool: string, at: number, elapsed: number): object => ({
      type: 'acquired',
      pool,
      connection: 1,
      waited: 0,
      at,
      elapsed,
    });
    const { arrivals, duration } = saved(
      arrival('a', 1_000, 500),
      arrival('b', 1_010, 3),
      arrival('a', 1_020, 520),
      arrival('b', 1_030, 23),
      arrival('a', 1_100, 7),
      arrival('a', 1_110, 17),
    );
    expect([arrivals, duration]).toEqual([[0, 10, 20, 30, 100, 110], 110]);
  });

  it('is empty where nothing happened', () => {
    let recording: LoadRecording | undefined;
    from([] as PoolEvent[])
      .pipe(recordLoad())
      .subscribe((result) => (recording = result));
    expect([recording!.arrivals, recording!.duration]).toEqual([[], 0]);
  });

  it('fails for a value that is no event, and throws for an invalid limit', () => {
    let failure: unknown;
    of(5 as unknown as PoolEvent)
      .pipe(recordLoad())
      .subscribe({ error: (error: unknown) => (failure = error) });
    expect(failure).toEqual(poolError('INVALID_CONFIG'));
    expect(() => recordLoad({ limit: 0 })).toThrow(poolError('INVALID_CONFIG'));
  });
});
