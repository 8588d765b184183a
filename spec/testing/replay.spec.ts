import { lastValueFrom, takeUntil, timer, toArray } from 'rxjs';
import { createPool, Histogram } from '../../src/index';
import type { PoolEvent } from '../../src/index';
import { recordLoad } from '../../src/stress/index';
import type { LoadRecording } from '../../src/stress/index';
import { poolTest, replay, scriptedConnector } from '../../src/testing/index';
import type { SavedRecording } from '../../src/testing/index';
import { planOf } from '../../src/testing/replay-plan';
import { production } from './production';
import { failed, failureOf } from './support';

const recorded = (): LoadRecording => production((pool) => pool.events$.pipe(recordLoad()));
const events = (): PoolEvent[] => production((pool) => pool.events$.pipe(toArray()));

/** The specification that a recording becomes. */
const again = (recording: SavedRecording | readonly PoolEvent[], max: number, seed = 1): void => {
  poolTest(
    ({ pool }) => {
      const load = replay(recording);
      load.run(pool({ name: 'busy', max, acquireTimeout: 200, connect: load.connect }));
    },
    { seed },
  );
};

describe('replay', () => {
  it('of an array of anything else than events says what was given', () => {
    for (const [given, text] of [
      [[{}], 'an object'],
      [[null], 'null'],
      [['acquired'], '"acquired"'],
    ] as const) {
      expect(failureOf(() => again(given as never, 2)).message).toContain(
        `must be an event of a pool, but got ${text}`,
      );
    }
  });

  it('takes more events than a call may have arguments', () => {
    const count = 150_000;
    const rejected = Array.from({ length: count }, (_, i) => {
      const event = { type: 'rejected', pool: 'busy', elapsed: 5 + i, at: i, reason: 'queue-full', waited: 0 };
      return event as unknown as PoolEvent;
    });
    const { requests } = planOf(rejected, () => 0);
    expect([requests.length, requests[0]!.at, requests.at(-1)!.at]).toEqual([count, 0, count - 1]);
  });

  it('holds the leases for the percentiles of the recording, from the shortest to the longest', () => {
    const use = new Histogram();
    for (const ms of [0.01, 3, 3.01, 5, 90, 90.5, 91, 4_030]) use.record(ms, 3);
    const arrivals = Array.from({ length: 101 }, (_, i) => i);
    const saved = {
      version: 1,
      duration: 101,
      arrivals,
      openFailures: 0,
      lost: 0,
      use,
      open: new Histogram(),
    } as const;
    const holds = planOf(saved, () => 0.5).requests.map((request) => request.holds);
    expect(holds.sort((a, b) => a - b)).toEqual(arrivals.map((i) => use.percentile(((i + 0.5) / 101) * 100)));
    expect(holds.at(-1)).toBe(4_030);
  });

  it('gives only leases without an end a duration of the others', () => {
    const acquired = (connection: number) => ({ type: 'acquired', connection, elapsed: connection, waited: 0 });
    const released = (connection: number, held: number) => ({ type: 'released', connection, elapsed: 50, held });
    const events = [acquired(1), acquired(2), acquired(3), released(1, 10), released(2, 40)];
    const { requests } = planOf(
      events.map((event) => ({ ...event, pool: 'busy', at: event.elapsed })) as never,
      () => 0,
    );
    expect(requests.map(({ holds }) => holds)).toEqual([10, 40, jasmine.any(Number) as never]);
    expect(Math.abs(requests[2]!.holds - 10)).toBeLessThan(0.2);
  });

  it('of a recording fails for the reason of production, and passes once the pool is large enough', () => {
    const recording = JSON.parse(JSON.stringify(recorded())) as SavedRecording;
    expect(failureOf(() => again(recording, 2)).message).toMatch(
      /^replay: \d+ of 60 requests failed: \d+ × POOL_EXHAUSTED \(timeout\)\n\nThe first one, request \d+, at frame \d+: PoolExhaustedError: Pool 'busy' exhausted: 2\/2 connections in use/,
    );
    again(recording, 8);
  });

  it('of a recording gives the same result for the same seed', () => {
    const recording = recorded();
    const message = (seed: number): string => failureOf(() => again(recording, 2, seed)).message;
    expect(message(1)).toBe(message(1));
    expect(message(2)).not.toBe(message(1));
  });

  it('of the events repeats exactly what has happened', () => {
    const seen = events();
    const timedOut = seen.filter(({ type }) => type === 'timedOut');
    expect(timedOut.length).toBeGreaterThan(0);
    const { message } = failureOf(() => again(seen, 2));
    expect(message).toContain(
      `replay: ${timedOut.length} of 60 requests failed: ${timedOut.length} × POOL_EXHAUSTED (timeout)`,
    );
    let repeated: PoolEvent[] = [];
    failureOf(() => {
      poolTest(({ pool }) => {
        const load = replay(seen);
        const busy = pool({ name: 'busy', max: 2, acquireTimeout: 200, connect: load.connect });
        busy.events$.pipe(takeUntil(timer(2_900)), toArray()).subscribe((all) => (repeated = all));
        load.run(busy);
      });
    });
    const gist = (all: readonly PoolEvent[]): unknown[] => {
      const relevant = all.filter(({ type }) => ['acquired', 'released', 'timedOut'].includes(type));
      const start = relevant[0]!.elapsed;
      return relevant.map((event) => [event.type, event.elapsed - start, 'connection' in event ? event.connection : 0]);
    };
    expect(gist(repeated)).toEqual(gist(seen));
  });

  it('of the events repeats failed connects, lost connections and callers that left', () => {
    const base = { pool: 'db', at: 0 };
    const given: PoolEvent[] = [
      { ...base, elapsed: 110, type: 'openFailed', connection: 1, attempts: 1, error: new Error('refused') },
      { ...base, elapsed: 160, type: 'cancelled', waited: 50 },
      { ...base, elapsed: 130, type: 'opened', connection: 2, took: 20 },
      { ...base, elapsed: 130, type: 'acquired', connection: 2, waited: 30 },
      { ...base, elapsed: 170, type: 'evicted', connection: 2, reason: 'lost', age: 40, uses: 1 },
      { ...base, elapsed: 170, type: 'discarded', connection: 2, held: 40, reason: new Error('reset') },
    ];
    const message = failed(({ pool, expectEvents }) => {
      const load = replay(given);
      const db = pool({ max: 1, connect: load.connect, retryDelay: 0 });
      load.run(db);
      expectEvents(db, 'openFailed').toBe('x');
      expectEvents(db, 'cancelled').toBe('60ms c');
    });
    expect(message).toMatch(
      /^replay: 1 of 2 requests failed: 1 × CONNECTION_FAILED \(use\)\n\nThe first one, request 1, at frame \d+/,
    );
    expect(message).toContain('the connection is lost, as in the recording');
  });

  it('goes on for longer than an hour, if the recording does', () => {
    const recording = { ...recorded(), arrivals: [0, 2 * 3_600_000], duration: 2 * 3_600_000 };
    let requests = 0;
    poolTest(({ pool }) => {
      const load = replay(recording);
      load.requests$.subscribe(() => requests++);
      load.run(pool({ max: 8, connect: load.connect }));
    });
    expect(requests).toBe(2);
  });

  it('takes the work and the connects to an operator of your own', () => {
    let answered = 0;
    const recording = recorded();
    poolTest(({ pool }) => {
      const load = replay(recording);
      const db = pool({ max: 8, connect: load.connect });
      load.requests$.subscribe((index) =>
        db.use((connection) => load.work(connection, index)).subscribe({ complete: () => answered++ }),
      );
    });
    expect(answered).toBe(60);
  });

  it('refuses what is no recording, events of several pools, and to run outside poolTest or for another pool', async () => {
    const recording = recorded();
    expect(failureOf(() => replay(recording)).message).toMatch(/^replay was called outside poolTest/);
    expect(failed(() => void replay({ arrivals: [1] } as never))).toMatch(
      /^replay takes a recording of recordLoad\(\).*but got { arrivals: \[1\] }$/,
    );
    expect(failed(() => void replay({ ...recording, use: {} } as never))).toMatch(/whose 'use' is no histogram/);
    const [first] = events();
    expect(failed(() => void replay([first!, { ...first!, pool: 'other' }]))).toMatch(
      /these are of busy, other: filter them/,
    );
    expect(failed(() => replay(recording).run({} as never))).toMatch(/^run of replay\(\) takes a pool/);
    const real = createPool({ max: 1, connect: scriptedConnector('a') });
    expect(await lastValueFrom(real.use(() => [1]))).toBe(1);
    await real.destroy();
  });
});
