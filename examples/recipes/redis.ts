import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type RedisClientOptions } from 'redis';
import { lastValueFrom } from 'rxjs';
import { createPool, type WorkContext } from '../../src/index';

/** A queue of jobs in two lists: a job is always in one of them, until it is done. */
export function openQueue(options: RedisClientOptions, max = 10) {
  const connect = async () => {
    const client = createClient({
      ...options,
      // The pool opens another client.
      socket: { ...options.socket, reconnectStrategy: false },
      disableOfflineQueue: true,
    });
    // While it connects: `connect` rejects with the same error.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  type Client = Awaited<ReturnType<typeof connect>>;
  const close = (client: Client): void => {
    if (client.isOpen) client.destroy();
  };

  // One more connection, on which the others are unblocked.
  const admin = createPool({ name: 'admin', max: 1, connect, close, acquireTimeout: 2_000 });

  const pool = createPool({
    name: 'queue',
    max,
    connect,
    close,
    isFatal: (_error, client) => !client.isReady,
    onCancel: 'discard',
    // WATCH, MULTI and SUBSCRIBE of the last caller. It selects the database of that caller again.
    reset: async (client) => {
      await client.reset();
      await client.select(options.database ?? 0);
    },
  });

  /** Waits for a job and marks it as taken. A caller that leaves takes none. */
  async function take(client: Client, { signal }: WorkContext): Promise<string> {
    const id = await client.clientId();
    let waiting = true;
    let unblocked: Promise<void> = Promise.resolve();
    const unblock = async (): Promise<void> => {
      // 0: it is not blocked yet, or not any more.
      while (waiting && (await lastValueFrom(admin.use((other) => other.clientUnblock(id)))) === 0) await sleep(5);
    };
    const leave = (): void => {
      unblocked = unblock().catch(() => undefined);
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', leave);
    try {
      const job = await client.blMove('jobs', 'taken', 'LEFT', 'RIGHT', 0);
      if (job !== null && !signal.aborted) return job;
      // It came at the last moment.
      if (job !== null) await client.multi().lRem('taken', 1, job).lPush('jobs', job).exec();
      throw signal.reason;
    } finally {
      waiting = false;
      signal.removeEventListener('abort', leave);
      // An UNBLOCK that arrives late must not hit the next caller.
      await unblocked;
    }
  }

  /** Both or none: the job is not taken any more, and counts as done. */
  async function finish(client: Client, job: string): Promise<void> {
    await client.multi().lRem('taken', 1, job).hIncrBy('done', job, 1).exec();
  }

  const shutDown = async (timeout?: number): Promise<void> => {
    await pool.destroy({ timeout });
    await admin.destroy();
  };

  return { pool, take, finish, shutDown };
}
