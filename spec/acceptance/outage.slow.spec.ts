import { Client } from 'pg';
import { lastValueFrom, Observable, range } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import type { BatchResult, ConnectionPool } from '../../src/index';
import * as ix from '../../src/ix/index';
import { expectNothingHeld } from '../helpers/marbles';
import { postgresql } from '../helpers/postgres';

describe('a batch of 400 items, while PostgreSQL is restarted', () => {
  const postgres = postgresql();

  const connect = (): Observable<Client> =>
    new Observable((subscriber) => {
      const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = postgres().env;
      const client = new Client({ host: host!, port: Number(port), user: user!, database: database! });
      client.on('error', (error) => subscriber.error(error));
      client.on('end', () => subscriber.complete());
      client.connect().then(
        () => subscriber.next(client),
        (error: unknown) => subscriber.error(error),
      );
      return () => void client.end().catch(() => undefined);
    });

  type Batch = (
    pool: ConnectionPool<Client>,
    work: (client: Client, item: number) => Promise<number>,
  ) => Observable<BatchResult<number | undefined>>;

  const batches: Record<string, Batch> = {
    pushed: (pool, work) => range(0, 400).pipe(withConnection(pool, work), batchParallel(8)),
    pulled: (pool, work) => ix.fromPull(ix.batchParallel(8)(ix.withConnection(pool, work)(range400()))),
  };

  function* range400(): Generator<number> {
    for (let i = 0; i < 400; i++) yield i;
  }

  for (const [name, batch] of Object.entries(batches)) {
    it(`loses only the items in progress when the server stopped: ${name}`, async () => {
      const pool = createPool({
        connect,
        max: 8,
        // The server announces its shutdown before the connection ends.
        isFatal: (error) =>
          /^57P0|not queryable|terminated/.test(`${(error as { code?: string }).code} ${String(error)}`),
      });
      let restarted: Promise<void> | undefined;
      const work = async (client: Client, item: number): Promise<number> => {
        if (item === 100) restarted = postgres().restart(2_000);
        await client.query('select pg_sleep(0.02)');
        return item;
      };
      const { successful, failed, unstarted } = await lastValueFrom(batch(pool, work));
      await restarted;
      expect(successful.length + failed.length).toBe(400);
      expect(unstarted).toBe(0);
      // The maximum number of items in progress.
      expect(failed.length).toBeGreaterThan(0);
      expect(failed.length).toBeLessThanOrEqual(8);
      expectNothingHeld(pool);
      await pool.destroy();
    });
  }
});
