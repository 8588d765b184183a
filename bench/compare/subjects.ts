import { EventEmitter } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { createPool, type Lease } from '../../src/index';
import type { MakeSubject } from './subject';

export const ours: MakeSubject = async ({ max, acquireTimeout, connect, disconnect }) => {
  const pool = createPool({ connect, close: disconnect, max, acquireTimeout, maxPending: 1_000_000 });
  return {
    acquire: () => firstValueFrom(pool.acquire()),
    release: (lent) => {
      (lent as Lease<object>).release();
    },
    discard: (lent) => {
      (lent as Lease<object>).discard();
    },
    close: () => pool.destroy({ timeout: 1_000 }),
    waiting: () => pool.stats.pendingAcquires,
  };
};

const genericPool: MakeSubject = async ({ max, acquireTimeout, connect, disconnect }) => {
  const { createPool: create } = (await import('generic-pool')).default;
  const pool = create({ create: connect, destroy: disconnect }, { max, acquireTimeoutMillis: acquireTimeout });
  pool.on('factoryCreateError', () => {});
  return {
    acquire: () => Promise.resolve(pool.acquire()),
    release: (lent) => void Promise.resolve(pool.release(lent)).catch(() => {}),
    discard: (lent) => void pool.destroy(lent),
    close: () => Promise.resolve(pool.drain()).then(() => pool.clear()),
    waiting: () => pool.pending,
  };
};

const tarn: MakeSubject = async ({ max, acquireTimeout, connect, disconnect }) => {
  const { Pool } = await import('tarn');
  const broken = new WeakSet();
  const pool = new Pool<object>({
    create: connect,
    destroy: disconnect,
    validate: (resource) => !broken.has(resource),
    min: 0,
    max,
    acquireTimeoutMillis: acquireTimeout,
    propagateCreateError: false,
  });
  return {
    acquire: () => pool.acquire().promise,
    release: (lent) => void pool.release(lent),
    // It closes a connection only when it is about to lend it again and finds it broken.
    discard: (lent) => {
      broken.add(lent);
      pool.release(lent);
    },
    close: () => pool.destroy(),
    waiting: () => pool.numPendingAcquires(),
  };
};

const lightningPool: MakeSubject = async ({ max, acquireTimeout, connect, disconnect }) => {
  const { Pool } = await import('lightning-pool');
  const pool = new Pool<object>(
    { create: connect, destroy: disconnect },
    { max, maxQueue: 10_000_000, acquireTimeoutMillis: acquireTimeout },
  );
  return {
    acquire: () => pool.acquire(),
    release: (lent) => {
      pool.release(lent);
    },
    discard: (lent) => {
      pool.destroy(lent);
    },
    close: () =>
      new Promise((resolve) => {
        pool.close(1_000, resolve);
      }),
    waiting: () => pool.pending,
  };
};

const pgPool: MakeSubject = async ({ max, acquireTimeout, connect, disconnect }) => {
  const { default: Pool } = await import('pg-pool');
  class Client extends EventEmitter {
    _queryable = true;
    private connection: object = this;
    connect(callback: (error?: Error) => void): void {
      connect().then((connection) => {
        this.connection = connection;
        callback();
      }, callback);
    }
    end(callback?: () => void): void {
      void disconnect(this.connection).then(callback);
    }
  }
  const pool = new Pool({ Client, max, connectionTimeoutMillis: acquireTimeout });
  pool.on('error', () => {});
  return {
    acquire: () => pool.connect(),
    release: (lent) => {
      (lent as { release(): void }).release();
    },
    discard: (lent) => {
      (lent as { release(broken: boolean): void }).release(true);
    },
    close: () => pool.end(),
    waiting: () => pool.waitingCount,
  };
};

/** Ours first. */
export const subjects: Readonly<Record<string, MakeSubject>> = {
  'rxjs-connection-pool': ours,
  'generic-pool': genericPool,
  tarn,
  'lightning-pool': lightningPool,
  'pg-pool': pgPool,
};
