import { createServer, connect as connectTcp } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { asyncScheduler, lastValueFrom, NEVER, Observable, range } from 'rxjs';
import { batchParallel, ConnectionFailedError, isPoolError, withConnection } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

/** A port on loopback without a listener. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Connects to a port, and counts the connects. */
function tcp(port: number): { connect: () => Observable<Socket>; dials: () => number } {
  let dials = 0;
  return {
    dials: () => dials,
    connect: () =>
      new Observable<Socket>((subscriber) => {
        dials++;
        const socket = connectTcp(port, '127.0.0.1');
        socket.on('connect', () => {
          subscriber.next(socket);
        });
        socket.on('error', (error) => {
          subscriber.error(error);
        });
        socket.on('close', () => {
          subscriber.complete();
        });
        return () => socket.destroy();
      }),
  };
}

describe('a target that is down', () => {
  describe('by a script, in virtual time', () => {
    for (const [draw, random] of [
      ['at its best', () => 0],
      ['in the middle', () => 0.5],
      ['at its worst', () => 1 - Number.EPSILON],
    ] as const) {
      it(`is reported to a caller within a second, after five connects, with the random source ${draw}`, () => {
        const refused = new Error('refused');
        const target = scriptedTarget({ step: () => 'fail', error: refused });
        marbles(({ flush }) => {
          const pool = createPool({ connect: target.connect, max: 10, random });
          let told: { error: unknown; at: number } | undefined;
          pool.acquire().subscribe({ error: (error: unknown) => (told = { error, at: asyncScheduler.now() }) });
          flush();
          expect(told!.error).toEqual(poolError('CONNECTION_FAILED', { phase: 'open', cause: refused, attempts: 5 }));
          expect(told!.at).toBeLessThan(1_000);
        });
        expect(target.dials).toBe(5);
      });
    }

    it('is reported to a thousand callers at once, for no more connects than it takes to detect', () => {
      const target = scriptedTarget({ step: () => 'fail', openAfter: 20 });
      marbles(({ flush }) => {
        const pool = createPool({ connect: target.connect, max: 50, random: () => 0.5 });
        const told: number[] = [];
        for (let i = 0; i < 1_000; i++) pool.acquire().subscribe({ error: () => told.push(asyncScheduler.now()) });
        flush();
        expect(told.length).toBe(1_000);
        expect(Math.max(...told)).toBeLessThan(1_000);
        expect(new Set(told).size).toBe(1);
      });
      // Four begin together, before the first has failed.
      expect(target.dials).toBeLessThanOrEqual(8);
    });

    it('costs one connect a second, for any number of callers', () => {
      const target = scriptedTarget({ step: () => 'fail', openAfter: 5 });
      marbles(({ flush }) => {
        const pool = createPool({ connect: target.connect, max: 50, random: () => 0.5 });
        let told = 0;
        const ask = (): void => {
          pool.acquire().subscribe({
            error: () => {
              told++;
              if (asyncScheduler.now() < 20_000) asyncScheduler.schedule(ask, 10);
            },
          });
        };
        for (let i = 0; i < 20; i++) ask();
        flush();
        expect(told).toBeGreaterThan(10_000);
      });
      expect(target.dials).toBeLessThanOrEqual(8 + 20);
    });

    it('is reported by the timeout of the caller when it neither answers nor refuses', () => {
      const target = scriptedTarget({ step: () => 'hang' });
      marbles(({ expectObservable }) => {
        const pool = createPool({ connect: target.connect, max: 1, acquireTimeout: 900 });
        expectObservable(pool.acquire()).toBe('900ms #', undefined, poolError('CONNECTION_FAILED', { phase: 'open' }));
      });
      expect(target.dials).toBe(1);
    });

    it('ends a batch of a thousand with patience: 0 in about a second, and each failure keeps the cause', () => {
      const refused = new Error('refused');
      const target = scriptedTarget({ step: () => 'fail', error: refused });
      marbles(({ flush }) => {
        const pool = createPool({ connect: target.connect, max: 10 });
        let failed = -1;
        range(0, 1_000)
          .pipe(
            withConnection(pool, () => NEVER),
            batchParallel({ patience: 0 }),
          )
          .subscribe((result) => {
            failed = result.failed.filter(({ error }) => isPoolError(error) && error.cause === refused).length;
            expect(asyncScheduler.now()).toBeLessThan(1_500);
          });
        flush();
        expect(failed).toBe(1_000);
      });
      expect(target.dials).toBeLessThanOrEqual(8);
    });

    it('serves again once it is back, with one probe', () => {
      const target = scriptedTarget({ step: (dial) => (dial < 5 ? 'fail' : 'open'), openAfter: 5 });
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: target.connect, max: 3, random: () => 0.5 });
        const told: string[] = [];
        const ask = (): void => {
          pool
            .use(() => [asyncScheduler.now()])
            .subscribe({
              next: (now) => told.push(`served at ${now}`),
              error: () => told.push(`told at ${asyncScheduler.now()}`),
            });
        };
        ask();
        at(1_000, ask);
        at(2_000, ask);
        flush();
        // 25 + 50 + 100 + 200 between the connects, each of 5; then a pause of one second.
        expect(told).toEqual(['told at 400', 'told at 1000', 'served at 2005']);
      });
      expect(target.dials).toBe(6);
    });
  });

  describe('in real time: a TCP port that refuses', () => {
    it('is reported with its original cause, after a bounded number of connects', async () => {
      const { connect, dials } = tcp(await deadPort());
      const pool = createPool({ connect, max: 10, name: 'db' });
      const error = await lastValueFrom(pool.acquire()).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ConnectionFailedError);
      expect((error as ConnectionFailedError).cause).toEqual(jasmine.objectContaining({ code: 'ECONNREFUSED' }));
      expect((error as Error).message).toContain('ECONNREFUSED');
      expect(dials()).toBe(5);
      await pool.destroy();
    });

    it('is reported to every item of a batch, for hardly more connects', async () => {
      const { connect, dials } = tcp(await deadPort());
      const pool = createPool({ connect, max: 10 });
      const result = await lastValueFrom(
        range(0, 500).pipe(
          withConnection(pool, () => NEVER),
          batchParallel({ patience: 500 }),
        ),
      );
      expect(result.failed.length).toBe(500);
      expect(result.failed.every(({ error }) => isPoolError(error, 'CONNECTION_FAILED'))).toBe(true);
      expect(dials()).toBeLessThanOrEqual(10);
      await pool.destroy();
    });
  });
});
