import { connectNode, serveNode, type RpcLimits } from '../../../src/connectors/msgpack-rpc/index';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Refusal } from '../../../src/connectors/msgpack-rpc/refusal';
import { Scanner } from '../../../src/connectors/msgpack-rpc/scanner';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import { isWhole } from '../../helpers/effort';
import { codecs } from './codecs';
import { envelopes, shapes, smallIntegers, wrapped } from './costly-shapes';
import { cpuCost } from './cpu-cost';
import { RandomChoices } from './hostile-bytes';
import { MemorySocket } from './memory-socket';
import { pack } from './support';

/** What the message is refused for, read in chunks of this size; its count of bytes in memory if it is not. */
function scanned(bytes: Buffer, limits: Partial<RpcLimits> = {}, size = bytes.length): string | number {
  const scanner = new Scanner({ ...clientLimits, ...limits });
  try {
    for (let at = 0; at < bytes.length; at += size) scanner.scan(bytes, at, Math.min(at + size, bytes.length));
    return scanner.decodedBytes;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const numbered = (count: number, last: unknown = 0): Map<unknown, unknown> =>
  new Map<unknown, unknown>([...Array.from({ length: count - 1 }, (_, i) => [i, null] as const), [last, null]]);
const named = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i}`, null]));

describe('a map', () => {
  for (const size of [1, 7, Infinity]) {
    it(`of keys that are no text has at most maxMapEntries, in chunks of ${size}`, () => {
      const step = (bytes: Buffer): number => Math.min(size, bytes.length);
      const keys = [-1, 2 ** 40, 0.5, 2n ** 60n, null, true, Buffer.of(1), Buffer.of(), new Date(0), [], [1], { a: 1 }];
      for (const key of keys) {
        const enough = pack([numbered(256, key)]);
        const tooMany = pack([new Map<unknown, unknown>([...Object.entries(named(256)), [key, null]])]);
        expect(scanned(enough, {}, step(enough))).toEqual(jasmine.any(Number));
        expect(scanned(tooMany, {}, step(tooMany))).toBe(
          'RPC_LIMIT: a map of 257 entries with a key that is not a text, where 256 are allowed (maxMapEntries)',
        );
      }
      const inside = pack([[1, new Map([[[{ deep: [numbered(257, -1)] }], 1]])]]);
      expect(scanned(inside, {}, step(inside))).toContain('(maxMapEntries)');
    });
  }

  it('of texts has as many keys as maxElements allows', () => {
    expect(scanned(pack([named(70_000)]))).toEqual(jasmine.any(Number));
    expect(scanned(pack([{ a: [1, 2, 3], b: { c: 1, d: [] }, e: {} }]), { maxMapEntries: 1 })).toEqual(
      jasmine.any(Number),
    );
  });

  it('has no key of more than maxKeyBytes, wherever the message is cut', () => {
    for (const most of [5, 31, 40, 300, 8192, 70_000]) {
      const right = pack({ ['x'.repeat(most)]: 'y'.repeat(most + 1), b: ['z'.repeat(most + 1)] });
      const wrong = pack({ a: 1, ['x'.repeat(most + 1)]: 2 });
      for (const size of [1, 3, right.length]) {
        expect(scanned(right, { maxKeyBytes: most }, size)).toEqual(jasmine.any(Number));
        expect(scanned(wrong, { maxKeyBytes: most }, size)).toBe(
          `RPC_LIMIT: a key of ${most + 1} bytes in a map, where ${most} are allowed (maxKeyBytes)`,
        );
      }
    }
  });

  for (const [name, create] of Object.entries(codecs)) {
    for (const [how, envelope] of Object.entries(envelopes)) {
      it(`whose keys may all collide is refused before it is decoded, in ${how}, with ${name}`, () => {
        for (const shape of shapes.filter(({ refused }) => refused === true)) {
          const codec = create();
          let decoded = 0;
          const watched = { encode: codec.encode, decode: (bytes: Uint8Array) => (decoded++, codec.decode(bytes)) };
          const wire = new MemorySocket();
          const { role } = envelope;
          const ends: (Error | undefined)[] = [];
          const config = { target: 'peer', codec: watched, limits: clientLimits, methods: new Map(), role } as const;
          const session = new Session(wire.socket, config, (error) => ends.push(error));
          wire.hear(wrapped(envelope, shape.fill(2 ** 16, new RandomChoices(1, 1))));
          expect(ends)
            .withContext(shape.name)
            .toEqual([jasmine.objectContaining({ code: 'RPC_LIMIT' })]);
          expect(decoded).withContext(shape.name).toBe(0);
          session.close();
        }
      });
    }

    it(`keeps two keys of no bytes apart, with ${name}`, () => {
      const map = create().decode(
        Buffer.from('92 84 c400 01 c400 02 c70005 03 c70005 04 81 c400 05'.replaceAll(' ', ''), 'hex'),
      );
      const [four, one] = map as [Map<unknown, number>, Map<unknown, number>];
      expect([...four.values(), ...one.values()]).toEqual([1, 2, 3, 4, 5]);
    });
  }
});

describe('what a message becomes', () => {
  it('is counted, wherever it is cut, and the same for the next', () => {
    for (const value of [[1, 2], { a: 1, 12: 2, 13: 3 }, ['x'.repeat(300), Buffer.alloc(70), 1.5, 2n ** 60n, new Date(1)], numbered(9, {})]) {
      const bytes = pack([value]);
      const whole = scanned(bytes);
      expect(whole).toEqual(jasmine.any(Number));
      for (const size of [1, 2, 5]) expect(scanned(bytes, {}, size)).toBe(whole);
      const scanner = new Scanner(clientLimits);
      const twice = Buffer.concat([bytes, bytes]);
      const end = scanner.scan(twice, 0, twice.length);
      expect(scanner.scan(twice, end, twice.length)).toBe(twice.length);
      expect(scanner.decodedBytes).toBe(whole as number);
    }
  }); // prettier-ignore

  it('is at most maxDecodedBytes, which a header that claims more goes beyond at once', () => {
    for (const value of ['x'.repeat(1000), Buffer.alloc(1000), Array(100).fill(1.5), named(20), { 12: 1, 13: 1 }, numbered(9)]) {
      const bytes = pack(value);
      const count = scanned(bytes) as number;
      for (const size of [1, bytes.length]) {
        expect(scanned(bytes, { maxDecodedBytes: count }, size)).toBe(count);
        expect(scanned(bytes, { maxDecodedBytes: count - 1 }, size)).toMatch(/^RPC_LIMIT: .*\(maxDecodedBytes\)$/);
      }
    }
    for (const claim of ['db000f4240', 'c6000f4240', 'dd000f4240', 'df000f4240']) {
      expect(scanned(Buffer.from(claim, 'hex'), { maxDecodedBytes: 100_000 })).toContain('(maxDecodedBytes)');
    }
  }); // prettier-ignore

  it('of 6.4 MiB of small maps is more than the default allows', () => {
    const bytes = Buffer.alloc(5 + 5 * 1_330_000, Buffer.from('81a23132c0', 'hex'));
    bytes.set([0xdd, 0, 0x14, 0x4b, 0x50]);
    expect(scanned(bytes)).toContain('(maxDecodedBytes)');
  });
});

describe('the limits of maps and memory', () => {
  it('are integers of at least 1, or Infinity', () => {
    for (const name of ['maxMapEntries', 'maxKeyBytes', 'maxDecodedBytes']) {
      expect(() => connectNode('localhost:1', { limits: { [name]: 0 } })).toThrowError(
        new RegExp(`limits\\.${name} must be`),
      );
      expect(() => connectNode('localhost:1', { limits: { [name]: Infinity } })).not.toThrow();
    }
  });

  it('hold for a node, too', async () => {
    await expectAsync(serveNode({ methods: {}, limits: { maxMapEntries: 1.5 } })).toBeRejectedWithError(
      /limits\.maxMapEntries must be/,
    );
  });
});

// To measure a cost takes seconds.
if (isWhole)
  describe('no message within the limits', () => {
    // A generous bound: what is measured on a machine with nothing else to do is in docs/reliability.md.
    // To measure a cost takes seconds.
    if (isWhole)
      it('costs many times the CPU time of small integers', async () => {
        const random = new RandomChoices(1, 1);
        const envelope = envelopes['a call of what is not there'];
        const codec = codecs['msgpack-lite']!();
        const size = 128 * 1024;
        const bytesOf = (shape: (typeof shapes)[number]): Buffer => wrapped(envelope, shape.fill(size, random));
        const base = await cpuCost(bytesOf(smallIntegers), envelope, codec, 2, 30);
        for (const shape of shapes) {
          const cost = await cpuCost(bytesOf(shape), envelope, codec, 2, 5);
          expect(cost / base)
            .withContext(shape.name)
            .toBeLessThan(60);
        }
      }, 60_000);
  });
