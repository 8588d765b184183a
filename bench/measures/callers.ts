/** Callers that acquire, await a promise that is resolved already, release, and begin again. */
import { lastValueFrom, Observable } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { warmPool } from '../cases/warm-pool';
import { FreeList } from '../baselines/free-list';
import type { Limiter } from '../peers/limiters';
import { warmed, type PromisePool } from '../peers/promise-pool';
import type { Measure } from '../runner/case';
import { timed } from '../runner/timed';

/** The number of callers, and the number of connections. */
export interface Crowd {
  readonly callers: number;
  readonly size: number;
}

/** Resolved already, so that only the pool is measured. */
const done = Promise.resolve(1);
const work = (): Promise<number> => done;

const together = (
  { callers }: Crowd,
  caller: (uses: number) => Promise<unknown>,
  operations: number,
): Promise<unknown> => Promise.all(Array.from({ length: callers }, () => caller(Math.ceil(operations / callers))));

/** A caller that acquires again when its last use has ended. */
const callingAgain =
  (use: (ended: () => void) => void) =>
  (uses: number): Promise<void> =>
    new Promise((resolve) => {
      let left = uses;
      const next = (): void => {
        if (left-- === 0) resolve();
        else use(next);
      };
      next();
    });

export const listCallers = (crowd: Crowd): Measure =>
  timed((operations) => {
    const list = new FreeList(crowd.size);
    const caller = callingAgain((ended) => {
      list.acquire((resource) => {
        void work().then(() => {
          list.release(resource);
          ended();
        });
      });
    });
    return () => together(crowd, caller, operations);
  });

export const observableCallers = (crowd: Crowd): Measure =>
  timed((operations) => {
    const list = new FreeList(crowd.size);
    const use = (): Observable<number> =>
      new Observable<number>((subscriber) => {
        list.acquire((resource) => {
          void work().then((value) => {
            list.release(resource);
            subscriber.next(value);
            subscriber.complete();
          });
        });
      });
    const caller = callingAgain((complete) => {
      use().subscribe({ complete });
    });
    return () => together(crowd, caller, operations);
  });

export const awaitedCallers = (crowd: Crowd, make: (size: number) => Promise<PromisePool>): Measure =>
  timed(async (operations) => {
    const pool = await warmed(await make(crowd.size), crowd.size);
    const caller = async (uses: number): Promise<void> => {
      for (let i = 0; i < uses; i++) {
        const resource = await pool.acquire();
        await work();
        pool.release(resource);
      }
    };
    return () => together(crowd, caller, operations);
  });

export const limitedCallers = (crowd: Crowd, make: (concurrency: number) => Promise<Limiter>): Measure =>
  timed(async (operations) => {
    const limiter = await make(crowd.size);
    const caller = async (uses: number): Promise<void> => {
      for (let i = 0; i < uses; i++) await limiter.run(work);
    };
    return () => together(crowd, caller, operations);
  });

type Use = (pool: ConnectionPool<object>, ended: () => void) => void;

const subscribedCallers = (crowd: Crowd, use: Use, options: object = {}): Measure =>
  timed(async (operations) => {
    const pool = await warmPool(crowd.size, options);
    const caller = callingAgain((ended) => {
      use(pool, ended);
    });
    return () => together(crowd, caller, operations);
  });

export const usingCallers = (crowd: Crowd, options?: object): Measure =>
  subscribedCallers(
    crowd,
    (pool, complete) => {
      pool.use(work).subscribe({ complete });
    },
    options,
  );

export const acquiringCallers = (crowd: Crowd): Measure =>
  subscribedCallers(crowd, (pool, ended) => {
    pool.acquire().subscribe((lease) => {
      void work().then(() => {
        lease.release();
        ended();
      });
    });
  });

export const awaitingCallers = (crowd: Crowd): Measure =>
  timed(async (operations) => {
    const pool = await warmPool(crowd.size);
    const caller = async (uses: number): Promise<void> => {
      for (let i = 0; i < uses; i++) await lastValueFrom(pool.use(work));
    };
    return () => together(crowd, caller, operations);
  });
