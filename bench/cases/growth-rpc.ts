/** How cost grows with the number of connections and with what they carry. */
import { calling, subscribing, TEXT, times, type Lane } from '../rpc/lanes';
import { codecs, nodePool } from '../rpc/ours';
import { rawLane, rawSocket } from '../rpc/raw-lane';
import { pooled, raw, repliesOf, undici, type Asking } from '../rpc/replies';
import { startServer } from '../rpc/servers';
import type { Case, Measure } from '../runner/case';
import { curveOf, decades } from '../runner/curve';

/** The time of one call is the other side of calls a second. */
const perCall =
  (prepare: () => Promise<readonly Lane[]>): Measure =>
  async (ms) => ({ ns: 1e9 / (await calling(prepare)(ms))['rate']! });

export const growthOfConnections: Case = curveOf({
  id: 'growth-connections',
  title: 'RPC, by the number of connections',
  about: 'One call in flight on each; the wall-clock time per call of one process. One connection alone mostly waits.',
  x: 'connections',
  y: 'ns per call',
  xs: decades(1, 1000),
  amount: { full: 500, quick: 200 },
  lines: [
    {
      name: 'raw socket',
      kind: 'baseline',
      key: 'ns',
      at: (connections) =>
        perCall(async () => {
          const port = await startServer('raw');
          const sockets = await Promise.all(times(connections, () => rawSocket(port)));
          return sockets.map((socket) => rawLane(socket, 1, true));
        }),
    },
    ...codecs.map((codec) => ({
      name: `pool.use, ${codec}`,
      kind: 'ours' as const,
      key: 'ns',
      at: (connections: number) =>
        perCall(async () => {
          const pool = await nodePool(await startServer('node'), codec, connections);
          return times(connections, () => subscribing(() => pool.use((node) => node.call('echo', TEXT))));
        }),
    })),
  ],
  targets: [
    {
      what: 'at 1,000 ÷ at 10',
      unit: '×',
      value: (m) => m('pool.use, msgpackr', '1000') / m('pool.use, msgpackr', '10'),
      atMost: 2,
    },
  ],
});

const MB = 1024 * 1024;
const payloads = [10, 100, 1000, 10_000, 100_000, MB, 10 * MB, 64 * MB];

/** As many as say something, of megabytes fewer than of bytes. */
const replies =
  (asking: Asking) =>
  (size: number): Measure =>
  async (amount) => {
    const { ms } = await repliesOf(asking, size)(Math.max(4, Math.min(amount, Math.ceil((200 * MB) / size))));
    return { us: ms! * 1000 };
  };

export const growthOfPayload: Case = curveOf({
  id: 'growth-payload',
  title: 'RPC, by the size of the answer',
  about: 'One connection, one answer after the other.',
  x: 'bytes in the answer',
  y: 'µs per answer',
  xs: payloads,
  amount: { full: 4000, quick: 1000 },
  lines: [
    { name: 'raw socket', kind: 'baseline', at: replies(raw), key: 'us' },
    { name: 'undici', kind: 'peer', at: replies(undici), key: 'us' },
    ...codecs.map((codec) => ({
      name: `pool.use, ${codec}`,
      kind: 'ours' as const,
      at: replies(pooled(codec)),
      key: 'us',
    })),
  ],
  targets: [
    {
      what: 'each byte, of 64 MB ÷ of 1 MB',
      unit: '×',
      value: (m) => m('pool.use, msgpackr', String(64 * MB)) / 64 / m('pool.use, msgpackr', String(MB)),
      atMost: 1.5,
    },
  ],
});
