import { Observable } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { microtasks } from '../helpers/turns';

/** A pool of numbers in real time, that opens its connections at once, or after a number of microtasks. */
export function openPool(
  max: number,
  options: Partial<PoolOptions<number>> & { after?: number } = {},
): ConnectionPool<number> {
  const { after = 0, ...others } = options;
  let dials = 0;
  return createPool<number>({
    name: 'numbers',
    max,
    connect: () =>
      new Observable((subscriber) => {
        const dial = dials++;
        if (after === 0) subscriber.next(dial);
        else void microtasks(after).then(() => subscriber.next(dial));
      }),
    ...others,
  });
}
