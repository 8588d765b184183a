import { createConnection, type Connection, type ConnectionOptions, type QueryResult } from 'mysql2/promise';
import { lastValueFrom } from 'rxjs';
import { createPool, type WorkContext } from '../../src/index';

/** Runs one statement. */
export type Query = <T extends QueryResult>(sql: string, values?: unknown[]) => Promise<T>;

export function openDatabase(config: ConnectionOptions, max = 10) {
  const connect = (): Promise<Connection> => createConnection(config);

  // One more connection, on which the statements of the others are stopped.
  const admin = createPool({ name: 'admin', max: 1, connect, close: (client) => client.end(), acquireTimeout: 2_000 });
  // Thread ids begin again when the server restarts: that of a lost connection may name another one by then.
  const isOpen = (client: Connection): boolean =>
    (client as unknown as { connection: Connection }).connection.state === 'authenticated';
  const killQuery = (client: Connection): Promise<unknown> =>
    lastValueFrom(admin.use(async (other) => isOpen(client) && other.query(`kill query ${client.threadId}`))).catch(
      () => undefined,
    );

  const pool = createPool({
    name: 'database',
    max,
    connect,
    isFatal: (_error, client) => !isOpen(client),
    // For Observable work whose caller has left: nothing of it may reach the next caller.
    onCancel: 'discard',
    close: async (client) => {
      // `end` waits behind the statement that runs.
      await killQuery(client);
      await client.end();
    },
  });

  /** Runs statements, of which the one under way is killed at the server when the caller leaves. */
  async function run<T>(
    client: Connection,
    { signal }: WorkContext,
    work: (query: Query, whenKilled: () => Promise<unknown>) => Promise<T>,
  ): Promise<T> {
    let killed: Promise<unknown> = Promise.resolve();
    const kill = (): void => {
      killed = killQuery(client);
    };
    const query: Query = async <R extends QueryResult>(sql: string, values?: unknown[]) => {
      signal.throwIfAborted();
      return (await client.query<R>(sql, values))[0];
    };
    signal.addEventListener('abort', kill);
    try {
      return await work(query, () => killed);
    } finally {
      signal.removeEventListener('abort', kill);
      // A kill that arrives late must not hit a statement of the next caller.
      await killed;
    }
  }

  /** The same in a transaction, which is rolled back when `work` fails, and when the caller leaves. */
  const transaction = <T>(client: Connection, context: WorkContext, work: (query: Query) => Promise<T>): Promise<T> =>
    run(client, context, async (query, whenKilled) => {
      await query('start transaction');
      try {
        const result = await work(query);
        await query('commit');
        return result;
      } catch (error) {
        await whenKilled();
        await client.rollback().catch(() => undefined);
        throw error;
      }
    });

  const close = async (timeout?: number): Promise<void> => {
    await pool.destroy({ timeout });
    await admin.destroy();
  };

  return { pool, run, transaction, close };
}
