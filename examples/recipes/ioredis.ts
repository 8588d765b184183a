import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { lastValueFrom } from 'rxjs';
import { createPool, type WorkContext } from '../../src/index';

/** A queue of jobs in two lists: a job is always in one of them, until it is done. */
export function openQueue(options: Omit<RedisOptions, 'replyMapping'>, max = 10) {
  const connect = async (): Promise<Redis> => {
    const client = new Redis({
      ...options,
      lazyConnect: true,
      // The pool opens another client. One that reconnects sends commands again that may have been done.
      retryStrategy: () => null,
      enableOfflineQueue: false,
      // RESET goes back to it.
      protocol: 2,
    });
    // While it connects: `connect` rejects with the same error.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const close = (client: Redis): void => client.disconnect();

  // One more connection, on which the others are unblocked.
  const admin = createPool({ name: 'admin', max: 1, connect, close, acquireTimeout: 2_000 });

  const pool = createPool({
    name: 'queue',
    max,
    connect,
    close,
    isFatal: (_error, client) => client.status !== 'ready',
    onCancel: 'discard',
    // WATCH, MULTI, SUBSCRIBE and SELECT of the last caller; it also logs out.
    reset: async (client) => {
      await client.reset();
      if (options.password !== undefined) await client.auth(options.username ?? 'default', options.password);
      if (options.db !== undefined) await client.select(options.db);
    },
  });

  /** Waits for a job and marks it as taken. A caller that leaves takes none. */
  async function take(client: Redis, { signal }: WorkContext): Promise<string> {
    const id = await client.client('ID');
    let waiting = true;
    let unblocked: Promise<void> = Promise.resolve();
    const unblock = async (): Promise<void> => {
      // 0: it is not blocked yet, or not any more.
      while (waiting && (await lastValueFrom(admin.use((other) => other.client('UNBLOCK', id)))) === 0) await sleep(5);
    };
    const leave = (): void => {
      unblocked = unblock().catch(() => undefined);
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', leave);
    try {
      const job = await client.blmove('jobs', 'taken', 'LEFT', 'RIGHT', 0);
      if (job !== null && !signal.aborted) return job;
      // It came at the last moment.
      if (job !== null) await client.multi().lrem('taken', 1, job).lpush('jobs', job).exec();
      throw signal.reason;
    } finally {
      waiting = false;
      signal.removeEventListener('abort', leave);
      // An UNBLOCK that arrives late must not hit the next caller.
      await unblocked;
    }
  }

  /** Both or none: the job is not taken any more, and counts as done. */
  async function finish(client: Redis, job: string): Promise<void> {
    const results = await client.multi().lrem('taken', 1, job).hincrby('done', job, 1).exec();
    for (const [error] of results ?? []) if (error !== null) throw error;
  }

  const shutDown = async (timeout?: number): Promise<void> => {
    await pool.destroy({ timeout });
    await admin.destroy();
  };

  return { pool, take, finish, shutDown };
}
