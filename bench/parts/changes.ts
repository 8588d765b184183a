import { of } from 'rxjs';
import { warmPool } from '../cases/warm-pool';
import type { Measure } from '../runner/case';
import { milliseconds, warmUp } from '../runner/timed';
import { warmCore } from './core';

/** The cost of one change to the core with this number of subscribers to the stats, and with no other activity. */
export const changesAlone =
  (subscribers: number): Measure =>
  async (changes) => {
    const { pool, core } = await warmCore(10);
    let seen = 0;
    for (let i = 0; i < subscribers; i++) pool.stats$.subscribe(() => seen++);
    const change = (count: number): void => {
      for (let i = 0; i < count; i++) core['changed'](); // eslint-disable-line @typescript-eslint/dot-notation -- it is private
    };
    await warmUp(() => {
      change(changes / 4);
    });
    const ms = await milliseconds(() => {
      change(changes);
    });
    return { ns: ms / changes / 1e-6 };
  };

/** The cost of one change within a use, which makes several; also the number of these. */
export const changesInUse =
  (subscribers: number): Measure =>
  async (uses) => {
    const pool = await warmPool(10);
    let seen = 0;
    for (let i = 0; i < subscribers; i++) pool.stats$.subscribe(() => seen++);
    const one$ = of(1);
    const work = () => one$;
    const use = (count: number): void => {
      for (let i = 0; i < count; i++) pool.use(work).subscribe();
    };
    await warmUp(() => {
      use(uses / 4);
    });
    const before = pool.stats.seq;
    const ms = await milliseconds(() => {
      use(uses);
    });
    return { use: ms / uses / 1e-6, changes: (pool.stats.seq - before) / uses };
  };
