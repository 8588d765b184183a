import type { MakeSubject, Subject } from './subject';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The state of a promise after this time (ms). */
async function after(ms: number, promise: Promise<unknown>): Promise<'resolved' | 'rejected' | 'pending'> {
  return Promise.race([
    promise.then(
      () => 'resolved' as const,
      () => 'rejected' as const,
    ),
    sleep(ms).then(() => 'pending' as const),
  ]);
}

const open = async (pool: Subject, count: number): Promise<object[]> =>
  Promise.all(Array.from({ length: count }, () => pool.acquire()));

const nothing = async (): Promise<void> => {};
const object = async (): Promise<object> => ({});

/** A case that other pools handle wrongly: what is done, and the result, as numbers and words. */
export interface CompareCase {
  readonly id: string;
  readonly title: string;
  run(make: MakeSubject): Promise<Readonly<Record<string, number | string | boolean>>>;
}

export const cases: readonly CompareCase[] = [
  {
    id: 'spike',
    title: '50 callers, 5 open, max 50, connect 150 ms, work 2 ms',
    run: async (make) => {
      let dials = 0;
      const pool = await make({
        max: 50,
        acquireTimeout: 10_000,
        connect: async () => {
          dials++;
          if (dials > 5) await sleep(150);
          return {};
        },
        disconnect: nothing,
      });
      for (const lent of await open(pool, 5)) pool.release(lent);
      // So that the pool has measured the duration of a use, as in production.
      for (const lent of await open(pool, 5)) {
        await sleep(2);
        pool.release(lent);
      }
      const began = Date.now();
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const lent = await pool.acquire();
          await sleep(2);
          pool.release(lent);
        }),
      );
      const ms = Date.now() - began;
      const extra = dials - 5;
      await pool.close();
      return { 'extra connects': extra, ms };
    },
  },
  {
    id: 'dead',
    title: 'connects always fail, for a second',
    run: async (make) => {
      let dials = 0;
      const pool = await make({
        max: 1,
        acquireTimeout: 5_000,
        connect: async () => {
          dials++;
          // Not in a microtask: with some pools no timer would fire any more.
          await new Promise(setImmediate);
          throw new Error('ECONNREFUSED');
        },
        disconnect: nothing,
      });
      const began = Date.now();
      let told = -1;
      const caller = pool.acquire().catch(() => {
        told = Date.now() - began;
      });
      await after(1_000, caller);
      await sleep(Math.max(0, 1_000 - (Date.now() - began)));
      const tries = dials;
      void pool.close().catch(() => {});
      return { tries, 'caller notified after ms': told < 0 ? 'not within a second' : told };
    },
  },
  {
    id: 'twice',
    title: 'a second release, when another caller holds the connection',
    run: async (make) => {
      const pool = await make({ max: 1, acquireTimeout: 200, connect: object, disconnect: nothing });
      const first = await pool.acquire();
      pool.release(first);
      const second = await pool.acquire();
      let threw = false;
      try {
        pool.release(first);
      } catch {
        threw = true;
      }
      // max is 1, and the second caller holds the connection: no other caller may get one.
      const third = await after(100, pool.acquire());
      if (third !== 'resolved') pool.release(second);
      void pool.close().catch(() => {});
      return { 'lent twice': third === 'resolved', threw };
    },
  },
  {
    id: 'slow close',
    title: 'maximum of open connections, with max 2 and a close of 50 ms',
    run: async (make) => {
      let live = 0;
      let peak = 0;
      const pool = await make({
        max: 2,
        acquireTimeout: 5_000,
        connect: async () => {
          peak = Math.max(peak, ++live);
          return {};
        },
        disconnect: async () => {
          await sleep(50);
          live--;
        },
      });
      for (const lent of await open(pool, 2)) pool.discard(lent);
      for (const lent of await open(pool, 2)) pool.release(lent);
      await pool.close();
      return { peak };
    },
  },
  {
    id: 'waiters',
    title: 'a waiter when the pool is closed',
    run: async (make) => {
      const pool = await make({ max: 1, acquireTimeout: 5_000, connect: object, disconnect: nothing });
      const held = await pool.acquire();
      const waiter = pool.acquire();
      const closed = pool.close();
      closed.catch(() => {});
      const atOnce = await after(50, waiter);
      pool.release(held);
      const then = await after(300, waiter);
      return { 'while a connection is still lent': atOnce, 'when it is released': then };
    },
  },
  {
    id: 'after close',
    title: 'acquire after close',
    run: async (make) => {
      let dials = 0;
      const pool = await make({
        max: 1,
        acquireTimeout: 5_000,
        connect: async () => {
          dials++;
          return {};
        },
        disconnect: nothing,
      });
      pool.release(await pool.acquire());
      await pool.close();
      let outcome: string;
      try {
        outcome = await after(300, pool.acquire());
      } catch {
        outcome = 'throws';
      }
      return { outcome, 'opened again': dials > 1 };
    },
  },
  {
    id: 'timeouts',
    title: '20,000 waiters time out after 100 ms',
    run: async (make) => {
      const pool = await make({ max: 1, acquireTimeout: 100, connect: object, disconnect: nothing });
      const held = await pool.acquire();
      const began = Date.now();
      let rejected = 0;
      await after(
        10_000,
        Promise.all(
          Array.from({ length: 20_000 }, () =>
            pool.acquire().catch(() => {
              rejected++;
            }),
          ),
        ),
      );
      const ms = Date.now() - began;
      const left = pool.waiting();
      pool.release(held);
      return { rejected, ms, 'left in the queue': left };
    },
  },
];
