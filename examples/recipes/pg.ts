import { Client, DatabaseError, type ClientConfig, type QueryResult } from 'pg';
import { lastValueFrom } from 'rxjs';
import { createPool, type WorkContext } from '../../src/index';

/** Runs one query of a transaction. */
export type Query = (text: string, values?: unknown[]) => Promise<QueryResult>;

export function openDatabase(config: ClientConfig = {}, max = 10) {
  const connect = async (): Promise<Client> => {
    const client = new Client({ keepAlive: true, ...config });
    await client.connect();
    return client;
  };

  // One more connection, on which the queries of the others are stopped.
  const admin = createPool({ name: 'admin', max: 1, connect, close: (client) => client.end(), acquireTimeout: 2_000 });
  const stop = (call: string, client: Client): Promise<unknown> => {
    const { processID } = client as Client & { processID?: number };
    return lastValueFrom(admin.use((other) => other.query(`select ${call}`, [processID])));
  };

  const pool = createPool({
    name: 'database',
    max,
    connect,
    // The server announces its shutdown as the error of a query, before the connection ends.
    isFatal: (error) => error instanceof DatabaseError && /^(57P|08|25P03)/.test(error.code ?? ''),
    // For Observable work whose caller has left: nothing of it may reach the next caller.
    onCancel: 'discard',
    close: async (client) => {
      // The server would finish the query of a client that has left.
      await stop('pg_terminate_backend($1, 3000)', client).catch(() => undefined);
      await client.end();
    },
  });

  /** Runs queries, of which the one under way is cancelled at the server when the caller leaves. */
  async function run<T>(
    client: Client,
    { signal }: WorkContext,
    work: (query: Query, whenCancelled: () => Promise<unknown>) => Promise<T>,
  ): Promise<T> {
    let cancelled: Promise<unknown> = Promise.resolve();
    const cancel = (): void => {
      cancelled = stop('pg_cancel_backend($1)', client).catch(() => undefined);
    };
    const query: Query = async (text, values) => {
      signal.throwIfAborted();
      return client.query(text, values);
    };
    signal.addEventListener('abort', cancel);
    try {
      return await work(query, () => cancelled);
    } finally {
      signal.removeEventListener('abort', cancel);
      // A cancel that arrives late must not hit a query of the next caller.
      await cancelled;
    }
  }

  /** The same in a transaction, which is rolled back when `work` fails, and when the caller leaves. */
  const transaction = <T>(client: Client, context: WorkContext, work: (query: Query) => Promise<T>): Promise<T> =>
    run(client, context, async (query, whenCancelled) => {
      await query('begin');
      try {
        const result = await work(query);
        await query('commit');
        return result;
      } catch (error) {
        await whenCancelled();
        await client.query('rollback').catch(() => undefined);
        throw error;
      }
    });

  const close = async (timeout?: number): Promise<void> => {
    await pool.destroy({ timeout });
    await admin.destroy();
  };

  return { pool, run, transaction, close };
}
