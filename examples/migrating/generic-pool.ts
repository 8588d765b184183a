import { createPool as createGenericPool } from 'generic-pool';
import { from, lastValueFrom } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import { Client } from './client';

export async function before(items: number[]) {
  const pool = createGenericPool({ create: Client.connect, destroy: (client) => client.end() }, { max: 2 });
  const settled = await Promise.allSettled(items.map((item) => pool.use((client) => client.send(item))));
  await pool.drain();
  await pool.clear();
  return settled;
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
