import { genericPoolOverMsgpackLite } from '../peers/pooled-msgpack-lite';
import { rpcClients, type Lanes } from '../peers/rpc-clients';
import { calling, subscribing, TEXT, times } from '../rpc/lanes';
import { codecs, connection, nodePool } from '../rpc/ours';
import { rawLane, rawSocket } from '../rpc/raw-lane';
import { startServer } from '../rpc/servers';
import { secondary, type Case, type Contender } from '../runner/case';

const CONNECTIONS = 10;

const raw =
  (joined: boolean): Lanes =>
  async (connections, inFlight) => {
    const port = await startServer('raw');
    const sockets = await Promise.all(times(connections, () => rawSocket(port)));
    return sockets.map((socket) => rawLane(socket, inFlight, joined));
  };

const pooled =
  (codec: (typeof codecs)[number]): Lanes =>
  async (connections, inFlight) => {
    const pool = await nodePool(await startServer('node'), codec, connections, inFlight);
    return times(connections * inFlight, () => subscribing(() => pool.use((node) => node.call('echo', TEXT))));
  };

const unpooled =
  (codec: (typeof codecs)[number]): Lanes =>
  async (connections, inFlight) => {
    const port = await startServer('node');
    const nodes = await Promise.all(times(connections, () => connection(port, codec)));
    return nodes.flatMap((node) => times(inFlight, () => subscribing(() => node.call('echo', TEXT))));
  };

const pipelining = 'ioredis, auto-pipelining';
const handmade = 'generic-pool, msgpack-lite';
const fast = 'pool.use, msgpackr';
const lite = 'pool.use, msgpack-lite';

/** The contenders that the figures are computed from; the quick suite runs only these. */
const primary = new Set(['raw socket', pipelining, 'undici', handmade, fast, lite]);

const contenders = (inFlight: number): readonly Contender[] => {
  const contender = (name: string, kind: Contender['kind'], lanes: Lanes): Contender => ({
    name,
    kind,
    measure: calling(() => lanes(CONNECTIONS, inFlight)),
    ...(primary.has(name) ? {} : secondary),
  });
  return [
    contender('raw socket', 'baseline', raw(true)),
    ...(inFlight > 1 ? [contender('raw socket, each written by itself', 'baseline', raw(false))] : []),
    ...Object.entries(rpcClients).map(([name, lanes]) => contender(name, 'peer', lanes)),
    ...(inFlight === 1 ? [contender(handmade, 'peer', genericPoolOverMsgpackLite)] : []),
    ...codecs.flatMap((codec) => [
      contender(`pool.use, ${codec}`, 'ours', pooled(codec)),
      contender(`connectNode, ${codec}`, 'ours', unpooled(codec)),
    ]),
  ];
};

const metrics = [
  { key: 'rate', title: 'calls a second' },
  { key: 'p50', title: 'p50, ms', digits: 3 },
  { key: 'p99', title: 'p99, ms', digits: 3 },
];
const about =
  'The server is another process; each call sends 16 characters and gets them back. The clients of MessagePack-RPC talk to the same ' +
  '`serveNode`, ioredis to redis-server, undici to an HTTP server of Node, nats through nats-server to a responder.';

export const oneCall: Case = {
  id: 'calls-1',
  title: 'RPC over 10 connections, one call in flight on each',
  about,
  amount: { full: 1_500, quick: 400 },
  metrics,
  contenders: contenders(1),
  targets: [
    { what: 'msgpackr ÷ raw socket', unit: '×', value: (m) => m(fast) / m('raw socket'), atLeast: 0.6, beyond: 0.7 },
    { what: 'msgpackr ÷ undici', unit: '×', value: (m) => m(fast) / m('undici'), atLeast: 1.6 },
    {
      what: 'msgpack-lite ÷ generic-pool over msgpack-lite',
      unit: '×',
      value: (m) => m(lite) / m(handmade),
      atLeast: 1.2,
    },
  ],
  headline: {
    what: 'RPC by msgpackr, one call in flight on each of 10: calls a second',
    ours: fast,
    baseline: 'raw socket',
    more: true,
  },
  guarded: { ours: fast, against: 'raw socket', more: true },
};

export const tenCalls: Case = {
  id: 'calls-10',
  title: 'RPC over 10 connections, 10 calls in flight on each',
  about,
  amount: { full: 1_500, quick: 400 },
  metrics,
  contenders: contenders(10),
  targets: [
    {
      what: 'msgpackr ÷ ioredis auto-pipelining',
      unit: '×',
      value: (m) => m(fast) / m(pipelining),
      atLeast: 1.1,
      beyond: 1.35,
    },
    {
      what: 'its p99 ÷ that of ioredis',
      unit: '×',
      value: (m) => m(fast, 'p99') / m(pipelining, 'p99'),
      atMost: 0.5,
    },
    { what: 'msgpack-lite ÷ undici', unit: '×', value: (m) => m(lite) / m('undici'), atLeast: 1 },
  ],
  headline: {
    what: 'RPC by msgpackr, 10 calls in flight on each of 10: calls a second',
    ours: fast,
    baseline: 'raw socket',
    more: true,
  },
  guarded: { ours: fast, against: 'raw socket', more: true },
};
