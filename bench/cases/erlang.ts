import {
  atom,
  connectErlangNode,
  decodeTerm,
  encodeTerm,
  tuple,
  type ErlangConnection,
} from '../../src/connectors/erlang/index';
import { createPool } from '../../src/index';
import { bareErlang, bareLane } from '../baselines/erlang-client';
import { rateOfErlang, startErlangNode } from '../rpc/erlang-nodes';
import { calling, subscribing, TEXT, times } from '../rpc/lanes';
import { secondary, type Case, type Contender, type Measure } from '../runner/case';
import { curveOf } from '../runner/curve';

const CONNECTIONS = 10;
const ECHO = tuple(atom('echo'), TEXT);
const server = (i: number): string => `echo_${i % 10}`;

const bare = (inFlight: number, monitored: boolean, connections = CONNECTIONS): Measure =>
  calling(async () => {
    const node = await startErlangNode();
    const clients = await Promise.all(
      Array.from({ length: connections }, (_, i) => bareErlang(node, server(i), monitored)),
    );
    return clients.map((client) => bareLane(client, inFlight));
  });

const pooled = (inFlight: number, connections = CONNECTIONS): Measure =>
  calling(async () => {
    const { name, port, cookie } = await startErlangNode();
    const pool = createPool({
      connect: connectErlangNode(name, { port, cookie }),
      max: connections,
      capacity: inFlight,
    });
    await pool.warmUp(connections);
    return Array.from({ length: connections * inFlight }, (_, i) =>
      subscribing(() => pool.use((node) => node.call(server(i), ECHO))),
    );
  });

const unpooled =
  (inFlight: number): Measure =>
  (ms) =>
    calling(async () => {
      const { name, port, cookie } = await startErlangNode();
      const connect = (): Promise<ErlangConnection> =>
        new Promise((resolve, reject) => {
          connectErlangNode(name, { port, cookie })().subscribe({ next: resolve, error: reject });
        });
      const nodes = await Promise.all(times(CONNECTIONS, connect));
      return nodes.flatMap((node, i) => times(inFlight, () => subscribing(() => node.call(server(i), ECHO))));
    })(ms);

const itself =
  (inFlight: number): Measure =>
  async (ms) => ({ rate: await rateOfErlang(await startErlangNode(), CONNECTIONS * inFlight, ms) });

const ours = 'pool.use, connectErlangNode';
const hand = 'client by hand';
const watched = 'client by hand, with monitors';
const erlang = 'Erlang itself';

const erlangCase = (inFlight: number): Case => {
  const contenders: readonly Contender[] = [
    { name: hand, kind: 'baseline', measure: bare(inFlight, false) },
    { name: watched, kind: 'baseline', measure: bare(inFlight, true) },
    { name: erlang, kind: 'peer', measure: itself(inFlight) },
    { name: ours, kind: 'ours', measure: pooled(inFlight) },
    { name: 'connectErlangNode', kind: 'ours', measure: unpooled(inFlight), ...secondary },
  ];
  return {
    id: `erlang-${inFlight}`,
    title: `Calls to a gen_server over 10 connections, ${inFlight} in flight on each`,
    about:
      'A node of Erlang with ten gen_servers in a process of its own; each call sends 16 characters and gets them back. The clients by hand write frames that were made before, ' +
      'and look at no answer. Erlang itself calls from another node, over the one connection that there is between two nodes.',
    amount: { full: 2_000, quick: 1_000 },
    metrics: [
      { key: 'rate', title: 'calls a second' },
      { key: 'p50', title: 'p50, ms', digits: 3 },
      { key: 'p99', title: 'p99, ms', digits: 3 },
      { key: 'cpu', title: 'CPU of the client, µs', digits: 1 },
    ],
    contenders,
    targets: [
      inFlight === 1
        ? { what: `pool.use ÷ ${watched}`, unit: '×', value: (m) => m(ours) / m(watched), atLeast: 0.6 }
        : { what: 'pool.use ÷ Erlang itself', unit: '×', value: (m) => m(ours) / m(erlang), atLeast: 0.5 },
      // On a busy machine this ratio is stable; the number of calls per second is not.
      {
        what: `CPU of ${watched} ÷ of pool.use`,
        unit: '×',
        value: (m) => m(watched, 'cpu') / m(ours, 'cpu'),
        atLeast: inFlight === 1 ? 0.6 : 0.5,
      },
    ],
    headline: {
      what: `calls to an Erlang gen_server, ${inFlight} in flight on each of 10 connections: calls a second`,
      ours,
      baseline: watched,
      more: true,
    },
  };
};

export const erlangCalls: readonly Case[] = [erlangCase(1), erlangCase(10)];

const sizes = [1, 2, 5, 10, 20, 50, 100, 200];

const perCall =
  (measure: Measure): Measure =>
  async (ms) => ({ ns: 1e9 / (await measure(ms))['rate']! });

export const growthOfErlang: Case = curveOf({
  id: 'growth-erlang',
  title: 'Calls to a gen_server, by the number of connections',
  about: 'One call in flight on each; the wall-clock time per call of one process. One connection alone mostly waits.',
  x: 'connections',
  y: 'ns per call',
  xs: sizes,
  amount: { full: 500, quick: 300 },
  lines: [
    { name: watched, kind: 'baseline', key: 'ns', at: (size) => perCall(bare(1, true, size)) },
    { name: ours, kind: 'ours', key: 'ns', at: (size) => perCall(pooled(1, size)) },
  ],
  targets: [
    { what: 'at 200 ÷ at 10', unit: '×', value: (m) => m(ours, '200') / m(ours, '10'), atMost: 1.25 },
    {
      what: `at 200, ÷ at 10 of ${watched}`,
      unit: '×',
      value: (m) => m(ours, '200') / m(ours, '10') / (m(watched, '200') / m(watched, '10')),
      atMost: 1.25,
    },
  ],
});

const message = tuple(
  tuple(atom('reply'), 123_456),
  tuple(atom('ok'), 'a text of forty letters or thereabouts..', 5, { a: 1 }),
);

/** What `erlang_js` is given is the same term, in its own classes. */
const others = async () => {
  const { Erlang } = (await import('erlang_js')).default;
  const term = await new Promise<unknown>((resolve, reject) => {
    Erlang.binary_to_term(encodeTerm(message), (error, value) =>
      error instanceof Error ? reject(error) : resolve(value),
    );
  });
  return { Erlang, term };
};

const codec = (id: 'decode' | 'encode', ours: () => unknown, peer: () => Promise<() => unknown>): Case => ({
  id: `erlang-${id}`,
  title: `One message of Erlang, ${id === 'decode' ? 'read' : 'written'}`,
  about: 'A tuple of two tuples, with atoms, integers, a text of 40 letters and a map of one entry.',
  amount: { full: 300_000, quick: 50_000 },
  metrics: [{ key: 'ns', title: 'ns each' }],
  contenders: [
    { name: 'erlang_js', kind: 'peer', measure: async (n) => codecCost(await peer(), n) },
    { name: 'connectErlangNode', kind: 'ours', measure: (n) => codecCost(ours, n) },
  ],
  targets: [{ what: 'ours ÷ erlang_js', unit: '×', value: (m) => m('connectErlangNode') / m('erlang_js'), atMost: 1 }],
});

const codecCost = async (work: () => unknown, count: number): Promise<{ ns: number }> => {
  for (let i = 0; i < count / 4; i++) work();
  const begun = performance.now();
  for (let i = 0; i < count; i++) work();
  return { ns: ((performance.now() - begun) * 1e6) / count };
};

const bytes = encodeTerm(message);

export const erlangCodec: readonly Case[] = [
  codec(
    'decode',
    () => decodeTerm(bytes),
    async () => {
      const { Erlang } = await others();
      return () => Erlang.binary_to_term(bytes, () => {});
    },
  ),
  codec(
    'encode',
    () => encodeTerm(message),
    async () => {
      const { Erlang, term } = await others();
      return () => Erlang.term_to_binary(term, () => {});
    },
  ),
];
