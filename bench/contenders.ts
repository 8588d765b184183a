/**
 * What is measured: groups of contenders that do the same work, the first of each group being its floor or the thing to beat.
 * Each runs in a process of its own and returns nanoseconds per operation.
 */
import { firstValueFrom, from, lastValueFrom, map, mergeAll, mergeMap, Observable, of, range } from 'rxjs';
import type * as Package from '../src/index';
import type { ConnectionPool } from '../src/index';

// What is measured is what is published: the sources would be run through a transpiler that adds its own cost.
const built = new URL('../dist/esm/index.mjs', import.meta.url).href;
const { batchParallel, batchSequential, createPool, withConnection } = (await import(built)) as typeof Package;

export interface Contender {
  readonly name: string;
  /** Runs so many operations. */
  readonly run: (operations: number) => Promise<unknown>;
  readonly operations: number;
}

export interface Group {
  readonly title: string;
  readonly contenders: readonly Contender[];
}

const idle = (): Observable<object> => new Observable((subscriber) => subscriber.next({}));

async function warmPool(max: number, more: object = {}): Promise<ConnectionPool<object>> {
  const pool = createPool({ connect: idle, max, maxPending: Infinity, ...more });
  await pool.warmUp(max);
  return pool;
}

/** The floor of leasing: an array of idle resources and callbacks, with no rule of a pool kept. */
class FreeList {
  private readonly idle: object[] = [];
  private readonly waiting: ((resource: object) => void)[] = [];
  private next = 0;

  constructor(size: number) {
    for (let i = 0; i < size; i++) this.idle.push({});
  }

  acquire(callback: (resource: object) => void): void {
    const resource = this.idle.pop();
    if (resource === undefined) this.waiting.push(callback);
    else callback(resource);
  }

  release(resource: object): void {
    if (this.next < this.waiting.length) this.waiting[this.next++]!(resource);
    else this.idle.push(resource);
  }
}

const synchronous = 1_000_000;

export const groups: readonly Group[] = [
  {
    title: 'one use with synchronous work, nobody waiting',
    contenders: [
      {
        name: 'floor: an Observable over a free list',
        operations: synchronous,
        run: async (n) => {
          const list = new FreeList(10);
          for (let i = 0; i < n; i++) {
            new Observable<number>((subscriber) => {
              list.acquire((resource) => {
                subscriber.add(() => {
                  list.release(resource);
                });
                subscriber.next(1);
                subscriber.complete();
              });
            }).subscribe();
          }
        },
      },
      {
        name: 'pool.use',
        operations: synchronous,
        run: async (n) => {
          const pool = await warmPool(10);
          const one = of(1);
          for (let i = 0; i < n; i++) pool.use(() => one).subscribe();
        },
      },
      {
        name: 'pool.use, stats$ observed',
        operations: synchronous / 2,
        run: async (n) => {
          const pool = await warmPool(10);
          const one = of(1);
          pool.stats$.subscribe();
          for (let i = 0; i < n; i++) pool.use(() => one).subscribe();
        },
      },
      {
        name: 'pool.acquire and release',
        operations: synchronous,
        run: async (n) => {
          const pool = await warmPool(10);
          const acquire = pool.acquire();
          for (let i = 0; i < n; i++) {
            acquire.subscribe((lease) => {
              lease.release();
            });
          }
        },
      },
    ],
  },
  {
    title: '100 callers on 10 connections, promise work',
    contenders: [
      {
        name: 'floor: promises over a free list',
        operations: 200_000,
        run: async (n) => {
          const list = new FreeList(10);
          const caller = async (): Promise<void> => {
            for (let i = 0; i < n / 100; i++) {
              const resource = await new Promise<object>((resolve) => {
                list.acquire(resolve);
              });
              await Promise.resolve();
              list.release(resource);
            }
          };
          await Promise.all(Array.from({ length: 100 }, caller));
        },
      },
      ...[30_000, Infinity].map((acquireTimeout) => ({
        name: `pool.use, acquireTimeout ${acquireTimeout}`,
        operations: 200_000,
        run: async (n: number) => {
          const pool = await warmPool(10, { acquireTimeout });
          const caller = async (): Promise<void> => {
            for (let i = 0; i < n / 100; i++) await firstValueFrom(pool.use(() => Promise.resolve(1)));
          };
          await Promise.all(Array.from({ length: 100 }, caller));
        },
      })),
    ],
  },
  {
    title: '100,000 waiters at once on 10 connections',
    contenders: [
      {
        name: 'floor: callbacks over a free list',
        operations: 100_000,
        run: (n) =>
          new Promise<void>((resolve) => {
            const list = new FreeList(10);
            let served = 0;
            for (let i = 0; i < n; i++) {
              list.acquire((resource) => {
                void Promise.resolve().then(() => {
                  if (++served === n) resolve();
                  list.release(resource);
                });
              });
            }
          }),
      },
      {
        name: 'pool.acquire',
        operations: 100_000,
        run: async (n) => {
          const pool = await warmPool(10);
          await new Promise<void>((resolve) => {
            let served = 0;
            const acquire = pool.acquire();
            for (let i = 0; i < n; i++) {
              acquire.subscribe((lease) => {
                void Promise.resolve().then(() => {
                  if (++served === n) resolve();
                  lease.release();
                });
              });
            }
          });
        },
      },
    ],
  },
  {
    title: 'a batch of synchronous work, 10 at a time',
    contenders: [
      {
        name: 'mergeMap(f, 10), which leases nothing',
        operations: synchronous,
        run: (n) => lastValueFrom(range(0, n).pipe(mergeMap((i) => of(i), 10))),
      },
      {
        name: 'withConnection, batchParallel(10)',
        operations: synchronous,
        run: async (n) => {
          const pool = await warmPool(10);
          await lastValueFrom(
            range(0, n).pipe(
              withConnection(pool, (_, i) => of(i)),
              batchParallel(10),
            ),
          );
        },
      },
      {
        name: 'withConnection, batchSequential',
        operations: synchronous,
        run: async (n) => {
          const pool = await warmPool(10);
          await lastValueFrom(
            range(0, n).pipe(
              withConnection(pool, (_, i) => of(i)),
              batchSequential(),
            ),
          );
        },
      },
      {
        name: 'withConnection, mergeAll(10)',
        operations: synchronous,
        run: async (n) => {
          const pool = await warmPool(10);
          await lastValueFrom(
            range(0, n).pipe(
              withConnection(pool, (_, i) => of(i)),
              mergeAll(10),
            ),
          );
        },
      },
    ],
  },
  {
    title: 'a batch of 100,000 promises, 10 at a time',
    contenders: [
      {
        name: 'mergeMap(f, 10), which leases nothing',
        operations: 100_000,
        run: (n) => lastValueFrom(range(0, n).pipe(mergeMap((i) => Promise.resolve(i), 10))),
      },
      {
        name: 'withConnection, batchParallel(10)',
        operations: 100_000,
        run: async (n) => {
          const pool = await warmPool(10);
          await lastValueFrom(
            range(0, n).pipe(
              withConnection(pool, (_, i) => Promise.resolve(i)),
              batchParallel(10),
            ),
          );
        },
      },
      {
        name: 'the same through from(promise)',
        operations: 100_000,
        run: async (n) => {
          const pool = await warmPool(10);
          await lastValueFrom(
            range(0, n).pipe(
              map((i) => i),
              withConnection(pool, (_, i) => from(Promise.resolve(i))),
              batchParallel(10),
            ),
          );
        },
      },
    ],
  },
];
