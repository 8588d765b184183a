import * as fc from 'fast-check';
import { atom, decodeTerm, encodeTerm, tuple } from '../../../src/connectors/erlang/index';
import { ErlangError } from '../../../src/connectors/erlang/errors';
import { TermRefusal, termLimits } from '../../../src/connectors/erlang/terms/limits';
import { FrameReader } from '../../../src/connectors/erlang/wire/frame-reader';
import { Handshake } from '../../../src/connectors/erlang/wire/handshake';
import { Incoming } from '../../../src/connectors/erlang/wire/incoming';
import { LocalNode } from '../../../src/connectors/erlang/wire/local-node';
import { collectGarbage } from '../../helpers/garbage';
import { after, failureOf } from '../msgpack-rpc/support';
import { framed32, named, ScriptedNode } from './scripted-node';
import { answerOf, scene } from './support';
import { anyTerm } from './term-arbitrary';

const NAME = 'worker@127.0.0.1';
const config = { target: NAME, cookie: 'secret', name: undefined, hostname: '127.0.0.1' };
const local = new LocalNode(atom('CLIENT@127.0.0.1'), 7);

describe('bytes of a hostile node', () => {
  const { open, serve } = scene();

  it('in a handshake do nothing but fail it', () => {
    const challenge = Buffer.concat([Buffer.from('N'), Buffer.alloc(8, 0xff), Buffer.alloc(8), Buffer.of(0, NAME.length), Buffer.from(NAME)]); // prettier-ignore
    const right = [Buffer.concat([Buffer.from('s'), named('C@h')]), challenge, Buffer.concat([Buffer.from('a'), Buffer.alloc(16)])]; // prettier-ignore
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.constantFrom(...right), change, fc.nat(80)).map(([bytes, changes, cut]) => {
        const copy = Buffer.from(bytes);
        for (const [at, to] of changes) copy[at % copy.length] = to;
        return copy.subarray(0, Math.max(1, copy.length - (cut % 20)));
      }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (messages) => {
        const handshake = new Handshake(config);
        handshake.begin();
        let done = false;
        try {
          for (const bytes of messages) {
            const answer = handshake.receive(bytes);
            done = answer !== undefined && !(answer instanceof Uint8Array);
          }
        } catch (error) {
          if (!(error instanceof ErlangError)) throw error;
          expect(error.message).not.toContain('secret');
        }
        // Without the right cookie the handshake fails.
        expect(done).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('in messages are refused or dropped, and never become the reply of a call', () => {
    const taken: unknown[] = [];
    const incoming = new Incoming<number>(local, termLimits, {
      find: (id) => (id === 5 ? id : undefined),
      settle: (_, value) => taken.push(value),
      exit: () => {},
      answer: () => {},
    });
    const byte = fc.oneof(fc.constantFrom(112, 131, 104, 97, 90, 119, 2, 3, 21, 28, 35, 19, 1, 29), fc.nat(255));
    const noise = fc.array(byte, { minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from([112, 131, ...bytes]));
    const shaped = fc
      .tuple(fc.nat(40), fc.array(anyTerm, { maxLength: 5 }), anyTerm)
      .map(([op, fields, message]) =>
        Buffer.concat([Buffer.of(112), encodeTerm(tuple(op, ...fields)), encodeTerm(message)]),
      );
    fc.assert(
      fc.property(fc.oneof(noise, shaped), (bytes) => {
        try {
          incoming.receive(bytes, 0, bytes.length, true);
        } catch (error) {
          if (!(error instanceof TermRefusal)) throw error;
        }
        expect(taken).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are found as the same frames wherever they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), (lengths, cuts) => {
        const frames = lengths.map((length, i) => Buffer.alloc(length, i + 1));
        const bytes = Buffer.concat(frames.map(framed32));
        const found: Buffer[] = [];
        const reader = new FrameReader(4, 1000, (memory, start, end) => found.push(Buffer.from(memory.subarray(start, end)))); // prettier-ignore
        const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        for (let i = 1; i < borders.length; i++) {
          const chunk = Buffer.from(bytes.subarray(borders[i - 1], borders[i]));
          reader.push(chunk, chunk.length);
        }
        expect(found).toEqual(frames);
        expect(reader.isInside).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('that announce too much are refused by the length, before it has come', () => {
    const reader = new FrameReader(4, 1000, () => fail('there is no frame'));
    expect(() => reader.push(Buffer.of(0, 0, 4, 0), 4)).toThrowError(TermRefusal, /1024 bytes, beyond maxBytes/);
    const generous = new FrameReader(4, 128 * 1024 * 1024, () => {});
    const before = process.memoryUsage().arrayBuffers;
    generous.push(Buffer.of(7, 255, 255, 255, 1), 5);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024);
  });

  it('close the connection, and every call fails with the reason', async () => {
    const frames: [Buffer, string][] = [
      [Buffer.of(0, 0, 0, 1, 68), 'ErlangProtocolError'],
      [framed32(Buffer.of(112, 131, 104, 255)), 'ErlangProtocolError'],
      [framed32(Buffer.of(112, 130, 106)), 'ErlangProtocolError'],
      [Buffer.of(255, 255, 255, 255), 'ErlangLimitError'],
      [
        framed32(Buffer.concat([Buffer.of(112, 131), Buffer.alloc(600, Buffer.of(104, 1)), Buffer.of(106)])),
        'ErlangLimitError',
      ],
    ];
    for (const [bytes, name] of frames) {
      let node: ScriptedNode | undefined;
      const port = await serve((socket) => (node = new ScriptedNode(socket, { name: NAME, cookie: 'secret' })));
      const { connection, ended } = await open(NAME, { cookie: 'secret', port });
      const call = failureOf(connection.call('echo', 1));
      while (node!.frames.length < 2) await after(1);
      node!.bytes(bytes);
      expect((await ended).name)
        .withContext(bytes.toString('hex'))
        .toBe(name);
      expect((await call).name).toBe(name);
    }
  });

  it('in a reply that cannot be read end its call too', async () => {
    let node: ScriptedNode | undefined;
    const port = await serve((socket) => (node = new ScriptedNode(socket, { name: NAME, cookie: 'secret' })));
    const { connection, ended } = await open(NAME, { cookie: 'secret', port });
    const call = failureOf(connection.call('echo', 1));
    while (node!.frames.length < 2) await after(1);
    const [, pid, , reference] = (decodeTerm(node!.frames[0]!.subarray(1)) as any).elements;
    const reply = encodeTerm(tuple(reference, 1));
    node!.bytes(framed32(Buffer.concat([Buffer.of(112), encodeTerm(tuple(2, atom(''), pid)), reply.subarray(0, -2), Buffer.of(255)]))); // prettier-ignore
    expect((await ended).name).toBe('ErlangProtocolError');
    expect((await call).name).toBe('ErlangProtocolError');
  });

  it('that are for no call are dropped, and the connection goes on', async () => {
    let node: ScriptedNode | undefined;
    const port = await serve((socket) => (node = new ScriptedNode(socket, { name: NAME, cookie: 'secret' })));
    const { connection } = await open(NAME, { cookie: 'secret', port });
    const answer = answerOf(connection.call('echo', 1));
    while (node!.frames.length < 2) await after(1);
    const [, pid, , reference] = (decodeTerm(node!.frames[0]!.subarray(1)) as any).elements;
    node!.send(tuple(2, atom(''), pid), 'a message');
    node!.send(tuple(2, atom(''), pid), tuple(local.pid, 'of another reference'));
    node!.send(tuple(6, pid, atom(''), atom('net_kernel')), tuple(atom('$gen_call'), 1));
    node!.send(tuple(99, 1));
    node!.send(tuple(2, atom(''), pid), tuple(reference, 'the reply'));
    expect(String(await answer)).toBe('the reply');
    // A second reply, and an exit that comes too late.
    node!.send(tuple(2, atom(''), pid), tuple(reference, 'again'));
    node!.send(tuple(21, pid, pid, reference, atom('noproc')));
    const next = answerOf(connection.call('echo', 2));
    while (node!.frames.length < 5) await after(1);
    const last = node!.frames.filter((frame) => frame.includes(Buffer.from([97, 19]))).at(-1)!;
    const [, , , second] = (decodeTerm(last.subarray(1)) as any).elements;
    node!.send(tuple(2, atom(''), pid), tuple(second, 'the next'));
    expect(String(await next)).toBe('the next');
  });

  it('cost little memory: 64 KiB of any shape a few MB', () => {
    const KIB64 = 64 * 1024;
    const shapes: Record<string, Buffer> = {
      'empty tuples': Buffer.of(104, 0),
      'tuples of one': Buffer.of(104, 1, 106),
      'empty maps': Buffer.of(116, 0, 0, 0, 0),
      'lists of one': Buffer.of(108, 0, 0, 0, 1, 106, 106),
      'maps of one': Buffer.of(116, 0, 0, 0, 1, 97, 1, 97, 1),
      'binaries of one': Buffer.of(109, 0, 0, 0, 1, 1),
      'bits of one': Buffer.of(77, 0, 0, 0, 1, 1, 128),
      floats: Buffer.of(70, 63, 248, 0, 0, 0, 0, 0, 0),
      bigs: Buffer.of(110, 7, 0, 1, 2, 3, 4, 5, 6, 255),
    };
    // Kept, so that the memory before one is that after the last: to collect all garbage twice for each takes long.
    const terms: unknown[] = [];
    let before = used();
    for (const [name, unit] of Object.entries(shapes)) {
      const count = Math.floor((KIB64 - 10) / unit.length);
      const head = Buffer.alloc(6, 108);
      head[0] = 131;
      head.writeUInt32BE(count, 2);
      const bytes = Buffer.concat([head, Buffer.alloc(count * unit.length, unit), Buffer.of(106)]);
      const term = decode(bytes);
      terms.push(term);
      const after = used();
      const cost = after - before;
      before = after;
      expect(term.length).toBe(count);
      expect(cost)
        .withContext(name)
        .toBeLessThan(6 * 1024 * 1024);
    }
  });
});

function used(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function decode(bytes: Buffer): readonly unknown[] {
  return decodeTerm(bytes) as readonly unknown[];
}
