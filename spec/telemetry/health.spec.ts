import { concat, NEVER, of, throwError, timer } from 'rxjs';
import { Collector } from '../../src/dashboard/collect/collector';
import { createPool } from '../../src/index';
import { poolHealth } from '../../src/telemetry/health/index';
import { marbles } from '../helpers/marbles';

const ignored = (): undefined => undefined;
const connect = () => concat(of('c'), NEVER);

describe('the health of a pool', () => {
  it('is up while callers are served, with the sentence and the numbers', () =>
    marbles(({ at }) => {
      const pool = createPool({ name: 'db', max: 2, connect });
      pool.use(() => timer(1_000)).subscribe();
      at(500, () => {
        expect(poolHealth(pool)).toEqual({
          status: 'up',
          details: {
            pool: 'db',
            condition: 'healthy',
            severity: 'ok',
            sentence: 'Healthy: 1 of 2 lent, no caller waits.',
            advice: '',
            maxConnections: 2,
            totalConnections: 1,
            inUseConnections: 1,
            pendingAcquires: 0,
          },
        });
      });
    }));

  it('is down while the target is dead and no connection is left, at the first look', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect: () => throwError(() => new Error('connect ECONNREFUSED')) });
      pool.use(() => of(1)).subscribe({ error: ignored });
      at(5_000, () => {
        const { status, details } = poolHealth(pool);
        expect([status, details.condition, details.severity]).toEqual(['down', 'dead-target', 'critical']);
        expect(details.sentence).toContain('The target refuses connections');
        expect(details.advice).toContain('Check that the target is up');
      });
    }));

  it('is only degraded while open connections still work, though no other can be opened', () =>
    marbles(({ at }) => {
      let dials = 0;
      const pool = createPool({
        max: 2,
        connect: () => (dials++ === 0 ? connect() : throwError(() => new Error('ECONNREFUSED'))),
      });
      const work = timer(0, 100).subscribe(() => pool.use(() => timer(150)).subscribe({ error: ignored }));
      at(5_000, () => {
        const { status, details } = poolHealth(pool);
        expect([status, details.condition]).toEqual(['degraded', 'dead-target']);
        work.unsubscribe();
      });
    }));

  it('is degraded while the pool is too small, also where callers time out: other instances would not be larger', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 1, connect, acquireTimeout: 500 });
      const work = timer(0, 50).subscribe(() => pool.use(() => timer(100)).subscribe({ error: ignored }));
      poolHealth(pool);
      at(5_000, () => {
        const { status, details } = poolHealth(pool);
        expect([status, details.condition, details.severity]).toEqual(['degraded', 'too-small', 'critical']);
        work.unsubscribe();
      });
    }));

  it('is degraded while some leases are leaked, and down when all are', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect, leakThreshold: 10_000 });
      pool.acquire({ label: 'report' }).subscribe();
      const seen: string[] = [];
      const look = (): unknown => seen.push(`${poolHealth(pool).status} ${poolHealth(pool).details.condition}`);
      at(5_000, look);
      at(15_000, look);
      at(20_000, () => pool.acquire({ label: 'another' }).subscribe());
      at(29_000, look);
      at(31_000, () => {
        look();
        expect(seen).toEqual(['up healthy', 'degraded leak', 'degraded leak', 'down leak']);
        expect(poolHealth(pool).details.sentence).toContain(`by 'report'`);
        void pool.destroy({ timeout: 0 });
      });
    }));

  it('is down from destroy on, so that no traffic comes any more', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 1, connect });
      pool.use(() => timer(1_000)).subscribe();
      const seen: unknown[] = [];
      at(100, () => void pool.destroy());
      at(200, () => seen.push([poolHealth(pool).status, poolHealth(pool).details.condition]));
      at(2_000, () => {
        seen.push([poolHealth(pool).status, poolHealth(pool).details.condition]);
        expect(seen).toEqual([
          ['down', 'draining'],
          ['down', 'destroyed'],
        ]);
      });
    }));

  it('is that of the dashboard: the same sentence at the same time', () =>
    marbles(({ at }) => {
      const pool = createPool({ name: 'db', max: 2, connect, acquireTimeout: 700 });
      const collector = new Collector(pool, { keep: 600, random: () => 0.5 });
      poolHealth(pool);
      const work = timer(0, 20).subscribe(() =>
        pool.use(() => timer(60), { label: 'job' }).subscribe({ error: ignored }),
      );
      const pairs: [string, string][] = [];
      for (let second = 1; second <= 100; second++) {
        at(second * 1_000, () => {
          // The last 40 s are quiet: the window leaves the trouble behind, for both at the same time.
          if (second === 60) work.unsubscribe();
          const { diagnosis } = collector.tick()!;
          const { sentence, advice } = poolHealth(pool).details;
          pairs.push([`${diagnosis.sentence} ${diagnosis.advice}`, `${sentence} ${advice}`]);
        });
      }
      at(100_001, () => {
        collector.stop();
        expect(pairs.map(([, health]) => health)).toEqual(pairs.map(([board]) => board));
        expect(new Set(pairs.map(([board]) => board)).size).toBeGreaterThan(20);
        expect(pairs.at(-1)![1]).toContain('Healthy');
      });
    }));

  it('forgets a trouble after 45 s at most, or at the next look where looks are rarer', () =>
    marbles(({ at }) => {
      const recoveredAt: Record<number, number> = {};
      for (const period of [1_000, 10_000, 60_000]) {
        const pool = createPool({ max: 1, connect, acquireTimeout: 100, name: `every ${period}` });
        const work = timer(0, 10).subscribe(() => pool.use(() => timer(50)).subscribe({ error: ignored }));
        at(120_000, () => work.unsubscribe());
        // Work that fails: seen by its rate alone, after no caller waits any more.
        const failing = timer(121_000, 500).subscribe(() =>
          pool.use(() => throwError(() => new Error('x'))).subscribe({ error: ignored }),
        );
        at(180_000, () => failing.unsubscribe());
        const looking = timer(0, period).subscribe((n) => {
          const { condition } = poolHealth(pool).details;
          if (n * period >= 180_000 && condition === 'healthy') recoveredAt[period] ??= n * period - 180_000;
        });
        at(400_000, () => looking.unsubscribe());
      }
      at(400_001, () => {
        expect(recoveredAt[1_000]).toBeGreaterThan(20_000);
        expect(recoveredAt[1_000]).toBeLessThanOrEqual(45_000);
        expect(recoveredAt[10_000]).toBeLessThanOrEqual(50_000);
        expect(recoveredAt[60_000]).toBeLessThanOrEqual(120_000);
      });
    }));

  it('tells no credentials', () =>
    marbles(({ at }) => {
      const failure = new Error('postgres://app:hunter2@db/x refused; Authorization: Bearer abcdef123456');
      const pool = createPool({ name: 'redis://:s3cr3t@cache', max: 1, connect: () => throwError(() => failure) });
      pool.use(() => NEVER).subscribe({ error: ignored });
      at(1_000, () => {
        const text = JSON.stringify(poolHealth(pool));
        expect(text).toContain('***');
        expect(text).not.toMatch(/hunter2|s3cr3t|abcdef123456/);
      });
    }));

  it('is that of pools only', () => {
    for (const wrong of [undefined, null, {}, 'db', { stats: {} }]) {
      expect(() => poolHealth(wrong as never)).toThrowError(/must be a pool made by createPool, but got/);
    }
  });
});
