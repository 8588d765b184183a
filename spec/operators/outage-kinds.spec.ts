import { asyncScheduler, map, NEVER, Observable, of, range, retry, timer } from 'rxjs';
import { batchParallel, isPoolError, withConnection } from '../../src/index';
import type { BatchResult, ConnectionPool, PoolOptions } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles } from '../helpers/marbles';

/** What each of the kinds of outage makes of a connect, while it lasts. */
const kinds: Record<string, Partial<PoolOptions<number>> & { readonly connect: () => Observable<number> }> = {
  'the target refuses': { connect: () => refused },
  'the target does not answer a connect': { connect: () => NEVER, connectTimeout: 200, acquireTimeout: 400 },
  'the target does not answer, and there is no breaker': {
    connect: () => NEVER,
    connectTimeout: 200,
    acquireTimeout: 400,
    breaker: false,
  },
  'the target accepts and hangs up': { connect: () => of(0) },
  'what it accepts does not pass the validation': {
    connect: () => new Observable<number>((out) => out.next(-1)),
    validateAfter: 0,
    validate: (connection) => of(connection >= 0),
  },
};

const refused = new Observable<number>((out) => out.error(new Error('refused')));

/** 400 items at 8 at a time; from 510 ms on the target is away for so long. */
function run(
  kind: string,
  away: number,
  batch: (pool: ConnectionPool<number>) => Observable<BatchResult<number | undefined>>,
) {
  const lives = new Set<(error: Error) => void>();
  let down = false;
  let result: BatchResult<number | undefined> | undefined;
  let at = -1;
  marbles(({ flush }) => {
    asyncScheduler.schedule(() => {
      down = true;
      for (const lose of [...lives]) lose(new Error('reset'));
    }, 510);
    asyncScheduler.schedule(() => (down = false), 510 + away);
    const { connect, ...options } = kinds[kind]!;
    const pool = createPool<number>({
      max: 8,
      random: () => 0.5,
      ...options,
      connect: () =>
        down
          ? connect()
          : new Observable((out) => {
              const lose = (error: Error): void => out.error(error);
              lives.add(lose);
              out.next(0);
              return () => lives.delete(lose);
            }),
    });
    batch(pool).subscribe((value) => {
      result = value;
      at = asyncScheduler.now();
    });
    flush();
    expectNothingHeld(pool);
  });
  return { result: result!, at };
}

const work = (_connection: number, item: number): Observable<number> => timer(20).pipe(map(() => item));

describe('whatever an outage is like', () => {
  for (const kind of Object.keys(kinds)) {
    it(`a batch loses nothing but what was at work: ${kind}`, () => {
      const { result, at } = run(kind, 2_000, (pool) =>
        range(0, 400).pipe(withConnection(pool, work), batchParallel({ concurrency: 8, patience: 10_000 })),
      );
      expect(result.successful.length + result.failed.length).toBe(400);
      expect(result.failed.length).toBe(8);
      expect(result.failed.every(({ error }) => isPoolError(error, 'CONNECTION_FAILED') && error.phase === 'use')).toBe(
        true,
      );
      expect(at).toBeLessThan(1_000 + 2_000 + 1_500);
    });
  }

  it('a task that was run again by its own operators, and never got a connection, is held like any other', () => {
    const { result } = run('the target refuses', 2_000, (pool) =>
      range(0, 400).pipe(
        withConnection(pool, work),
        map((task) => task.pipe(retry(2))),
        batchParallel(8),
      ),
    );
    // Those at work were begun: that they may be run again, only their retry knows, and its tries are used up.
    expect(result.failed.length).toBe(8);
    expect(result.successful.length + result.failed.length).toBe(400);
  });
});
