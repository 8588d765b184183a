import { firstValueFrom } from 'rxjs';
import { Pool } from 'tarn';
import { createPool } from '../../src/index';
import { Client } from './client';

export async function before(items: number[]) {
  const pool = new Pool<Client>({ create: Client.connect, destroy: (client) => client.end(), min: 0, max: 2 });
  const settled = await Promise.allSettled(
    items.map(async (item) => {
      const client = await pool.acquire().promise;
      try {
        return await client.send(item);
      } finally {
        pool.release(client);
      }
    }),
  );
  await pool.destroy();
  return settled;
}

export async function after(items: number[]) {
  const pool = createPool({ connect: Client.connect, close: (client) => client.end(), max: 2 });
  const settled = await Promise.allSettled(
    items.map(async (item) => {
      const lease = await firstValueFrom(pool.acquire());
      try {
        return await lease.connection.send(item);
      } finally {
        lease.release();
      }
    }),
  );
  await pool.destroy();
  return settled;
}
