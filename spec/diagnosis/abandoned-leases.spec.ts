import { concat, NEVER, of, VirtualTimeScheduler } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import { diagnose } from '../../src/diagnosis/index';
import type { Diagnosis } from '../../src/diagnosis/index';
import { PoolWatch } from '../../src/diagnosis/pool-watch';
import { collectGarbage } from '../helpers/garbage';
import { until } from '../helpers/turns';

describe('the diagnosis of leases that the garbage collector has ended', () => {
  // The pool's time goes on by `advance` alone; the garbage collector needs real turns of the event loop.
  let scheduler: VirtualTimeScheduler;
  let pool: ConnectionPool<string>;
  let watch: PoolWatch;

  beforeEach(() => {
    scheduler = new VirtualTimeScheduler();
    pool = createPool({
      max: 20,
      name: 'db',
      connect: () => concat(of('c'), NEVER),
      leakThreshold: 60_000,
      idleTimeout: Infinity,
      maxLifetime: Infinity,
      scheduler,
    });
    watch = new PoolWatch(pool);
  });

  afterEach(() => {
    void pool.destroy({ timeout: 0 });
  });

  const advance = (ms: number): void => {
    scheduler.maxFrames = scheduler.frame + ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  };

  const lose = async (labels: readonly string[]): Promise<void> => {
    for (const label of labels) pool.acquire({ label }).subscribe();
    advance(1_000);
    await until(() => {
      collectGarbage();
      return pool.stats.activeLeases === 0;
    });
  };

  const look = (): Diagnosis => diagnose(watch.observe().facts);

  it('names their number, a label and the place, for as long as the window of the other findings', async () => {
    expect(look().condition).toBe('healthy');
    await lose(['report', 'report', 'import']);
    const { condition, severity, sentence, advice } = look();
    expect([condition, severity]).toEqual(['leak', 'warning']);
    expect(sentence).toMatch(
      /^3 leases were never released; the garbage collector found them in the last 1 s: the newest held for 1 s by '(report|import)' and 1 other label; 0 of 20 lent, no caller waits\.$/,
    );
    expect(advice).toContain('Release the lease that was acquired at ');
    const conditions = [];
    for (let second = 15; second <= 75; second += 15) {
      advance(15_000);
      conditions.push(look().condition);
    }
    expect(conditions).toEqual(['leak', 'leak', 'healthy', 'healthy', 'healthy']);
  });

  it('counts more leases than it keeps', async () => {
    await lose(Array.from({ length: 15 }, (_, i) => `label ${i}`));
    expect(look().sentence).toMatch(/^15 leases were never released; .* and 9 other labels;/);
  });
});
