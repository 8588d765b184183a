/** Other clients, each with ten connections of its own to a server that echoes what it receives. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { awaiting, TEXT, times, type Lane } from '../rpc/lanes';
import { startNats, startRedis, startServer } from '../rpc/servers';

/** `connections`: the number of connections; `inFlight`: the number of concurrent calls on each. */
export type Lanes = (connections: number, inFlight: number) => Promise<readonly Lane[]>;

type Call = () => Promise<unknown>;

/** The same concurrent calls on each of several connections. */
const onEach = async (connections: number, inFlight: number, connect: () => Promise<Call>): Promise<Lane[]> => {
  const calls = await Promise.all(times(connections, connect));
  return calls.flatMap((call) => times(inFlight, () => awaiting(call)));
};

const ioredis =
  (enableAutoPipelining: boolean): Lanes =>
  async (connections, inFlight) => {
    const port = await startRedis();
    const { Redis } = await import('ioredis');
    return onEach(connections, inFlight, async () => {
      const redis = new Redis({ host: '127.0.0.1', port, enableAutoPipelining });
      await redis.ping();
      return () => redis.echo(TEXT);
    });
  };

const undici: Lanes = async (connections, inFlight) => {
  const port = await startServer('http');
  const { Pool } = await import('undici');
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: inFlight });
  const call = async (): Promise<string> => {
    const { body } = await pool.request({ path: '/', method: 'POST', body: TEXT });
    return body.text();
  };
  return times(connections * inFlight, () => awaiting(call));
};

const nats: Lanes = async (connections, inFlight) => {
  const servers = `127.0.0.1:${await startNats()}`;
  await startServer('nats-responder', servers);
  const { connect } = await import('@nats-io/transport-node');
  return onEach(connections, inFlight, async () => {
    const client = await connect({ servers });
    return async () => (await client.request('echo', TEXT, { timeout: 10_000 })).string();
  });
};

const neovim: Lanes = async (connections, inFlight) => {
  const port = await startServer('node');
  const { Transport } = await import('neovim/lib/utils/transport.js');
  return onEach(connections, inFlight, async () => {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    const transport = new Transport();
    transport.attach(socket, socket, undefined);
    return () =>
      new Promise((resolve, reject) => {
        transport.request('echo', [TEXT], (error: Error | null, result: unknown) => {
          if (error === null) resolve(result);
          else reject(error);
        });
      });
  });
};

const msgpackRpcLite: Lanes = async (connections, inFlight) => {
  const port = await startServer('node');
  const { createClient } = (await import('msgpack-rpc-lite')).default;
  return onEach(connections, inFlight, async () => {
    const client = createClient(port, '127.0.0.1');
    await once(client, 'connect');
    return async () => (await client.request('echo', TEXT))![0] as unknown;
  });
};

export const rpcClients: Readonly<Record<string, Lanes>> = {
  ioredis: ioredis(false),
  'ioredis, auto-pipelining': ioredis(true),
  undici,
  nats,
  'neovim client': neovim,
  'msgpack-rpc-lite': msgpackRpcLite,
};
