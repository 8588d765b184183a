import {
  asapScheduler,
  finalize,
  interval,
  map,
  mergeMap,
  NEVER,
  of,
  throwError,
  timer,
  VirtualTimeScheduler,
} from 'rxjs';
import { createPool } from '../../src/index';
import { expectNoLeak, poolTest, scriptedConnector } from '../../src/testing/index';
import { opensAtOnce } from '../helpers/marbles';
import { failed, failureOf, lines } from './support';

describe('poolTest', () => {
  it('runs marbles in virtual time, with pools that live in it', () => {
    poolTest(({ pool, cold, hot, time, expectObservable, expectSubscriptions }) => {
      const connect = scriptedConnector('--a');
      const words = pool({ max: 1, connect });
      const work = cold('-x|');
      expectObservable(words.use(() => work)).toBe('---x|');
      expectSubscriptions(work.subscriptions).toBe('--^-!');
      expectSubscriptions(connect.subscriptions).toBe('^');
      expectObservable(hot('--a--^-b-|')).toBe('--b-|');
      expectObservable(timer(time(' 59s -|'))).toBe('59s - (0|)', { 0: 0 });
    });
  });

  it('gives its pools the same random numbers in each run, by the seed', () => {
    const numbers = (seed?: number): number[] => {
      const drawn: number[] = [];
      poolTest(({ random }) => drawn.push(random(), random()), seed === undefined ? {} : { seed });
      return drawn;
    };
    expect(numbers()).toEqual(numbers(1));
    expect(numbers(2)).not.toEqual(numbers(1));
    expect(numbers().every((n) => n >= 0 && n < 1)).toBeTrue();
  });

  it('gives its pools that random source: a connect is tried again at the same time in each run', () => {
    const tries = (seed: number): number[] => {
      const connect = scriptedConnector('#', '#', '#', 'a');
      poolTest(
        ({ pool, cold }) => {
          const words = pool({ max: 1, connect, retryDelay: { initial: 1_000 } });
          words.use(() => cold('|')).subscribe();
        },
        { seed },
      );
      return connect.subscriptions.map(({ subscribedFrame }) => subscribedFrame);
    };
    expect(tries(1).length).toBe(4);
    expect(tries(1)).toEqual(tries(1));
    expect(tries(2)).not.toEqual(tries(1));
  });

  it('runs actions at their frames', () => {
    const seen: string[] = [];
    poolTest(({ at, scheduler }) => {
      const note = (what: string) => (): void => void seen.push(`${what} at ${scheduler.frame}`);
      at('--x 10ms y', { x: note('x'), y: note('y') });
      at('-z-z', note('z'));
      at(4, note('four'));
    });
    expect(seen).toEqual(['z at 1', 'x at 2', 'z at 3', 'four at 4', 'y at 13']);
  });

  it('shows every failed expectation, each with its two rows, and where it was made', () => {
    const error = failureOf(() => {
      poolTest(({ cold, expectObservable }) => {
        expectObservable(cold('-a--b|')).toBe('-a-b|');
        expectObservable(cold('a')).toBe('b');
      });
    });
    expect(error.message.replaceAll(/^ {2}at .*$/gm, '  at …')).toBe(
      lines(
        '1) expectObservable: frame 3: expected b, got nothing',
        '',
        '  expected  -a-b|',
        '  actual    -a--b|',
        '               ^^^',
        '',
        '  at …',
        '',
        '2) expectObservable: frame 0: expected b, got a',
        '',
        '  expected  b',
        '  actual    a',
        '            ^',
        '',
        '  at …',
      ),
    );
    expect(error.message).toContain('pool-test.spec.ts');
    expect(error.stack!.split('\n').find((line) => /^ {4}at /.test(line))).toContain('pool-test.spec.ts');
  });

  it('names the expectation that asserts nothing', () => {
    expect(failed(({ cold, expectObservable }) => void expectObservable(cold('a')))).toBe(
      'expectObservable is not followed by .toBe(…), so it asserts nothing',
    );
  });

  it('passes on what the test itself throws, and destroys its pools', () => {
    const own = new Error('own');
    const pools: ReturnType<typeof createPool<string>>[] = [];
    let isLate = false;
    const error = failureOf(() => {
      poolTest(({ pool, at }) => {
        pools.push(pool({ max: 1, connect: scriptedConnector('--a') }));
        at('--x', () => (isLate = true));
        throw own;
      });
    });
    expect(error).toBe(own);
    expect(pools[0]!.stats.state).toBe('destroyed');
    expect(isLate).toBeFalse();
  });

  it('destroys its pools when it has passed', () => {
    const pools: ReturnType<typeof createPool<string>>[] = [];
    poolTest(({ pool, cold, expectObservable, expectSubscriptions }) => {
      const connect = scriptedConnector('--a');
      pools.push(pool({ max: 1, connect }));
      expectObservable(pools[0]!.use(() => cold('|'))).toBe('--|');
      expectSubscriptions(connect.subscriptions).toBe('^');
    });
    expect(pools[0]!.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', totalConnections: 0 }));
  });

  it('fails with an error that no subscriber handles', () => {
    const own = new Error('unhandled');
    expect(failed(({ at }) => at('-x', () => void throwError(() => own).subscribe()))).toBe('unhandled');
  });

  it('ends virtual time in which timers are left, and says so where that may be the reason', () => {
    let ticks = 0;
    poolTest(({ at }) => at('x', () => void interval(60_000).subscribe(() => ticks++)));
    expect(ticks).toBeGreaterThanOrEqual(60);
    const missed = failed(({ expectObservable }) =>
      expectObservable(timer(3 * 3_600_000).pipe(map(() => 'a'))).toBe('180m (a|)'),
    );
    expect(missed).toMatch(/^expectObservable: frame 10800000: expected \(a\|\), got nothing/);
    expect(missed).toMatch(
      /Virtual time was ended at 3600000 ms, with timers left: poolTest\(…, { until }\) lets it run/,
    );
    poolTest(
      ({ expectObservable }) => {
        expectObservable(timer(3 * 3_600_000).pipe(map(() => 'a'))).toBe('180m (a|)');
      },
      { until: Infinity },
    );
  });

  describe('at its end', () => {
    it('reports each lease that is held, with its label and where it was acquired', () => {
      const message = failed(({ pool }) => {
        const words = pool({ name: 'words', max: 2, connect: scriptedConnector('--a', '--b') });
        words.acquire({ label: 'report' }).subscribe();
        words.acquire().subscribe();
      });
      expect(message.replaceAll(/^ {4}at .*$/gm, '    at …')).toBe(
        lines(
          "2 leases of pool 'words' are still held at the end of the test (frame 2):",
          '',
          "  connection 1, held for 0 ms by 'report'",
          '    at …',
          '  connection 2, held for 0 ms by a holder without a label',
          '    at …',
          '',
          'Release a lease however its use ends, for example by finalize(() => lease.release()), or let pool.use() hold it.',
        ),
      );
      expect(message.match(/^ {4}at .*pool-test\.spec\.ts:\d+:\d+\)?$/gm)!.length).toBe(2);
    });

    it('unsubscribes what expectObservable observes, so that a lease of that is a leak only if it stays held', () => {
      poolTest(({ pool, expectObservable }) => {
        const words = pool({ max: 2, connect: scriptedConnector('--a', '--b') });
        expectObservable(words.use(() => NEVER)).toBe('-');
        const released = words.acquire().pipe(mergeMap((lease) => NEVER.pipe(finalize(() => lease.release()))));
        expectObservable(released).toBe('-');
      });
      const kept = failed(({ pool, expectObservable }) => {
        const words = pool({ max: 1, connect: scriptedConnector('--a') });
        expectObservable(words.acquire().pipe(map(() => 'x'))).toBe('--(x|)');
      });
      expect(kept).toMatch(/^1 lease of pool 'pool' is still held at the end of the test \(frame 2\):/);
    });

    it('does not look for leases with leaks: false', () => {
      poolTest(
        ({ pool }) =>
          void pool({ max: 1, connect: scriptedConnector('a') })
            .acquire()
            .subscribe(),
        { leaks: false },
      );
      expect().nothing();
    });
  });

  describe('refuses', () => {
    it('an async function, and says what to use instead', () => {
      const asynchronous = async (): Promise<never> => Promise.reject(new Error('follows from it'));
      expect(failed(asynchronous as () => void)).toMatch(
        /^poolTest got an async function.*promised\('--a'\) for what returns a promise$/,
      );
    });

    it('a test inside another one', () => {
      expect(failed(() => poolTest(() => undefined))).toMatch(/^poolTest was called inside poolTest/);
    });

    it('a pool of another scheduler', () => {
      const scheduler = new VirtualTimeScheduler();
      const other = createPool({ name: 'other', max: 1, connect: () => opensAtOnce('a'), scheduler });
      const advice = /leave the option scheduler out, which makes the pool's time virtual inside poolTest$/;
      for (const run of [
        failed(({ pool }) => void pool({ max: 1, connect: () => opensAtOnce('a'), scheduler })),
        failed(({ expectStats }) => void expectStats(other)),
        failed(({ expectEvents }) => void expectEvents(other)),
      ]) {
        expect(run).toMatch(advice);
      }
      expect(failed(({ expectStats }) => void expectStats(other))).toMatch(
        /^The scheduler of pool 'other' is another one/,
      );
      expect(failed(({ expectStats }) => void expectStats(of(1) as never))).toMatch(/^expectStats takes a pool/);
    });

    it('actions that have no frame, frames that have no action, and what is no function', () => {
      expect(failed(({ at }) => at('-x', { x: () => 1, y: () => 2 }))).toBe("at has no frame for the action y in '-x'");
      expect(failed(({ at }) => at('-x-y', { x: () => 1 }))).toMatch(
        /^at got impossible marbles: no value is given for 'y'/,
      );
      expect(failed(({ at }) => at('-x|', { x: () => 1 }))).toMatch(/^at takes a letter for each action, but no '\|'/);
      expect(failed(({ at }) => at('-x', { x: 1 as never }))).toBe('at takes functions as actions, but got number');
      expect(failed(({ at }) => at(-1, () => 1))).toBe('at takes a frame of 0 or more, but got -1');
      expect(failed(({ at }) => at(5, () => at('--x', () => 1)))).toMatch(
        /^at cannot schedule an action for frame 2: it is frame 5/,
      );
    });

    it('arguments that are none', () => {
      expect(failed(undefined as never)).toBe('poolTest takes a function, but got undefined');
      expect(failed(() => undefined, { seed: 0.5 })).toBe('poolTest: seed must be a whole number, but got 0.5');
      expect(failed(() => undefined, { until: -1 })).toMatch(/^poolTest: until must be milliseconds/);
      expect(failed(({ expectObservable }) => void expectObservable(1 as never))).toMatch(
        /takes an Observable, but got 1$/,
      );
      expect(failed(({ expectSubscriptions }) => void expectSubscriptions(1 as never))).toMatch(
        /takes the subscriptions/,
      );
      expect(failed(({ time }) => void time('-a|'))).toMatch(/^time takes marbles with nothing but an end/);
    });
  });

  it('leaves real time as it was, also where it has failed', () => {
    failed(() => {
      throw new Error('own');
    });
    const before = asapScheduler.now();
    expect(Math.abs(before - Date.now())).toBeLessThan(60_000);
  });
});

describe('expectNoLeak', () => {
  it('names the holders of a pool, and says how to learn where they asked', () => {
    const pool = createPool({ max: 1, connect: () => opensAtOnce('a'), name: 'words' });
    expectNoLeak(pool);
    pool.acquire({ label: 'report' }).subscribe((lease) => {
      expect(failureOf(() => expectNoLeak(pool)).message).toMatch(
        /^1 lease of pool 'words' is still held:\n\n {2}connection 1, held for \d+ ms by 'report'\n {4}set leakThreshold to see where it was acquired/,
      );
      lease.release();
    });
    expectNoLeak(pool);
    void pool.destroy();
  });
});
