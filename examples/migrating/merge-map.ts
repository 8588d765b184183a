import { catchError, from, lastValueFrom, map, mergeMap, of, toArray } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import { Client } from './client';

export async function before(items: number[]) {
  // A list of clients, each passed from one item to the next.
  const idle = await Promise.all([Client.connect(), Client.connect()]);
  const outcomes = await lastValueFrom(
    from(items).pipe(
      mergeMap((item) => {
        const client = idle.pop()!;
        return from(client.send(item).finally(() => idle.push(client))).pipe(
          map((value) => ({ value })),
          catchError((reason: unknown) => of({ reason })),
        );
      }, 2),
      toArray(),
    ),
  );
  await Promise.all(idle.map((client) => client.end()));
  return outcomes;
}

export async function after(items: number[]) {
  const pool = createPool({ connect: Client.connect, close: (client) => client.end(), max: 2 });
  const result = await lastValueFrom(
    from(items).pipe(
      withConnection(pool, (client, item) => client.send(item)),
      batchParallel(),
    ),
  );
  await pool.destroy();
  return result;
}
