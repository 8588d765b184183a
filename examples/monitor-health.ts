/**
 * Health monitoring that resizes: a stream of the pool's stats says when more than 80 % of the connections are in use for a while, and the pool grows;
 * when it has been calm, it shrinks. Warnings come from the same stream. The third usage pattern of the seed.
 *
 *     node --import tsx examples/monitor-health.ts
 */
import {
  catchError,
  concat,
  distinctUntilChanged,
  EMPTY,
  filter,
  interval,
  map,
  mergeMap,
  NEVER,
  of,
  pairwise,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import type { Observable } from 'rxjs';
import { createPool } from '../src/index';

const [least, most] = [4, 16];
const pool = createPool({ name: 'orders', max: least, connect: () => concat(of('connection'), NEVER) });
const end$ = timer(3_000);

/** From 0 to 1: the share of `max` connections that is in use. Greater than 1: callers wait. */
const utilisation$ = interval(100).pipe(
  map(() => pool.stats),
  map(({ inUseConnections, pendingAcquires, maxConnections }) => (inUseConnections + pendingAcquires) / maxConnections),
  takeUntil(end$),
);

// Two snapshots in a row, so that a single burst changes nothing.
utilisation$
  .pipe(
    pairwise(),
    map(([before, now]) => (Math.min(before, now) > 0.8 ? 2 : Math.max(before, now) < 0.3 ? 0.5 : 1)),
    map((factor) => Math.min(most, Math.max(least, Math.round(pool.stats.maxConnections * factor)))),
    filter((max) => max !== pool.stats.maxConnections),
  )
  .subscribe((max) => {
    console.log(
      `${max > pool.stats.maxConnections ? 'Busy' : 'Calm'}: ${pool.stats.maxConnections} → ${max} connections`,
    );
    pool.resize(max);
  });

pool.stats$
  .pipe(
    map(({ failedOperations }) => Math.floor(failedOperations / 100)),
    distinctUntilChanged(),
    filter((hundreds) => hundreds > 0),
  )
  .subscribe((hundreds) => {
    console.log(`Warning: ${hundreds * 100} operations have failed`);
  });

// The load: a calm second, a rush, and a calm one again. Each operation takes 100 ms; some fail.
const perTick = (tick: number): number => (tick >= 20 && tick < 90 ? 3 : tick % 10 === 0 ? 1 : 0);
let operation = 0;
interval(25)
  .pipe(
    mergeMap((tick) => Array.from({ length: perTick(tick) })),
    mergeMap(() => {
      const isRefused = ++operation % 2 === 0;
      const work = (): Observable<unknown> =>
        timer(100).pipe(mergeMap(() => (isRefused ? throwError(() => new Error('refused')) : of('done'))));
      return pool.use(work).pipe(catchError(() => EMPTY));
    }),
    takeUntil(end$),
  )
  .subscribe();

end$.subscribe(() => {
  const { successfulOperations, failedOperations, maxConnections } = pool.stats;
  console.log(`${successfulOperations} done, ${failedOperations} failed; ${maxConnections} connections at the end.`);
  void pool.destroy();
});
