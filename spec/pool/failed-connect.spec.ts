import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { batchOutcomes, batchParallel, InvalidConfigError } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';

describe('a connect that has failed', () => {
  it('is torn down before another one begins, so that connections never exceed max (§4.5)', () => {
    let there = 0;
    let most = 0;
    const lives: Subscriber<string>[] = [];
    const pool = createPool<string>({
      max: 2,
      connect: () =>
        new Observable((subscriber) => {
          most = Math.max(most, ++there);
          lives.push(subscriber);
          subscriber.add(() => there--);
        }),
    });
    void pool.warmUp(1);
    lives[0]!.next('a');
    pool.warmUp(2).catch(() => undefined);
    // A caller that is lent the idle connection in the same turn resets the failures of the pool, and with them the pause.
    pool.stats$.subscribe(({ openFailures, acquired, pendingAcquires }) => {
      if (openFailures !== 1 || acquired > 0 || pendingAcquires > 0) return;
      for (let i = 0; i < 3; i++) pool.acquire().subscribe({ error: () => undefined });
    });
    lives[1]!.error(new Error('refused'));
    expect(lives.length).toBe(3);
    expect(most).toBe(2);
    void pool.destroy({ timeout: 0 });
  });
});

describe('a batch of null', () => {
  it('is no batch with the default options', () => {
    for (const wrong of [null, []] as unknown as number[]) {
      expect(() => batchOutcomes(wrong)).toThrowError(InvalidConfigError);
      expect(() => batchParallel(wrong)).toThrowError(InvalidConfigError);
    }
  });
});
