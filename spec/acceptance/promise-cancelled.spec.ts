import { from, mergeAll, Subject, switchAll } from 'rxjs';
import type { Subscription } from 'rxjs';
import { batchOutcomes, withConnection } from '../../src/index';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';
import { microtasks, turns } from '../helpers/turns';

/** The duration and the outcome of work. */
interface Plan {
  readonly name: string;
  readonly wait: () => Promise<void>;
  readonly fails: boolean;
}

const plans: Plan[] = [];
for (const fails of [false, true]) {
  const how = fails ? 'fails' : 'succeeds';
  for (const count of [0, 1, 2, 5]) {
    plans.push({ name: `${how} after ${count} microtasks`, wait: () => microtasks(count), fails });
  }
  for (const count of [1, 2]) plans.push({ name: `${how} after ${count} turns`, wait: () => turns(count), fails });
}

/** Work that cannot be cancelled, and reports when it uses the connection. */
async function work(connection: ScriptedConnection, { wait, fails }: Plan): Promise<string> {
  const leave = connection.enter();
  try {
    await wait();
    if (fails) throw new Error('own');
    return 'x';
  } finally {
    leave();
  }
}

interface Exclusive {
  readonly pool: ConnectionPool<ScriptedConnection>;
  /** The maximum number of concurrent users of any one connection, by their own count. */
  readonly peakUsers: () => number;
}

function exclusivePool(options: Partial<PoolOptions<ScriptedConnection>> = {}): Exclusive {
  const target = scriptedTarget();
  return {
    pool: createPool({ connect: target.connect, max: 1, ...options }),
    peakUsers: () => Math.max(0, ...target.connections.map(({ peakUsers }) => peakUsers)),
  };
}

/** Runs until everything that was begun has ended. */
async function settled({
  stats,
}: {
  readonly stats: () => { activeLeases: number; pendingAcquires: number };
}): Promise<void> {
  for (let i = 0; i < 50 && stats().activeLeases + stats().pendingAcquires > 0; i++) await turns(1);
}

describe('promise work that is cancelled at every moment: never two users of one exclusive connection', () => {
  for (const plan of plans) {
    it(`work that ${plan.name}, cancelled before its lease, in its call, at each microtask and turn, and after`, async () => {
      const moments: [string, (cancel: () => void) => Promise<void>][] = [];
      for (let m = 0; m <= 12; m++) {
        moments.push([
          `microtask ${m}`,
          async (cancel) => {
            await microtasks(m);
            cancel();
          },
        ]);
      }
      for (let t = 1; t <= 4; t++) {
        moments.push([
          `turn ${t}`,
          async (cancel) => {
            await turns(t);
            cancel();
          },
        ]);
        moments.push([
          `microtask after turn ${t}`,
          async (cancel) => {
            await turns(t);
            await microtasks(1);
            cancel();
          },
        ]);
      }

      for (const [when, cancelAt] of moments) {
        const { pool, peakUsers } = exclusivePool();
        const served: number[] = [];
        const first = pool.use((connection) => work(connection, plan)).subscribe({ error: () => undefined });
        for (let i = 0; i < 3; i++) {
          pool
            .use((connection) => {
              served.push(i);
              return work(connection, plan);
            })
            .subscribe({ error: () => undefined });
        }
        await cancelAt(() => {
          first.unsubscribe();
        });
        await settled({ stats: () => pool.stats });
        expect(peakUsers()).withContext(when).toBe(1);
        expect(served).withContext(when).toEqual([0, 1, 2]);
        expectNothingHeld(pool);
        const { successfulOperations, failedOperations, cancelledOperations } = pool.stats;
        expect(successfulOperations + failedOperations + cancelledOperations)
          .withContext(when)
          .toBe(4);
      }
    });

    it(`work that ${plan.name}, cancelled inside its own call`, async () => {
      const { pool, peakUsers } = exclusivePool();
      let told = 0;
      let first: Subscription | undefined;
      const blocker = pool.use((connection) => work(connection, plan)).subscribe({ error: () => undefined });
      // eslint-disable-next-line prefer-const -- it is read inside its own initializer, later
      first = pool
        .use((connection) => {
          const running = work(connection, plan);
          first?.unsubscribe();
          return running;
        })
        .subscribe({ next: () => told++, error: () => told++ });
      let served = false;
      pool
        .use((connection) => {
          served = true;
          return work(connection, plan);
        })
        .subscribe({ error: () => undefined });
      await settled({ stats: () => pool.stats });
      expect(blocker.closed).toBe(true);
      expect(peakUsers()).toBe(1);
      expect(served).toBe(true);
      expect(told).toBe(0);
      expect(pool.stats.cancelledOperations).toBe(1);
      expectNothingHeld(pool);
    });

    it(`work that ${plan.name}, cancelled in the queue and while its connection opens`, async () => {
      const target = scriptedTarget({ openAfter: 1 });
      const pool = createPool({ connect: target.connect, max: 1 });
      let runs = 0;
      const begin = (): Subscription =>
        pool
          .use((connection) => {
            runs++;
            return work(connection, plan);
          })
          .subscribe({ error: () => undefined });
      const [first, second, third] = [begin(), begin(), begin()] as const;
      first.unsubscribe();
      await microtasks(2);
      second.unsubscribe();
      while (!third.closed) await turns(1);
      expect(runs).toBe(1);
      expect(target.dials).toBe(1);
      expect(target.connections[0]!.peakUsers).toBe(1);
      expectNothingHeld(pool);
    });

    it(`work that ${plan.name}, cancelled again and again by switchAll`, async () => {
      for (const gap of [() => Promise.resolve(), () => microtasks(3), () => turns(1)]) {
        const { pool, peakUsers } = exclusivePool();
        const items = new Subject<number>();
        const values: string[] = [];
        let error: unknown;
        let complete = false;
        items
          .pipe(
            withConnection(pool, (connection, item) =>
              work(connection, item === 19 ? { ...plan, fails: false } : plan),
            ),
            switchAll(),
          )
          .subscribe({
            next: (v) => values.push(v),
            error: (e: unknown) => (error = e),
            complete: () => (complete = true),
          });
        for (let i = 0; i < 20; i++) {
          items.next(i);
          await gap();
        }
        items.complete();
        await settled({ stats: () => pool.stats });
        expect(peakUsers()).toBe(1);
        // An earlier one may have failed before `switchAll` cancelled it: that ends the pipeline.
        if (error === undefined) expect([values.at(-1), complete]).toEqual(['x', true]);
        else expect(plan.fails).toBe(true);
        expectNothingHeld(pool);
      }
    });
  }

  it('many works on three connections, cancelled at random moments', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      let state = seed;
      const random = (below: number): number => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((state / 2_147_483_648) * below);
      };
      const { pool, peakUsers } = exclusivePool({ max: 3 });
      const running: Subscription[] = [];
      for (let i = 0; i < 100; i++) {
        const plan = plans[random(plans.length)]!;
        running.push(pool.use((connection) => work(connection, plan)).subscribe({ error: () => undefined }));
        if (random(2) === 0) running[random(running.length)]!.unsubscribe();
        if (random(4) === 0) await microtasks(random(6));
      }
      for (const one of running) {
        if (random(3) === 0) one.unsubscribe();
        if (random(5) === 0) await microtasks(random(4));
      }
      for (let i = 0; i < 500 && pool.stats.activeLeases + pool.stats.pendingAcquires > 0; i++) await turns(1);
      expect(peakUsers()).withContext(`seed ${seed}`).toBe(1);
      expectNothingHeld(pool);
    }
  });

  it('a batch of promises that is unsubscribed half-way lends its connections only after they have settled', async () => {
    for (const plan of plans.filter(({ fails }) => !fails)) {
      const { pool, peakUsers } = exclusivePool({ max: 2 });
      let outcomes = 0;
      const batch = from(Array.from({ length: 30 }, (_, i) => i))
        .pipe(
          withConnection(pool, (connection) => work(connection, plan)),
          batchOutcomes(),
        )
        .subscribe(() => {
          if (++outcomes === 9) batch.unsubscribe();
        });
      const other = from([1, 2, 3]).pipe(
        withConnection(pool, (connection) => work(connection, plan)),
        mergeAll(),
      );
      let values = 0;
      other.subscribe(() => values++);
      for (let i = 0; i < 100 && values < 3; i++) await turns(1);
      await settled({ stats: () => pool.stats });
      expect(outcomes).toBe(9);
      expect(values).toBe(3);
      expect(peakUsers()).toBe(1);
      expectNothingHeld(pool);
    }
  });

  it('work that outlasts cancelTimeout keeps its connection: it is closed, and another is lent', async () => {
    const target = scriptedTarget();
    const pool = createPool({ connect: target.connect, max: 1, cancelTimeout: 5 });
    let leave: () => void = () => undefined;
    pool
      .use((connection) => {
        leave = connection.enter();
        return new Promise(() => undefined);
      })
      .subscribe()
      .unsubscribe();
    const second = await new Promise<ScriptedConnection>((resolve, reject) => {
      pool.use((connection) => Promise.resolve(connection)).subscribe({ next: resolve, error: reject });
    });
    expect(second).toBe(target.connections[1]!);
    expect(target.closed).toBe(1);
    leave();
    expect(Math.max(...target.connections.map(({ peakUsers }) => peakUsers))).toBe(1);
    expectNothingHeld(pool);
  });
});
