import { firstValueFrom, of, throwError } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { internals } from '../../src/pool/rx/internals';
import type { PoolInternals } from '../../src/pool/rx/internals';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const coreOf = (pool: ConnectionPool<string>): PoolInternals<string>['core'] =>
  (pool as unknown as { readonly [internals]: PoolInternals<string> })[internals].core;

/** Shortcuts change nothing that a caller sees, and each lease would be slower without them. */
describe('the shortcuts of a pool', () => {
  it('serve a caller, and end its lease, without a pass of the drain loop while nothing is due', async () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    await pool.warmUp();
    pool.use(() => of(1)).subscribe();
    const { passes } = coreOf(pool);
    for (let i = 0; i < 10; i++) {
      pool.use(() => of(1)).subscribe();
      (await firstValueFrom(pool.acquire())).release();
    }
    expect(pool.stats.acquired).toBe(21);
    expect(coreOf(pool).passes).toBe(passes);
  });

  it('look for no observer of a change, once the breaker is closed again', () => {
    marbles(({ at, flush }) => {
      let up = false;
      const pool = createPool({
        connect: () => (up ? opensAtOnce('a') : throwError(() => new Error('refused'))),
        max: 1,
        breaker: { failures: 1, probeAfter: 10 },
      });
      const looks = (): boolean =>
        (coreOf(pool) as unknown as { readonly hasChangeObservers: boolean }).hasChangeObservers;
      pool.use(() => of(1)).subscribe({ error: () => (up = true) });
      expect(pool.stats.breaker).toBe('open');
      expect(looks()).toBeTrue();
      at(20, () => {
        pool.use(() => of(1)).subscribe();
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', successfulOperations: 1 }));
        expect(looks()).toBeFalse();
      });
      flush();
    });
  });
});
