/** Replies of a given size, one after the other over one connection. */
import { lastValueFrom } from 'rxjs';
import type { Measure } from '../runner/case';
import { milliseconds, warmUp } from '../runner/timed';
import { connection, nodePool, type CodecName } from './ours';
import { rawSocket } from './raw-lane';
import { rawReply } from './raw-reply';
import { startRedis, startServer } from './servers';

/** Requests one reply, and resolves when it is complete. */
type Ask = () => Promise<unknown>;

/** Prepares requests for replies of this size. */
export type Asking = (size: number) => Promise<Ask>;

const once = <T>(start: () => Promise<T>): (() => Promise<T>) => {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
};

const rawConnection = once(async () => rawSocket(await startServer('raw')));
const nodePort = once(() => startServer('node'));

export const raw: Asking = async (size) => {
  const socket = await rawConnection();
  return () => rawReply(socket, size);
};

export const ioredis: Asking = async (size) => {
  const { Redis } = await import('ioredis');
  const redis = new Redis({ host: '127.0.0.1', port: await startRedis() });
  await redis.set('reply', Buffer.alloc(size, 'x'));
  return () => redis.getBuffer('reply');
};

const httpPool = once(async () => {
  const { Pool } = await import('undici');
  return new Pool(`http://127.0.0.1:${await startServer('http')}`, { connections: 1 });
});

export const undici: Asking = async (size) => {
  const pool = await httpPool();
  return async () => {
    const { body } = await pool.request({ path: `/${size}`, method: 'GET' });
    return body.bytes();
  };
};

export const unpooled =
  (codec: CodecName): Asking =>
  async (size) => {
    const node = await connection(await nodePort(), codec);
    return () => lastValueFrom(node.call('reply', size));
  };

export const pooled =
  (codec: CodecName): Asking =>
  async (size) => {
    const pool = await nodePool(await nodePort(), codec, 1);
    return () => lastValueFrom(pool.use((node) => node.call('reply', size)));
  };

/** Milliseconds per reply; the amount is the number of replies. */
export const repliesOf =
  (asking: Asking, size: number): Measure =>
  async (count) => {
    const ask = await asking(size);
    const several = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i++) {
        const { length } = (await ask()) as ArrayLike<number>;
        if (length !== size) throw new Error(`${size} bytes were asked for, ${length} came`);
      }
    };
    await warmUp(() => several(Math.ceil(count / 4)));
    return { ms: (await milliseconds(() => several(count))) / count };
  };
