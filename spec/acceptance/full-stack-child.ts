// Acquires from a pool with less and less of the stack left, and reports the number of depths after which it no longer serves. To be run
// without an optimising compiler, so that a frame has one size.
import { config, firstValueFrom, from, mergeAll, of, take } from 'rxjs';
import { batchOutcomes, createPool, withConnection } from '../../src/index';
import type { ConnectionPool, Lease } from '../../src/index';
import { effort } from '../helpers/effort';
import { opensAtOnce } from '../helpers/marbles';

/** Of the last caller: the outcomes that a handler has received, and the unhandled errors that were reported. */
let outcomes = 0;
let reported = 0;
/** Its handler has received a lease, and had no stack left to release it. */
let keptLease: boolean;
const told = (): void => {
  outcomes++;
};
config.onUnhandledError = () => {
  reported++;
};
const ignore = (): void => undefined;
const observer = { next: told, error: told, complete: told };
const leaseObserver = {
  ...observer,
  next: (lease: Lease<string>) => {
    outcomes++;
    keptLease = true;
    lease.release();
    keptLease = false;
  },
};

const asks: Record<string, (pool: ConnectionPool<string>) => void> = {
  acquire: (pool) => {
    pool.acquire().subscribe(leaseObserver);
  },
  use: (pool) => {
    pool.use(() => of(1)).subscribe(observer);
  },
  task: (pool) => {
    of(1)
      .pipe(
        withConnection(pool, () => of(1)),
        mergeAll(),
      )
      .subscribe(observer);
  },
  batch: (pool) => {
    from([1])
      .pipe(
        withConnection(pool, () => of(1)),
        batchOutcomes(1),
      )
      .subscribe(observer);
  },
  stream: (pool) => {
    pool.pipe(take(1)).subscribe(leaseObserver);
  },
};

function down(depth: number, then: () => void): void {
  if (depth > 0) down(depth - 1, then);
  else then();
}

function fits(depth: number): boolean {
  try {
    down(depth, ignore);
    return true;
  } catch {
    return false;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

await turn();
let deepest = 1;
while (fits(2 * deepest)) deepest *= 2;
for (let step = deepest; step >= 1; step = Math.floor(step / 2)) if (fits(deepest + step)) deepest += step;

/** What happens with a full stack: the call of a caller that is served at once, or waits; the release that serves a waiter. */
const moments = ['served at once', 'served later', 'served by a release'];

for (const [name, ask] of Object.entries(asks).slice(0, effort(2, Infinity))) {
  for (const moment of moments) {
    let stuck = 0;
    let full = 0;
    let untold = 0;
    // Down to where there has been enough stack for a while.
    for (let depth = deepest, roomFor = 0; roomFor < 20; depth--) {
      const pool = createPool({
        connect: () => opensAtOnce('a'),
        max: 1,
        acquireTimeout: Infinity,
        idleTimeout: Infinity,
        maxLifetime: Infinity,
      });
      const lease = await firstValueFrom(pool.acquire());
      if (moment === 'served at once') lease.release();
      outcomes = reported = 0;
      keptLease = false;
      if (moment === 'served by a release') ask(pool);
      let threw = false;
      try {
        down(depth, () => {
          if (moment === 'served by a release') lease.release();
          else ask(pool);
        });
        roomFor++;
      } catch {
        full++;
        threw = moment !== 'served by a release';
        roomFor = 0;
      }
      lease.release();
      await turn();
      // What never came to the pool, RxJS itself has lost: it drops the second error of a subscription.
      const wasLent = pool.stats.acquired > 1;
      let served = false;
      pool.use(() => of(1)).subscribe({ next: () => (served = true), error: ignore });
      await turn();
      // RxJS reports what a handler of a stream throws, if the report fits on the stack, and the pool does not see it: the lease is left to
      // the garbage collector.
      const isLeft = name === 'stream' && (reported > 0 || keptLease);
      const { activeLeases, pendingAcquires } = pool.stats;
      if (!isLeft && (!served || activeLeases + pendingAcquires > 0)) stuck++;
      void pool.destroy({ timeout: 0 });
      for (let turns = 0; turns < 5; turns++) await turn();
      if (pool.stats.state !== 'destroyed') stuck++;
      // A handler that does not fit on the stack either is reported.
      const seen = name === 'acquire' ? outcomes : outcomes + reported;
      if (wasLent && !threw && seen === 0) untold++;
    }
    const tried = full > 5 ? 'tried' : 'never full';
    console.log(`${name}, ${moment}: ${tried}, ${stuck} stuck, ${untold} without an outcome`);
  }
}
process.exit(0);
