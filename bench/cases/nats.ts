import { connect as connectClient } from '@nats-io/transport-node';
import { lastValueFrom } from 'rxjs';
import { connectNats, type NatsConnection } from '../../src/connectors/nats/index';
import { createPool } from '../../src/index';
import { rpcClients, type Lanes } from '../peers/rpc-clients';
import { awaiting, calling, subscribing, TEXT, times } from '../rpc/lanes';
import { startNats, startServer } from '../rpc/servers';
import { secondary, type Case, type Contender, type Measure } from '../runner/case';
import { collectGarbage } from '../runner/timed';

const CONNECTIONS = 1;

async function startResponder(): Promise<string> {
  const servers = `127.0.0.1:${await startNats()}`;
  await startServer('nats-responder', servers);
  return servers;
}

/** A connection without a pool; it stays open. */
const connection = (servers: string): Promise<NatsConnection> =>
  new Promise((resolve, reject) => {
    connectNats(servers)().subscribe({ next: resolve, error: reject });
  });

const pooled: Lanes = async (connections, inFlight) => {
  const connect = connectNats(await startResponder());
  const pool = createPool({ connect, max: connections, capacity: inFlight });
  await pool.warmUp(connections);
  return times(connections * inFlight, () => subscribing(() => pool.use((nats) => nats.request('echo', TEXT))));
};

const unpooled: Lanes = async (connections, inFlight) => {
  const servers = await startResponder();
  const opened = await Promise.all(times(connections, () => connection(servers)));
  return opened.flatMap((nats) => times(inFlight, () => subscribing(() => nats.request('echo', TEXT))));
};

/** Without the error that the client creates for each request in order to report where a failed request was made. */
const untraced: Lanes = async (connections, inFlight) => {
  const servers = await startResponder();
  const opened = await Promise.all(times(connections, () => connectClient({ servers, noAsyncTraces: true })));
  return opened.flatMap((client) =>
    times(inFlight, () => awaiting(async () => (await client.request('echo', TEXT, { timeout: 10_000 })).string())),
  );
};

const bare = 'bare client';
const ours = 'pool.use, connectNats';

const natsCase = (inFlight: number): Case => {
  const contender = (name: string, kind: Contender['kind'], lanes: Lanes): Contender => ({
    name,
    kind,
    measure: calling(() => lanes(CONNECTIONS, inFlight)),
  });
  const title = `NATS over one connection, ${inFlight} ${inFlight === 1 ? 'request' : 'requests'} in flight`;
  return {
    id: `nats-${inFlight}`,
    title,
    about:
      'One nats-server and one responder, each in a process of its own; each request sends 16 characters and gets them back. The bare client sends them ' +
      'as they are, connectNats as MessagePack.',
    amount: { full: 3_000, quick: 1_000 },
    metrics: [
      { key: 'rate', title: 'requests a second' },
      { key: 'p50', title: 'p50, ms', digits: 3 },
      { key: 'p99', title: 'p99, ms', digits: 3 },
      { key: 'cpu', title: 'CPU of the client, µs', digits: 1 },
    ],
    contenders: [
      contender(bare, 'baseline', rpcClients['nats']!),
      { ...contender('bare client, noAsyncTraces', 'peer', untraced), ...secondary },
      { ...contender('connectNats', 'ours', unpooled), ...secondary },
      contender(ours, 'ours', pooled),
    ],
    targets: [
      { what: 'pool.use ÷ bare client', unit: '×', value: (m) => m(ours) / m(bare), atLeast: 0.9 },
      {
        what: 'CPU of bare client ÷ of pool.use',
        unit: '×',
        value: (m) => m(bare, 'cpu') / m(ours, 'cpu'),
        atLeast: 0.9,
      },
    ],
    ...(inFlight === 10 ? { headline: { what: `${title}: requests a second`, ours, baseline: bare, more: true } } : {}),
  };
};

export const natsRequests: readonly Case[] = [1, 10, 100].map(natsCase);

const MB = 1024 * 1024;

/** The use of the heap and of external memory after a tenth of the requests, and how much higher both are at the end. */
const held =
  (request: (servers: string) => Promise<() => Promise<unknown>>): Measure =>
  async (count) => {
    const one = await request(await startResponder());
    const run = async (requests: number): Promise<number> => {
      let left = requests;
      const lane = async (): Promise<void> => {
        while (left-- > 0) await one();
      };
      await Promise.all(times(100, lane));
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return (heapUsed + external) / MB;
    };
    const start = await run(count / 10);
    return { growth: (await run((count / 10) * 9)) - start, start };
  };

export const natsMemory: Case = {
  id: 'nats-memory',
  title: 'The memory of a million requests over NATS, 100 in flight',
  about:
    'The heap in use after a collection, and what is outside of it: after the first tenth of the requests, and by how much that has grown at the end. A tenth as many in the quick suite.',
  amount: { full: 1_000_000, quick: 100_000 },
  rounds: { full: 1, quick: 1 },
  metrics: [
    { key: 'growth', title: 'growth, MB', digits: 2 },
    { key: 'start', title: 'after a tenth, MB', digits: 2 },
  ],
  contenders: [
    {
      name: 'bare client, noAsyncTraces',
      kind: 'peer',
      measure: held(async (servers) => {
        const client = await connectClient({ servers, noAsyncTraces: true });
        return () => client.request('echo', TEXT, { timeout: 10_000 });
      }),
    },
    {
      name: ours,
      kind: 'ours',
      measure: held(async (servers) => {
        const pool = createPool({ connect: connectNats(servers), max: 1, capacity: 100 });
        return () => lastValueFrom(pool.use((nats) => nats.request('echo', TEXT)));
      }),
    },
  ],
  targets: [{ what: 'growth', unit: ' MB', value: (m) => m(ours), atMost: 2 }],
};
