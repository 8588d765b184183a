import { connect as connectClient } from '@nats-io/transport-node';
import { connectNats, type NatsConnection } from '../../src/connectors/nats/index';
import { createPool } from '../../src/index';
import { rpcClients, type Lanes } from '../peers/rpc-clients';
import { awaiting, calling, subscribing, TEXT, times } from '../rpc/lanes';
import { startNats, startServer } from '../rpc/servers';
import { secondary, type Case, type Contender } from '../runner/case';

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

/** Without the error that the client makes for each request, so that a failed one can say where it was made. */
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
  return {
    id: `nats-${inFlight}`,
    title: `NATS over one connection, ${inFlight} ${inFlight === 1 ? 'request' : 'requests'} in flight`,
    about:
      'One nats-server and one responder, each in a process of its own; each request sends 16 characters and gets them back. The bare client sends them ' +
      'as they are, connectNats as MessagePack.',
    amount: { full: 3_000, quick: 400 },
    metrics: [
      { key: 'rate', title: 'requests a second' },
      { key: 'p50', title: 'p50, ms', digits: 3 },
      { key: 'p99', title: 'p99, ms', digits: 3 },
    ],
    contenders: [
      contender(bare, 'baseline', rpcClients['nats']!),
      { ...contender('bare client, noAsyncTraces', 'peer', untraced), ...secondary },
      { ...contender('connectNats', 'ours', unpooled), ...secondary },
      contender(ours, 'ours', pooled),
    ],
    targets: [{ what: 'pool.use ÷ bare client', unit: '×', value: (m) => m(ours) / m(bare), atLeast: 0.9 }],
  };
};

export const natsRequests: readonly Case[] = [1, 10, 100].map(natsCase);
