import { isDeepStrictEqual } from 'node:util';
import { createLiteCodec, type Codec } from '../../../src/connectors/msgpack-rpc/index';
import { ByteAccumulator } from '../../../src/connectors/msgpack-rpc/byte-accumulator';
import { Inbox, type Receive } from '../../../src/connectors/msgpack-rpc/inbox';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { releaseBuffer, concatPooled } from '../../../src/connectors/msgpack-rpc/buffer-pool';
import { wireCodecOf } from '../../../src/connectors/msgpack-rpc/wire-codec';
import { codecs } from './codecs';
import { until } from '../../helpers/turns';
import { after, answerOf, nextIn, pack, scene, type RawPeer } from './support';

const MB = 1024 * 1024;
const lite = createLiteCodec();

/** The codec of a user: its results refer to its input, as with many libraries. */
const windows: Codec = {
  encode: (value) => lite.encode(value),
  decode: (bytes) => {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return (lite.decode(bytes) as unknown[]).map((part) => {
      if (!Buffer.isBuffer(part)) return part;
      const at = all.indexOf(part);
      return all.subarray(at, at + part.length);
    });
  },
};
const everyCodec = { ...codecs, 'one that keeps windows': () => windows };

/** Bytes that are different everywhere, and for each seed. */
function bytesOf(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2_654_435_761) + seed;
  return Buffer.from(words.buffer, 0, length);
}

describe('a large message', () => {
  const { open, serve, rawServer, rawClient } = scene();

  for (const [name, create] of Object.entries(everyCodec)) {
    it(`arrives as it was among small ones (${name})`, async () => {
      const sizes = [1, 20_000, 65_530, 65_536, 70_000, 300_000, MB, 5 * MB + 3];
      const value = (i: number): Buffer => bytesOf(sizes[i]!, i);
      const node = await serve({ methods: { get: value, echo: (given: unknown) => given }, codec: create() });
      const { connection } = await open(node.target, { codec: create() });
      for (const i of sizes.keys()) {
        const [got, echoed] = await Promise.all(
          [connection.call('get', i), connection.call('echo', value(i))].map((call) => answerOf(call)),
        );
        expect((got as Buffer).equals(value(i))).toBeTrue();
        expect((echoed as Buffer).equals(value(i))).toBeTrue();
      }
    });

    it(`is not touched by what comes after it (${name})`, async () => {
      const { target } = await rawServer((client) =>
        client.onMessage(([, id, , [size]]) => client.send([1, id, null, bytesOf(size, id)])),
      );
      const { connection } = await open(target, { codec: create() });
      const answers: Buffer[] = [];
      for (const size of [10, 100, 5000, 100_000, 2 * MB, 2 * MB, 100_000, 5000, 100, 10]) {
        answers.push((await answerOf(connection.call('get', size))) as Buffer);
      }
      for (const [i, answer] of answers.entries()) expect(answer.equals(bytesOf(answer.length, i + 1))).toBeTrue();
    });
  }

  it('may come in pieces of any size, with others before it, in it and behind it', async () => {
    const { target, clients } = await rawServer(() => {});
    const { connection } = await open(target);
    await until(() => clients.length === 1);
    const [node] = clients as [RawPeer];
    const first = answerOf(connection.call('x'));
    const second = answerOf(connection.call('y'));
    await until(() => node.messages.length === 2);
    const parts = [bytesOf(400_000, 1), bytesOf(150_000, 2), bytesOf(70_000, 3), 'behind'];
    const wire = Buffer.concat([pack([2, 'before', []]), pack([1, 1, null, parts]), pack([1, 2, null, parts[0]])]);
    for (let at = 0, size = 1; at < wire.length; at += size, size = (size * 7) % 30_011) {
      node.socket.write(wire.subarray(at, at + size));
      if (size % 3 === 0) await after(0);
    }
    expect(isDeepStrictEqual(await first, parts)).toBeTrue();
    expect(isDeepStrictEqual(await second, parts[0])).toBeTrue();
  });

  for (const [name, create] of Object.entries(codecs)) {
    it(`is left where it was read, and keeps little else alive (${name})`, () => {
      const codec = wireCodecOf(create());
      const decoded = (result: unknown): { value: any; memory: Buffer } => {
        const inbox = new Inbox(clientLimits);
        const wire = pack([1, 1, null, result]);
        inbox.push(wire.subarray(0, 100_000));
        expect(nextIn(inbox)).toBeUndefined();
        const read = wire.copy(inbox.space(Infinity)!, 0, 100_000);
        inbox.filled(read);
        let value: any;
        let memory!: Buffer;
        const receive: Receive = (bytes, start, end, hold) => {
          memory = bytes;
          value = (codec.decode(bytes, start, end, hold) as unknown[])[3];
        };
        if (!inbox.next(receive)) {
          inbox.push(wire.subarray(100_000 + read));
          inbox.next(receive);
        }
        // A matcher compares byte by byte.
        expect(isDeepStrictEqual(value, result)).toBeTrue();
        return { value, memory };
      };
      const alone = decoded(bytesOf(MB, 1));
      expect(alone.value.buffer).toBe(alone.memory.buffer);
      expect(alone.memory.buffer.byteLength).toBeLessThan(MB + 20);
      const beside = decoded([bytesOf(1000, 2), bytesOf(MB, 1)]);
      expect(beside.value[0].buffer).not.toBe(beside.memory.buffer);
      expect(beside.value[1].buffer).toBe(beside.memory.buffer);
      const before = decoded([bytesOf(MB, 1), bytesOf(1000, 2)]);
      expect(before.value[1].buffer).not.toBe(before.memory.buffer);
      const many = Array.from({ length: 3 }, (_, i) => bytesOf(200_000, i));
      const third = decoded(new Map([[1, many]]));
      for (const bytes of third.value.get(1)) expect(bytes.buffer).not.toBe(third.memory.buffer);
    });
  }

  it('has no memory for what it merely claims', () => {
    const gathered = new ByteAccumulator();
    const claimed = 100 * MB;
    gathered.append(Buffer.alloc(10), claimed);
    expect(gathered.space(claimed, Infinity).buffer.byteLength).toBeLessThanOrEqual(1024);
    gathered.append(Buffer.alloc(10_000), claimed);
    expect(gathered.space(claimed, Infinity).buffer.byteLength).toBeLessThan(MB);
    gathered.append(Buffer.alloc(2 * MB), claimed);
    expect(gathered.space(claimed, Infinity).length).toBe(claimed);
    expect(gathered.space(claimed, 1000).length).toBe(1000);
    expect(gathered.take().length).toBe(10_010 + 2 * MB);
  });

  describe('on its way out', () => {
    it('is in memory that is used again when it has left, and not before', () => {
      const parts = [bytesOf(MB, 1), bytesOf(MB, 2)];
      const first = concatPooled(parts);
      const second = concatPooled(parts);
      expect(second.buffer).not.toBe(first.buffer);
      const memory = first.buffer;
      releaseBuffer(first);
      const shorter = concatPooled(parts.slice(1));
      expect(shorter.buffer).toBe(memory);
      expect(shorter.equals(parts[1]!)).toBeTrue();
      // Returned once for each time that it was lent, by its last holder.
      releaseBuffer(first);
      expect(concatPooled(parts).buffer).not.toBe(memory);
      releaseBuffer(shorter);
      releaseBuffer(second);
      // Not for what is much smaller.
      const small = concatPooled([bytesOf(MB - 1, 3), Buffer.alloc(1)]);
      expect(small.buffer.byteLength).toBeLessThanOrEqual(2 * MB);
    });

    it('stays as it is until the other side has taken it, while others leave', async () => {
      const node = await serve({
        methods: { get: (size: number, seed: number) => bytesOf(size, seed), wait: async () => 'waited' },
        limits: { maxUnsentBytes: 100 * MB },
      });
      const slow = await rawClient(node.target);
      slow.socket.pause();
      for (let id = 1; id <= 4; id++) slow.send([0, id, 'get', [7 * MB, id]]);
      const { connection, close } = await open(node.target);
      for (let i = 1; i <= 5; i++) {
        const answer = (await answerOf(connection.call('get', 6 * MB, 10 * i))) as Buffer;
        expect(answer.equals(bytesOf(6 * MB, 10 * i))).toBeTrue();
      }
      // One that leaves in the middle gives nothing back.
      const gone = await rawClient(node.target);
      gone.socket.pause();
      gone.send([0, 1, 'get', [7 * MB, 99]]);
      await after(10);
      gone.socket.resetAndDestroy();
      close();
      slow.socket.resume();
      await until(() => slow.messages.length === 4);
      for (const [, id, , bytes] of slow.messages as any[]) expect(bytes.equals(bytesOf(7 * MB, id))).toBeTrue();
    });

    it('is not kept by the result of a foreign codec, though it wraps a built-in one', async () => {
      const sent: Uint8Array[] = [];
      const keep = (value: unknown): Uint8Array => {
        const frame = lite.encode(value);
        sent.push(frame);
        return frame;
      };
      const changed = createLiteCodec();
      Object.assign(changed, { encode: keep });
      for (const codec of [{ ...lite, encode: keep }, changed]) {
        const node = await serve({ methods: { get: (seed: number) => bytesOf(3 * MB, seed) }, codec });
        const { connection } = await open(node.target);
        for (let i = 0; i < 3; i++) await answerOf(connection.call('get', i));
      }
      expect(sent.length).toBe(6);
      for (const [i, frame] of sent.entries()) {
        expect(((lite.decode(frame) as unknown[])[3] as Buffer).equals(bytesOf(3 * MB, i % 3))).toBeTrue();
      }
    });
  });
});
