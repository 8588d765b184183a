import { Observable } from 'rxjs';
import { createPool, type ConnectionPool, type PoolOptions } from '../../src/index';

export const connect = (): Observable<object> => new Observable((subscriber) => subscriber.next({}));

/** One of our pools, with all its connections open, and with default options except for the maximum length of the queue. */
export async function warmPool(
  max: number,
  options: Omit<Partial<PoolOptions<object>>, 'max'> = {},
): Promise<ConnectionPool<object>> {
  const pool = createPool({ connect, maxPending: Infinity, ...options, max });
  await pool.warmUp(max);
  return pool;
}
