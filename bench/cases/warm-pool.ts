import { Observable } from 'rxjs';
import { createPool, type ConnectionPool, type PoolOptions } from '../../src/index';

export const connect = (): Observable<object> => new Observable((subscriber) => subscriber.next({}));

/** A pool of ours with everything at its default but the bound of the line, and all its connections open. */
export async function warmPool(
  max: number,
  options: Omit<Partial<PoolOptions<object>>, 'max'> = {},
): Promise<ConnectionPool<object>> {
  const pool = createPool({ connect, maxPending: Infinity, ...options, max });
  await pool.warmUp(max);
  return pool;
}
