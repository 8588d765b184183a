import * as fc from 'fast-check';
import { takeUntil, timer } from 'rxjs';
import { builtinMethods, createLiteCodec } from '../../../src/connectors/msgpack-rpc/index';
import { Inbox } from '../../../src/connectors/msgpack-rpc/inbox';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Refusal } from '../../../src/connectors/msgpack-rpc/refusal';
import { effort } from '../../helpers/effort';
import { codecs } from './codecs';
import { filled, fillings } from './hostile-bytes';
import { memoryFor, trial } from './trial';
import { until } from '../../helpers/turns';
import { answerOf, messagesIn, pack, scene } from './support';

const codec = createLiteCodec();
/** Of the inputs that go over sockets; said when one of them is the one too many. */
const seed = Date.now() % 2 ** 31;

/** Bytes that are more often headers than chance would have it. */
const header = fc.constantFrom(0x00, 0x81, 0x92, 0xa1, 0xa9, 0xc0, 0xc4, 0xc7, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd9, 0xdc, 0xdd, 0xde, 0xdf, 0xff); // prettier-ignore
const byte = fc.oneof({ weight: 3, arbitrary: header }, { weight: 2, arbitrary: fc.nat(4) }, fc.nat(255));
const noise = fc.array(byte, { minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
/** A message that was right until something happened to it. */
const mutated = fc
  .tuple(fc.nat(3), fc.jsonValue(), fc.array(fc.tuple(fc.nat(), byte), { maxLength: 4 }), fc.nat())
  .map(([type, value, changes, cut]) => {
    const bytes = pack([type, 1, 'echo', [value]]);
    for (const [at, to] of changes) bytes[at % bytes.length] = to;
    return bytes.subarray(0, 1 + (cut % bytes.length));
  });
const input = fc.oneof(noise, mutated);

/** The messages in some bytes, and why the rest was refused, if it was. */
function read(bytes: Buffer, cuts: number[]): { messages: Buffer[]; refusal: string | undefined } {
  const inbox = new Inbox({ ...clientLimits, maxElements: 10_000 });
  const messages: Buffer[] = [];
  const borders = [0, ...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].sort((a, b) => a - b);
  try {
    for (let i = 1; i < borders.length; i++) {
      inbox.push(Buffer.from(bytes.subarray(borders[i - 1], borders[i])));
      for (const message of messagesIn(inbox)) messages.push(Buffer.from(message));
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { messages, refusal: error.message };
  }
  return { messages, refusal: undefined };
}

describe('whatever comes in', () => {
  const { open, serve, rawServer, rawClient } = scene();

  it('is read alike wherever it is cut, and what is found whole can be decoded', () => {
    fc.assert(
      fc.property(input, fc.array(fc.nat(), { maxLength: 10 }), (bytes, cuts) => {
        const whole = read(bytes, []);
        expect(read(bytes, cuts)).toEqual(whole);
        for (const message of whole.messages) codec.decode(message);
      }),
      { numRuns: effort(500, 5_000) },
    );
  });

  it('comes back as it was when it was a value', () => {
    const value = fc.anything({
      withBigInt: false,
      withDate: false,
      withNullPrototype: false,
      withObjectString: false,
      values: [
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
      ],
    });
    fc.assert(
      fc.property(value, (given) => {
        expect(codec.decode(codec.encode([given]))).toEqual([given]);
        expect(read(pack([given]), [1, 2, 3]).messages.length).toBe(1);
      }),
      { numRuns: effort(200, 2_000) },
    );
  });

  it('closes for invalid bytes, sends nothing but messages, and is independent of chunks and codecs', async () => {
    // Most of the time would be spent on the stacks of errors, which are not read.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      for (let index = 0; index < effort(150, 3_000); index++) await trial(seed, index);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    expect().nothing();
  }, 600_000);

  it('costs a few megabytes for 64 KiB at the most', () => {
    for (const name of ['msgpack-lite', 'msgpackr']) {
      const codec = codecs[name]!();
      for (const filling of fillings.slice(0, effort(3, fillings.length))) {
        // What a collection happens to leave of others, or of the garbage of this, can only add to it.
        const costs = Array.from({ length: effort(1, 3) }, () =>
          memoryFor(filled(filling, 65_536, false), 'server', codec),
        );
        const cost = Math.min(...costs);
        expect(cost)
          .withContext(`${name}, filled with ${Buffer.from(filling).toString('hex')}`)
          .toBeLessThan(16 * 1024 * 1024);
      }
    }
  });

  it('harms no other client of a node', async () => {
    const node = await serve({ methods: { echo: builtinMethods.echo } });
    const { connection } = await open(node.target);
    for (const bytes of fc.sample(input, { numRuns: effort(50, 200), seed })) {
      const client = await rawClient(node.target);
      client.socket.end(bytes);
      await until(() => client.closed);
    }
    expect(await answerOf(connection.call('echo', 'alive')))
      .withContext(`seed ${seed}`)
      .toBe('alive');
    await until(() => node.connections$.value === 1);
  });

  it('ends a call with an answer or an error, and nothing else', async () => {
    const inputs = fc.sample(input, { numRuns: effort(50, 200), seed });
    const { target } = await rawServer((client) => client.onMessage(() => client.socket.end(inputs.pop()!)));
    let ended = 0;
    const runs = inputs.length;
    for (let i = 0; i < runs; i++) {
      const { connection, close } = await open(target);
      await new Promise<void>((resolve) => {
        const end = () => {
          ended++;
          resolve();
        };
        connection
          .call('x')
          .pipe(takeUntil(timer(60_000)))
          .subscribe({ error: end, complete: end });
      });
      close();
    }
    expect(ended).withContext(`seed ${seed}`).toBe(runs);
  });
});
