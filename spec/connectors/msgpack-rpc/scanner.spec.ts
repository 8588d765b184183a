import { Inbox } from '../../../src/connectors/msgpack-rpc/inbox';
import { clientLimits, type MessageLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Ext } from '../../../src/connectors/msgpack-rpc/index';
import { Refusal } from '../../../src/connectors/msgpack-rpc/refusal';
import { collectGarbage } from '../../helpers/garbage';
import { messagesIn, nextIn, pack } from './support';

/** All messages that come out when the bytes go in, cut into chunks of a size. */
function through(bytes: Buffer, size: number, limits: Partial<MessageLimits> = {}): Buffer[] {
  const inbox = new Inbox({ ...clientLimits, ...limits });
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    inbox.push(Buffer.from(bytes.subarray(at, at + size)));
    for (const message of messagesIn(inbox)) messages.push(Buffer.from(message));
  }
  return messages;
}

const refusalOf = (bytes: Buffer, limits: Partial<MessageLimits> = {}, size = bytes.length): Refusal => {
  try {
    through(bytes, size, limits);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('finding where a message ends', () => {
  const values = [
    0, -1, null, true, 1.5, 300, -300, 70_000, -70_000, 2 ** 40, -(2 ** 40), '', 'short', 'x'.repeat(40), 'x'.repeat(300),
    'x'.repeat(70_000), Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(300), Buffer.alloc(70_000), [], {}, [[], {}, [[]]],
    new Date(0), new Date(1), new Date(-1), new Ext(5, Buffer.alloc(1)), new Ext(5, Buffer.alloc(2)), new Ext(5, Buffer.alloc(16)),
    new Ext(5, Buffer.alloc(5)), new Ext(5, Buffer.alloc(300)), new Ext(5, Buffer.alloc(70_000)), new Ext(5, Buffer.alloc(0)),
    Array.from({ length: 20 }, (_, i) => [i]), Array.from({ length: 70_000 }, (_, i) => i), { a: { b: { c: [] } } },
    Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key ${i}`, { i }])),
    Object.fromEntries(Array.from({ length: 66_000 }, (_, i) => [`${i}`, i])), new Map([[1, [2]], [3, []]]),
  ]; // prettier-ignore
  const wire = values.map(pack);
  const all = Buffer.concat(wire);

  for (const size of [1, 2, 3, 7, 64, 4095, 4096, 65_536, Infinity]) {
    it(`gives every kind of value whole, in chunks of ${size}`, () => {
      const messages = through(all, size);
      expect(messages.length).toBe(wire.length);
      expect(messages.every((message, i) => message.equals(wire[i]!))).toBeTrue();
    });
  }

  it('knows how many bytes of an unfinished message there are', () => {
    const inbox = new Inbox(clientLimits);
    inbox.push(Buffer.of(0x92, 1));
    expect(nextIn(inbox)).toBeUndefined();
    expect(inbox.partialBytes).toBe(2);
    inbox.push(Buffer.of(2, 3));
    expect(nextIn(inbox)).toEqual(Buffer.of(0x92, 1, 2));
    expect(inbox.partialBytes).toBe(0);
    expect(inbox.waitingBytes).toBe(1);
    expect(nextIn(inbox)).toEqual(Buffer.of(3));
  });

  it('refuses the one byte that is no MessagePack', () => {
    const refusal = refusalOf(Buffer.of(0x91, 0xc1));
    expect(refusal.code).toBe('RPC_PROTOCOL');
    expect(refusal.message).toContain('0xc1');
  });

  it('refuses a claim of four thousand million elements as soon as it is made', () => {
    for (const claim of [
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0x91, 0xdd, 0xff, 0xff, 0xff, 0xff],
    ]) {
      const refusal = refusalOf(Buffer.from(claim), {}, 1);
      expect(refusal.code).toBe('RPC_LIMIT');
      expect(refusal.message).toContain('maxElements');
    }
  });

  it('refuses a claim of too many bytes as soon as it is made', () => {
    for (const header of [0xc6, 0xdb, 0xc9]) {
      const refusal = refusalOf(Buffer.of(header, 0x7f, 0xff, 0xff, 0xff), {}, 1);
      expect(refusal.code).toBe('RPC_LIMIT');
      expect(refusal.message).toContain('maxMessageBytes');
    }
  });

  it('counts elements over the whole message, two for each entry of a map', () => {
    expect(through(pack([[1, 2], { a: 1 }]), 1, { maxElements: 6 }).length).toBe(1);
    expect(refusalOf(pack([[1, 2], { a: 1 }]), { maxElements: 5 }).message).toContain('maxElements');
    expect(through(pack([1, 2, 3]).fill(3, 1), 1, { maxElements: 3 }).length).toBe(1);
    expect(through(Buffer.concat([pack([1, 2, 3]), pack([1, 2, 3])]), 8, { maxElements: 3 }).length).toBe(2);
  });

  it('counts depth, the empty ones too', () => {
    expect(through(pack([[[]]]), 1, { maxDepth: 3 }).length).toBe(1);
    expect(refusalOf(pack([[[]]]), { maxDepth: 2 }).message).toContain('maxDepth');
    expect(refusalOf(pack([{ a: {} }]), { maxDepth: 2 }).message).toContain('maxDepth');
    expect(through(Buffer.concat([pack([[]]), pack([[]])]), 3, { maxDepth: 2 }).length).toBe(2);
  });

  it('counts bytes exactly, however they are cut', () => {
    for (const value of ['x'.repeat(95), Array(99).fill(1), Array(49).fill('x')]) {
      const bytes = pack(value);
      for (const size of [1, 10, bytes.length]) {
        expect(through(Buffer.concat([bytes, bytes]), size, { maxMessageBytes: bytes.length }).length).toBe(2);
        expect(refusalOf(bytes, { maxMessageBytes: bytes.length - 1 }, size).message).toContain('maxMessageBytes');
      }
    }
  });

  it('lets 60 KiB of nested array headers cost next to nothing', () => {
    const before = process.memoryUsage().heapUsed;
    for (const header of [[0x91], [0xdc, 0xff, 0xff], [0xdd, 0, 0, 0xff, 0xff], [0xde, 0xff, 0xff]]) {
      const bytes = Buffer.from(Array.from({ length: 61_440 / header.length }, () => header).flat());
      expect(refusalOf(bytes).code).toBe('RPC_LIMIT');
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024);
  });

  for (const size of [65_536, 1448]) {
    it(`copies 64 MB in chunks of ${size} little more than once, however many chunks there are`, () => {
      const inbox = new Inbox(clientLimits);
      const length = 64 * 1024 * 1024;
      const chunk = Buffer.alloc(size);
      inbox.push(Buffer.of(0xc6, 0x04, 0, 0, 0));
      expect(nextIn(inbox)).toBeUndefined();

      let copied = 0;
      const { concat } = Buffer;
      spyOn(Buffer, 'concat').and.callFake((list, total) => {
        const joined = concat(list, total);
        copied += joined.length;
        return joined;
      });
      const { copy } = Buffer.prototype;
      spyOn(Buffer.prototype, 'copy').and.callFake(function (this: Buffer, ...args: Parameters<typeof copy>) {
        const count = copy.apply(this, args) as number;
        copied += count;
        return count;
      });
      let message: Buffer | undefined;
      for (let rest = length; rest > 0; rest -= size) {
        inbox.push(rest < size ? chunk.subarray(0, rest) : chunk);
        message = nextIn(inbox);
      }
      expect(message?.length).toBe(length + 5);
      expect(copied).toBeGreaterThanOrEqual(length);
      expect(copied).toBeLessThanOrEqual(1.1 * length);
    });
  }

  it('keeps a message that comes byte by byte in memory of about its size', () => {
    const inbox = new Inbox(clientLimits);
    const size = 4_000_000;
    const block = Buffer.alloc(1);
    inbox.push(Buffer.from([0xc6, 0, 0x3d, 0x09, 0x00]));
    nextIn(inbox);
    collectGarbage();
    const before = process.memoryUsage();
    for (let i = 0; i < size - 1; i++) {
      inbox.push(block);
      nextIn(inbox);
    }
    collectGarbage();
    const now = process.memoryUsage();
    expect(now.heapUsed + now.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(10 * size);
    inbox.push(block);
    expect(nextIn(inbox)?.length).toBe(size + 5);
  });

  it('keeps waiting data in memory of about its size, even if it arrives byte by byte', () => {
    const inbox = new Inbox(clientLimits);
    const size = 65_536;
    collectGarbage();
    const before = process.memoryUsage();
    for (let i = 0; i < size; i++) inbox.push(Buffer.allocUnsafeSlow(1).fill(7));
    expect(inbox.waitingBytes).toBe(size);
    collectGarbage();
    const now = process.memoryUsage();
    expect(now.heapUsed + now.external - before.heapUsed - before.external).toBeLessThan(1024 * 1024);
    for (let i = 0; i < size; i++) expect(nextIn(inbox)).toEqual(Buffer.of(7));
    expect(nextIn(inbox)).toBeUndefined();
    expect(inbox.waitingBytes).toBe(0);
  });
});
