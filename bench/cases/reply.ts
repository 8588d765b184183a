import { codecs } from '../rpc/ours';
import { ioredis, pooled, raw, repliesOf, undici, unpooled, type Asking } from '../rpc/replies';
import { secondary, type Case, type Contender } from '../runner/case';

const SIZE = 64 * 1024 * 1024;

const baseline = 'raw socket, a list of chunks';
const contender = (name: string, kind: Contender['kind'], asking: Asking): Contender => ({
  name,
  kind,
  measure: repliesOf(asking, SIZE),
  ...(kind === 'peer' ? secondary : {}),
});

export const largeReply: Case = {
  id: 'reply',
  title: 'An RPC answer of 64 MB',
  about:
    'One connection, one answer after the other, from another process; the time until all of it is there as bytes.',
  amount: { full: 8, quick: 3 },
  rounds: { full: 5, quick: 1 },
  metrics: [{ key: 'ms', title: 'ms per answer', digits: 1 }],
  contenders: [
    contender(baseline, 'baseline', raw),
    contender('ioredis', 'peer', ioredis),
    contender('undici', 'peer', undici),
    ...codecs.flatMap((codec) => [
      { ...contender(`connectNode, ${codec}`, 'ours', unpooled(codec)), ...secondary },
      contender(`pool.use, ${codec}`, 'ours', pooled(codec)),
    ]),
  ],
  targets: codecs.map((codec) => ({
    what: `${codec} ÷ list of chunks`,
    unit: '×',
    value: (m) => m(`pool.use, ${codec}`) / m(baseline),
    atMost: 1.5,
  })),
  headline: { what: 'an RPC answer of 64 MB, msgpack-lite: ms', ours: 'pool.use, msgpack-lite', baseline },
  guarded: { ours: 'pool.use, msgpack-lite', against: baseline },
};
