import { AsyncLocalStorage } from 'node:async_hooks';
import { queryObjects } from 'node:v8';
import { from as pull } from 'ix/asynciterable';
import {
  EMPTY,
  from,
  lastValueFrom,
  map,
  mergeAll,
  NEVER,
  Observable,
  of,
  Subject,
  Subscription,
  take,
  tap,
  throwError,
} from 'rxjs';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  collectBatch,
  createPool,
  trackProgress,
  withConnection,
} from '../../src';
import type { ConnectionPool, Lease, PoolOptions } from '../../src';
import * as ix from '../../src/ix';
import { effort, isWhole } from '../helpers/effort';
import { VirtualClock } from './model/virtual-clock';

/** Records the context in which a callback is called. */
type See = (where: string) => void;

class Wire {
  /** The context of the run that last worked on it. */
  see: See = () => undefined;
  readonly gone = new Subject<void>();
}

/** Shared by the runs, and outside of the context of each. */
interface World {
  readonly pool: ConnectionPool<Wire>;
  readonly wires: Set<Wire>;
  readonly clock: VirtualClock;
  /** Emits outside of every run. */
  readonly elsewhere: Subject<void>;
  readonly running: Set<Subscription>;
}

interface Way {
  readonly options?: Partial<PoolOptions<Wire>>;
  /** Whether the connections that the runs wait for are never released by themselves. */
  readonly held?: true;
  /** Begins a run in its own context. */
  readonly begin: (world: World, see: See) => Promise<unknown>;
  /** Code outside of the runs that is repeated. */
  readonly drive?: (world: World) => void;
}

const items = [1, 2, 3];

/** A run that is over when its Observable has ended in any way. */
function toTheEnd(observable: Observable<unknown>, see: See, world?: World): Promise<void> {
  return new Promise((done) => {
    const subscription = observable.subscribe({
      next: () => {
        see('next');
      },
      error: () => {
        see('error');
        done();
      },
      complete: () => {
        see('complete');
        done();
      },
    });
    subscription.add(done);
    world?.running.add(subscription);
  });
}

async function promised(see: See): Promise<number> {
  see('work');
  await Promise.resolve();
  see('work, after an await');
  return 1;
}

const emitted = ({ elsewhere }: World, see: See): Observable<void> => {
  see('work');
  return elsewhere.pipe(take(2));
};

const tick = ({ elsewhere }: World): void => {
  elsewhere.next();
};

/** Ends the runs in the order in which they began. */
const cancelOne = ({ running, elsewhere }: World): void => {
  elsewhere.next();
  const [first] = running;
  if (first === undefined) return;
  running.delete(first);
  first.unsubscribe();
};

/** A signal that aborts when its run is to end. */
function abortedInTurn({ running }: World): AbortSignal {
  const controller = new AbortController();
  running.add(
    new Subscription(() => {
      controller.abort();
    }),
  );
  return controller.signal;
}

/** Work that runs until it is cancelled, and the callbacks that are called then. */
function watchedUntilStopped(wire: Wire, signal: AbortSignal, see: See): Observable<never> {
  wire.see = see;
  see('work');
  signal.addEventListener('abort', () => {
    see('abort');
  });
  return new Observable(() => () => {
    see('teardown');
  });
}

/** Batches of tasks that work by a promise, and of tasks that end in another context. */
function pushed(name: string, batch: (tasks: Observable<Observable<unknown>>) => Observable<unknown>): [string, Way][] {
  return [
    [
      name,
      {
        begin: ({ pool }, see) => toTheEnd(batch(from(items).pipe(withConnection(pool, () => promised(see)))), see),
      },
    ],
    [
      `${name} of work that ends elsewhere`,
      {
        begin: (world, see) =>
          toTheEnd(batch(from(items).pipe(withConnection(world.pool, () => emitted(world, see)))), see),
        drive: tick,
      },
    ],
    [
      `${name} of tasks with operators`,
      {
        begin: (world, see) =>
          toTheEnd(
            batch(
              from(items).pipe(
                withConnection(world.pool, () => emitted(world, see)),
                map((task) => task.pipe(tap(() => see('operator')))),
              ),
            ),
            see,
          ),
        drive: tick,
      },
    ],
    [
      `${name} of items that come later`,
      {
        begin: ({ pool }, see) =>
          toTheEnd(
            batch(
              new Observable<number>((subscriber) => {
                void (async () => {
                  for (const item of items) {
                    await Promise.resolve();
                    subscriber.next(item);
                  }
                  subscriber.complete();
                })();
              }).pipe(withConnection(pool, () => promised(see))),
            ),
            see,
          ),
      },
    ],
  ];
}

function* drawn(see: See): Generator<number> {
  for (const item of items) {
    see('source');
    yield item;
  }
}

async function consumed(iterable: AsyncIterable<unknown>, see: See): Promise<void> {
  for await (const _ of iterable) see('consumer');
}

function pulled(
  name: string,
  batch: (tasks: AsyncIterable<Observable<unknown>>) => AsyncIterable<unknown>,
): [string, Way][] {
  return [
    [
      `ix ${name}`,
      {
        begin: ({ pool }, see) =>
          consumed(batch(pull(drawn(see)).pipe(ix.withConnection(pool, () => promised(see)))), see),
      },
    ],
    [
      `ix ${name} of work that ends elsewhere`,
      {
        begin: (world, see) =>
          consumed(batch(pull(drawn(see)).pipe(ix.withConnection(world.pool, () => emitted(world, see)))), see),
        drive: tick,
      },
    ],
  ];
}

const ways: Record<string, Way> = {
  'use of a promise': {
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => promised(see)),
        see,
      ),
  },
  'use of an Observable that ends at once': {
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => {
          see('work');
          return of(1);
        }),
        see,
      ),
  },
  'use of an Observable that emits elsewhere': {
    begin: (world, see) =>
      toTheEnd(
        world.pool.use(() => emitted(world, see)),
        see,
      ),
    drive: tick,
  },
  'use of a thenable that settles elsewhere': {
    begin: (world, see) =>
      toTheEnd(
        world.pool.use(() => {
          see('work');
          const thenable = {
            then: (done: (value: number) => void) => void world.elsewhere.pipe(take(1)).subscribe(() => done(1)),
          };
          return thenable as unknown as Promise<number>;
        }),
        see,
      ),
    drive: tick,
  },
  'use of an AsyncIterable': {
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(async function* () {
          see('work');
          yield await Promise.resolve(1);
          see('work, after a yield');
        }),
        see,
      ),
  },
  'use of work that fails': {
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => {
          see('work');
          return throwError(() => new Error('failed'));
        }),
        see,
      ),
  },
  acquire: {
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.acquire().pipe(
          tap((lease) => {
            see('work');
            lease.release();
          }),
        ),
        see,
      ),
  },
  stream: {
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.pipe(
          take(3),
          tap((lease) => {
            see('work');
            lease.release();
          }),
        ),
        see,
      ),
  },
  'tasks of the stream': {
    begin: (world, see) =>
      toTheEnd(
        world.pool.pipe(
          take(2),
          withConnection(() => promised(see)),
          mergeAll(),
        ),
        see,
      ),
  },
  task: {
    begin: ({ pool }, see) =>
      toTheEnd(
        of(1).pipe(
          withConnection(pool, () => promised(see)),
          mergeAll(),
        ),
        see,
      ),
  },
  ...Object.fromEntries([
    ...pushed('batchSequential', batchSequential()),
    ...pushed('batchParallel', batchParallel(2)),
    ...pushed('batchOutcomes', batchOutcomes(2)),
    ...pushed('batchOutcomes, in order', batchOutcomes({ concurrency: 2, ordered: true })),
    ...pulled('batchSequential', ix.batchSequential()),
    ...pulled('batchParallel', ix.batchParallel(2)),
    ...pulled('batchOutcomes', ix.batchOutcomes(2)),
  ]),
  'batchOutcomes with progress': {
    begin: (world, see) =>
      toTheEnd(
        from(items).pipe(
          withConnection(world.pool, () => emitted(world, see)),
          batchOutcomes(2),
          trackProgress(() => {
            see('progress');
          }),
          collectBatch(),
        ),
        see,
      ),
    drive: tick,
  },
  'ix leases': {
    begin: async ({ pool }, see) => {
      let left = 2;
      for await (const lease of ix.leases(pool)) {
        see('consumer');
        lease.release();
        if (--left === 0) break;
      }
    },
  },
  'a time-out': {
    options: { acquireTimeout: 5 },
    held: true,
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => of(1)),
        see,
      ),
    drive: ({ clock }) => {
      clock.pass(1);
    },
  },
  'a rejection: the pool is destroyed': {
    held: true,
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => of(1)),
        see,
      ),
    drive: ({ pool }) => {
      void pool.destroy({ timeout: 0 });
    },
  },
  'a rejection: the load is shed': {
    options: { overload: { target: 2, interval: 5 } },
    held: true,
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => of(1)),
        see,
      ),
    drive: ({ clock }) => {
      clock.pass(1);
    },
  },
  'a rejection: the target is down': {
    options: {
      connect: () => new Observable(() => undefined),
      connectTimeout: 1,
      retryDelay: 1,
      breaker: { failures: 3, probeAfter: 1_000 },
    },
    begin: ({ pool }, see) =>
      toTheEnd(
        pool.use(() => of(1)),
        see,
      ),
    drive: ({ clock }) => {
      clock.pass(1);
    },
  },
  'a rejection of a batch, after an outage': {
    options: { connect: () => new Observable(() => undefined), connectTimeout: 1, retryDelay: 1, acquireTimeout: 20 },
    begin: (world, see) =>
      toTheEnd(
        from(items).pipe(
          withConnection(world.pool, () => promised(see)),
          batchOutcomes({ concurrency: 2, patience: 10 }),
        ),
        see,
      ),
    drive: ({ clock }) => {
      clock.pass(1);
    },
  },
  'the function onCancel': {
    options: {
      onCancel: (wire) => {
        wire.see('onCancel');
        return EMPTY;
      },
    },
    begin: (world, see) =>
      toTheEnd(
        world.pool.use((wire) => {
          see('work');
          wire.see = see;
          return new Observable<void>(() => () => {
            see('teardown');
          });
        }),
        see,
        world,
      ),
    drive: cancelOne,
  },
  'a signal, when the run is cancelled': {
    begin: (world, see) =>
      toTheEnd(
        world.pool.use((_, { signal }) => {
          signal.addEventListener('abort', () => {
            see('signal');
          });
          return NEVER;
        }),
        see,
        world,
      ),
    drive: cancelOne,
  },
  'an abort of the option signal': {
    held: true,
    begin: (world, see) => {
      const signal = abortedInTurn(world);
      return toTheEnd(
        world.pool.use(() => of(1), { signal }),
        see,
      );
    },
    drive: cancelOne,
  },
  'an abort of the option signal, while the work runs': {
    options: {
      onCancel: (wire) => {
        wire.see('onCancel');
        return EMPTY;
      },
    },
    begin: (world, see) =>
      toTheEnd(
        world.pool.use((wire, { signal }) => watchedUntilStopped(wire, signal, see), { signal: abortedInTurn(world) }),
        see,
      ),
    drive: cancelOne,
  },
  'an abort of the option signal of a task': {
    begin: (world, see) =>
      toTheEnd(
        of(1).pipe(
          withConnection(world.pool, (wire, _, __, { signal }) => watchedUntilStopped(wire, signal, see), {
            signal: abortedInTurn(world),
          }),
          batchParallel(),
        ),
        see,
      ),
    drive: cancelOne,
  },
  'an abort of the option signal of a pulled task': {
    begin: (world, see) =>
      consumed(
        pull(items).pipe(
          ix.withConnection(world.pool, (wire, _, __, { signal }) => watchedUntilStopped(wire, signal, see), {
            signal: abortedInTurn(world),
          }),
          ix.batchParallel(1),
        ),
        see,
      ),
    drive: cancelOne,
  },
  'an abort of a pulled batch': {
    begin: (world, see) =>
      consumed(
        pull(items).pipe(
          ix.withConnection(world.pool, (wire, _, __, { signal }) => watchedUntilStopped(wire, signal, see)),
          ix.batchOutcomes({ concurrency: 1, signal: abortedInTurn(world) }),
        ),
        see,
      ).catch(() => undefined),
    drive: cancelOne,
  },
  'the signal of a lease': {
    options: { retryDelay: 0, breaker: false },
    begin: ({ pool }, see) =>
      new Promise<void>((done) => {
        pool.acquire().subscribe((lease) => {
          lease.signal.addEventListener('abort', () => {
            see('signal');
            done();
          });
        });
      }),
    drive: ({ wires }) => {
      for (const wire of wires) wire.gone.next();
    },
  },
  'a connection that is lost': {
    // This number of early losses would make the pauses between connects long.
    options: { retryDelay: 0, breaker: false },
    begin: (world, see) =>
      toTheEnd(
        world.pool.use((_, { signal }) => {
          signal.addEventListener('abort', () => {
            see('signal');
          });
          return NEVER;
        }),
        see,
      ),
    drive: ({ wires }) => {
      for (const wire of wires) wire.gone.next();
    },
  },
};

/** Contended runs of one kind, and the callbacks that were called in another context than their own. */
async function contend(
  { options, held, begin, drive }: Way,
  count: number,
): Promise<{ seen: number; wrong: string[] }> {
  const store = new AsyncLocalStorage<number>();
  const clock = new VirtualClock();
  const wires = new Set<Wire>();
  const wrong = new Set<string>();
  let seen = 0;
  const pool = createPool<Wire>({
    connect: () =>
      new Observable<Wire>((subscriber) => {
        const wire = new Wire();
        wires.add(wire);
        subscriber.add(
          wire.gone.subscribe(() => {
            subscriber.complete();
          }),
        );
        subscriber.next(wire);
        return () => wires.delete(wire);
      }),
    max: 2,
    maxPending: Infinity,
    acquireTimeout: Infinity,
    scheduler: clock,
    ...options,
  });
  const world: World = { pool, wires, clock, elsewhere: new Subject(), running: new Set() };
  const leases: Lease<Wire>[] = [];
  for (let i = 0; i < 2; i++) pool.acquire().subscribe({ next: (lease) => leases.push(lease), error: () => undefined });
  const runs = Array.from({ length: count }, (_, id) =>
    store.run(id, () =>
      begin(world, (where) => {
        seen++;
        if (store.getStore() !== id)
          wrong.add(`${where} in that of ${store.getStore() === -1 ? 'no run' : 'another run'}`);
      }),
    ),
  );
  let over = false;
  const all = Promise.all(runs).then(() => (over = true));
  await store.run(-1, async () => {
    if (held === undefined) for (const lease of leases) lease.release();
    while (!over) {
      drive?.(world);
      // A stream that releases at once is served again by a timer.
      clock.pass(1);
      await new Promise(setImmediate);
    }
  });
  await all;
  void pool.destroy({ timeout: 0 });
  // A store that is not disabled makes every later promise and timer of the process slower.
  store.disable();
  return { seen, wrong: [...wrong] };
}

describe('The context of a waiting caller', () => {
  for (const [name, way] of Object.entries(ways)) {
    it(`is used for every callback of it: ${name}`, async () => {
      const count = effort(60, 10_000);
      const { seen, wrong } = await contend(way, count);
      expect(wrong).toEqual([]);
      expect(seen).toBeGreaterThanOrEqual(count);
    });
  }
});

// To look through all objects of a process takes seconds.
if (isWhole)
  describe('A destroyed pool', () => {
    it('keeps no list of Node for the timer of a lifetime', async () => {
      const sample = setTimeout(() => undefined, 1_000) as unknown as { _idlePrev: { constructor: () => void } };
      const { constructor: TimersList } = sample._idlePrev;
      clearTimeout(sample as never);
      const lists = (): number => queryObjects(TimersList, { format: 'count' });
      const before = lists();
      for (let i = 0; i < 40; i++) {
        const pool = createPool({
          connect: () =>
            new Observable((subscriber) => {
              subscriber.next({});
            }),
          max: 1,
        });
        await lastValueFrom(pool.use(() => of(1)));
        await pool.destroy();
      }
      // Lists of other durations belong to other code in this process.
      expect(lists() - before).toBeLessThan(10);
    });
  });
