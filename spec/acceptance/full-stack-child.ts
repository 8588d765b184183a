// Acquires from a pool with less and less of the stack left, and reports the number of depths after which it no longer serves. To be run
// without an optimising compiler, so that a frame has one size.
import { config, from, mergeAll, of, take } from 'rxjs';
import { batchOutcomes, createPool, withConnection } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import { effort } from '../helpers/effort';
import { opensAtOnce } from '../helpers/marbles';

config.onUnhandledError = () => undefined;
const ignore = (): void => undefined;

const asks: Record<string, (pool: ConnectionPool<string>) => void> = {
  acquire: (pool) => {
    pool.acquire().subscribe((lease) => {
      lease.release();
    });
  },
  use: (pool) => {
    pool.use(() => of(1)).subscribe({ error: ignore });
  },
  task: (pool) => {
    of(1)
      .pipe(
        withConnection(pool, () => of(1)),
        mergeAll(),
      )
      .subscribe({ error: ignore });
  },
  batch: (pool) => {
    from([1])
      .pipe(
        withConnection(pool, () => of(1)),
        batchOutcomes(1),
      )
      .subscribe({ error: ignore });
  },
  stream: (pool) => {
    pool.pipe(take(1)).subscribe({
      next: (lease) => {
        lease.release();
      },
      error: ignore,
    });
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

for (const [name, ask] of Object.entries(asks).slice(0, effort(2, Infinity))) {
  let stuck = 0;
  let full = 0;
  // Down to where there has been enough stack for a while.
  for (let depth = deepest, roomFor = 0; roomFor < 20; depth--) {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    pool.use(() => of(1)).subscribe();
    try {
      down(depth, () => {
        ask(pool);
      });
      roomFor++;
    } catch {
      full++;
      roomFor = 0;
    }
    await turn();
    let served = false;
    pool.use(() => of(1)).subscribe({ next: () => (served = true), error: ignore });
    if (!served || pool.stats.activeLeases > 0 || pool.stats.pendingAcquires > 0) stuck++;
    void pool.destroy({ timeout: 0 });
    for (let turns = 0; turns < 5; turns++) await turn();
    if (pool.stats.state !== 'destroyed') stuck++;
  }
  console.log(`${name}: ${full > 20 ? 'tried' : 'never full'}, ${stuck} stuck`);
}
process.exit(0);
