import { asyncScheduler, map, of, timer } from 'rxjs';
import { InvalidPoolError } from '../../src/index';
import type { PoolEvent } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

describe('pool.refresh()', () => {
  it('closes idle connections now and lent ones when they are released, and lends no old one from then on', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3 });
      for (let i = 0; i < 3; i++) pool.use(() => timer(i === 0 ? 50 : 5)).subscribe();
      const served: number[] = [];
      at(10, () => {
        pool.refresh();
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, inUseConnections: 1, closed: 2 }));
        pool.use((c) => of(c.id)).subscribe((id) => served.push(id));
      });
      flush();
      expect(served).toEqual([3]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, closed: 3, failedOperations: 0 }));
    });
  });

  it('abandons connects in progress, and begins others for waiting callers', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3 });
      const served: [number, number][] = [];
      for (let i = 0; i < 2; i++)
        pool.use((c) => timer(1).pipe(map(() => c.id))).subscribe((id) => served.push([asyncScheduler.now(), id]));
      at(4, () => {
        pool.refresh();
      });
      flush();
      expect(served).toEqual([
        [15, 0],
        [15, 1],
      ]);
    });
    expect(scripted.dialTimes).toEqual([0, 0, 4, 4]);
    expect(scripted.peak).toBeLessThanOrEqual(3);
  });

  it('removes a broken node behind old connections within one round', () => {
    // Every connection of the first generation leads to a node that fails every call.
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 4 });
      const call = () =>
        pool.use((c) => {
          if (c.id < 4) throw new Error('read only');
          return of(c.id);
        });
      const outcomes: string[] = [];
      const round = () => {
        for (let i = 0; i < 4; i++) {
          call().subscribe({ next: () => outcomes.push('ok'), error: () => outcomes.push('failed') });
        }
      };
      for (let i = 0; i < 4; i++) pool.use(() => timer(1)).subscribe();
      at(5, round);
      at(6, () => {
        pool.refresh();
        round();
      });
      flush();
      expect(outcomes).toEqual([...Array<string>(4).fill('failed'), ...Array<string>(4).fill('ok')]);
    });
  });

  it('opens min again', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 4, min: 2 });
    pool.refresh();
    expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 2, opened: 4, closed: 2 }));
  });

  it('is an event with the number of connections, and each of them is evicted for it', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 4, min: 2 });
    const events: PoolEvent[] = [];
    pool.events$.subscribe((event) => events.push(event));
    pool.refresh();
    expect(events[0]).toEqual(jasmine.objectContaining({ type: 'refreshed', connections: 2 }));
    expect(events.filter(({ type }) => type === 'evicted')).toEqual([
      jasmine.objectContaining({ reason: 'refresh' }),
      jasmine.objectContaining({ reason: 'refresh' }),
    ]);
  });

  it('of a pool with nothing open does nothing', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 4 });
    pool.refresh();
    expect(scripted.dials).toBe(0);
  });

  it('rejects for a destroyed pool', async () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 4 });
    await pool.destroy();
    expect(() => {
      pool.refresh();
    }).toThrowError(InvalidPoolError);
  });
});
