import { concat, map, NEVER, of, throwError, timer } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import { internals } from '../../src/pool/rx/internals';
import type { PoolInternals } from '../../src/pool/rx/internals';
import type { PoolDetails } from '../../src/pool/reports/pool-details';
import { marbles } from '../helpers/marbles';

const details = (pool: ConnectionPool<unknown>): PoolDetails =>
  (pool as unknown as { [internals]: PoolInternals<unknown> })[internals].core.details();

const ignored = (): undefined => undefined;

describe('the details of the pool', () => {
  it('contains the phase of each connection, and for how long it lasts', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 3, connect: () => concat(timer(5), NEVER), close: () => timer(50) });
      for (const work of [NEVER, timer(20)]) pool.use(() => work).subscribe({ error: ignored });
      pool.acquire().subscribe({ next: (lease) => lease.discard(), error: ignored });
      at(3, () => {
        const connections = [1, 2, 3].map((connection) => ({ connection, phase: 'opening' as const, since: 3 }));
        expect(details(pool).connections).toEqual(connections);
      });
      at(35, () => {
        expect(details(pool).connections).toEqual([
          { connection: 1, phase: 'lent', since: undefined },
          { connection: 2, phase: 'idle', since: 10 },
          { connection: 3, phase: 'closing', since: 30 },
        ]);
        void pool.destroy({ timeout: 0 });
      });
    }));

  it('shows which connections are in validation, and which are in reset', () =>
    marbles(({ at }) => {
      const pool = createPool({
        max: 1,
        connect: () => concat(of('a'), NEVER),
        validate: () => timer(10).pipe(map(() => true)),
        validateAfter: 0,
        reset: () => timer(10),
      });
      pool.use(() => timer(10)).subscribe({ error: ignored });
      pool.acquire().subscribe({ error: ignored });
      const phases: string[] = [];
      for (const frame of [15, 25, 35]) at(frame, () => phases.push(details(pool).connections[0]!.phase));
      at(36, () => {
        expect(phases).toContain('validating');
        expect(phases).toContain('resetting');
        void pool.destroy({ timeout: 0 });
      });
    }));

  it('contains the wait of the first waiter', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 1, connect: () => concat(of('a'), NEVER) });
      pool.use(() => NEVER).subscribe({ error: ignored });
      expect(details(pool).oldestWait).toBe(0);
      at(10, () => pool.acquire({ acquireTimeout: 100 }).subscribe({ error: ignored }));
      at(20, () => pool.acquire().subscribe({ error: ignored }));
      at(30, () => expect(details(pool).oldestWait).toBe(20));
      at(120, () => {
        expect(details(pool).oldestWait).toBe(100);
        void pool.destroy({ timeout: 0 });
      });
    }));

  it('contains the error of failed connects, and when the next one begins', () =>
    marbles(({ at }) => {
      const refused = new Error('connect ECONNREFUSED');
      const pool = createPool({
        max: 1,
        connect: () => throwError(() => refused),
        breaker: { failures: 1, probeAfter: 500 },
      });
      expect(details(pool)).toEqual({
        connections: [],
        oldestWait: 0,
        attempts: 0,
        lastFailure: undefined,
        failedPhase: 'open',
        nextConnectIn: 0,
        abandoned: { count: 0, last: [] },
      });
      pool.acquire().subscribe({ error: ignored });
      at(100, () => {
        expect(details(pool)).toEqual({
          connections: [],
          oldestWait: 0,
          attempts: 1,
          lastFailure: refused,
          failedPhase: 'open',
          nextConnectIn: 400,
          abandoned: { count: 0, last: [] },
        });
      });
    }));
});
