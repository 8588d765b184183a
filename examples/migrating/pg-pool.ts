import pg, { type ClientConfig } from 'pg';
import { lastValueFrom } from 'rxjs';
import { createPool } from '../../src/index';

const query = 'select $1::int * $1::int as square, 1 / ($1::int - 3)';

export async function before(items: number[], config: ClientConfig) {
  const pool = new pg.Pool({ ...config, max: 2 });
  pool.on('error', () => undefined);
  const settled = await Promise.allSettled(items.map(async (item) => (await pool.query(query, [item])).rows[0].square));
  await pool.end();
  return settled;
}

export async function after(items: number[], config: ClientConfig) {
  const pool = createPool({
    max: 2,
    connect: async () => {
      const client = new pg.Client(config);
      await client.connect();
      return client;
    },
    close: (client) => client.end(),
  });
  const settled = await Promise.allSettled(
    items.map(async (item) => (await lastValueFrom(pool.use((client) => client.query(query, [item])))).rows[0].square),
  );
  await pool.destroy();
  return settled;
}
