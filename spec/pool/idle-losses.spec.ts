import { asyncScheduler, concat, filter, firstValueFrom, ignoreElements, Observable, of, timer } from 'rxjs';
import { createPool } from '../../src';
import type { ConnectionPool } from '../../src';
import { marbles, opensAtOnce } from '../helpers/marbles';

/** A server that disconnects a client that was silent for this time (ms). */
const silentFor = (ms: number) => (): Observable<string> => concat(of('c'), timer(ms).pipe(ignoreElements()));

describe('connections of min that the target closes because they are unused', () => {
  it('do not count as failures of the target: the breaker stays closed, and the next caller is served', () => {
    marbles(({ at, flush }) => {
      let dials = 0;
      const limit = 10_000;
      const pool = createPool({
        connect: () => {
          dials++;
          return dials <= 5 ? silentFor(limit)() : opensAtOnce('last');
        },
        min: 1,
        max: 2,
        maxLifetime: Infinity,
        random: () => 0,
      });
      const said: unknown[] = [];
      let asked = false;
      pool.stats$.subscribe(({ totalConnections, closed, openFailures }) => {
        if (asked || totalConnections > 0 || Math.max(closed, openFailures) < 5) return;
        asked = true;
        expect(pool.stats.breaker).toBe('closed');
        pool.use((c) => of(c)).subscribe({ next: (c) => said.push(c), error: (error: unknown) => said.push(error) });
      });
      at(200_000, () => void pool.destroy());
      flush();
      expect(asked).toBeTrue();
      expect(said).toEqual(['last']);
    });
  });

  it('are opened again after pauses that double, so that an unused pool becomes quiet', () => {
    marbles(({ flush }) => {
      const dialled: number[] = [];
      const pool = createPool({
        connect: () => {
          dialled.push(asyncScheduler.now());
          return silentFor(6_000)();
        },
        min: 1,
        max: 1,
        retryDelay: { initial: 100, max: 5_000 },
        maxLifetime: Infinity,
      });
      flush();
      const pauses = dialled.slice(1).map((time, i) => time - dialled[i]! - 6_000);
      expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', totalConnections: 0 }));
    });
  });

  it('are opened again after short pauses once one has been used', () => {
    marbles(({ at, flush }) => {
      const dialled: number[] = [];
      const pool = createPool({
        connect: () => {
          dialled.push(asyncScheduler.now());
          return silentFor(6_000)();
        },
        min: 1,
        max: 1,
        retryDelay: { initial: 100, max: 5_000 },
        maxLifetime: Infinity,
      });
      at(12_400, () => pool.use((c) => of(c)).subscribe());
      at(25_000, () => void pool.destroy());
      flush();
      // The one that was used is replaced at once.
      expect(dialled).toEqual([0, 6_100, 12_300, 18_300, 24_400]);
    });
  });

  it('do not count as failures either when a warm pool loses all of them at once', () => {
    marbles(({ at, flush }) => {
      let dials = 0;
      const pool = createPool({
        connect: () => (dials++ < 10 ? silentFor(60_000)() : opensAtOnce('new')),
        max: 10,
        idleTimeout: Infinity,
        maxLifetime: Infinity,
      });
      void pool.warmUp(10);
      const said: unknown[] = [];
      at(60_001, () => {
        expect(pool.stats).toEqual(
          jasmine.objectContaining({ totalConnections: 0, breaker: 'closed', openFailures: 0 }),
        );
        pool.use((c) => of(c)).subscribe({ next: (c) => said.push(c), error: (error: unknown) => said.push(error) });
      });
      flush();
      expect(said).toEqual(['new']);
    });
  });

  it('are no failed connects either when they are lost during the validation for their first caller, which is served', () => {
    marbles(({ cold, at, flush }) => {
      const lives = [silentFor(10_002)(), opensAtOnce('new')];
      const pool = createPool({
        connect: () => lives.shift()!,
        max: 1,
        idleTimeout: Infinity,
        maxLifetime: Infinity,
        validate: () => cold('-----(x|)', { x: true }),
        validateAfter: 100,
        breaker: { failures: 1, probeAfter: 60_000 },
      });
      void pool.warmUp();
      const said: unknown[] = [];
      at(10_000, () => {
        pool.use((c) => of(c)).subscribe({ next: (c) => said.push(c), error: (error: unknown) => said.push(error) });
      });
      at(10_001, () => {
        expect(pool.stats.inUseConnections).withContext('it is being validated').toBe(1);
      });
      at(10_050, () => {
        expect(said).toEqual(['new']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', openFailures: 0, closed: 1 }));
        void pool.destroy();
      });
      flush();
    });
  });

  it('count as failed connects when they end sooner: a target that disconnects at once counts as down', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: silentFor(999), min: 1, max: 1, retryDelay: { initial: 0, max: 0 } });
      at(10_000, () => {
        expect(pool.stats.openFailures).toBeGreaterThanOrEqual(5);
      });
      at(20_000, () => void pool.destroy());
      flush();
    });
  });

  it('works in real time', async () => {
    let dials = 0;
    const pool = createPool({
      connect: () => (dials++ === 0 ? silentFor(1_050)() : opensAtOnce('new')),
      max: 1,
      retryDelay: { initial: 1, max: 1 },
      breaker: { failures: 1, probeAfter: 60_000 },
    });
    await pool.warmUp(1);
    await firstValueFrom(pool.stats$.pipe(filter(({ totalConnections }) => totalConnections === 0)));
    expect(await firstValueFrom(pool.use((c) => of(c)))).toBe('new');
    await pool.destroy();
  });
});

describe('a connection that was open for long, and fails its first validation', () => {
  /** Five are kept, all of which are stale after 6 s without a caller. */
  const stale = (validate: (c: Wire) => Observable<boolean>, spec: (pool: ConnectionPool<Wire>) => void): Wire[] => {
    const wires: Wire[] = [];
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: () =>
          new Observable<Wire>((subscriber) => {
            const wire: Wire = {
              openedAt: asyncScheduler.now(),
              lose: () => {
                subscriber.error(new Error('reset'));
              },
            };
            wires.push(wire);
            subscriber.next(wire);
          }),
        min: 5,
        max: 5,
        maxLifetime: Infinity,
        validate,
      });
      at(6_000, () => {
        spec(pool);
      });
      at(20_000, () => void pool.destroy());
      flush();
    });
    return wires;
  };
  const isNew = ({ openedAt }: Wire) => of(asyncScheduler.now() - openedAt < 1_000);

  it('is a stale connection and no failed connect: its caller gets a new one, and so does every other caller', () => {
    const said: unknown[] = [];
    const wires = stale(isNew, (pool) => {
      const call = () =>
        pool
          .use(({ openedAt }) => of(openedAt))
          .subscribe({ next: (at) => said.push(at), error: (error: unknown) => said.push(error) });
      for (let i = 0; i < 6; i++) call();
      expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', openFailures: 0, closed: 5 }));
    });
    expect(said).toEqual(Array(6).fill(6_000));
    expect(wires.length).toBeGreaterThan(5);
  });

  it('and so is one that is lost during it: the first write shows that the other side has closed', () => {
    const said: unknown[] = [];
    stale(
      (wire) =>
        asyncScheduler.now() - wire.openedAt < 1_000
          ? of(true)
          : new Observable(() => {
              wire.lose();
            }),
      (pool) => {
        pool
          .use(({ openedAt }) => of(openedAt))
          .subscribe({ next: (at) => said.push(at), error: (error: unknown) => said.push(error) });
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', openFailures: 0 }));
      },
    );
    expect(said).toEqual([6_000]);
  });

  it('is a failed connect while it is young', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: () => opensAtOnce('c'),
        min: 1,
        max: 1,
        validate: () => of(false),
        validateAfter: 0,
        breaker: { failures: 1 },
      });
      at(900, () => {
        pool.acquire().subscribe({ error: () => undefined });
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', openFailures: 1 }));
        void pool.destroy();
      });
      flush();
    });
  });
});

interface Wire {
  readonly openedAt: number;
  lose(): void;
}
