import { createConnection } from 'node:net';
import { createHash } from 'node:crypto';
import { lastValueFrom } from 'rxjs';
import { atom, reply, tuple, variant, type Tuple } from '../../../src/connectors/erlang/index';
import { erlangNode } from '../../helpers/erlang';
import { until } from '../../helpers/turns';
import { failureOf } from '../msgpack-rpc/support';
import { named, ScriptedNode } from './scripted-node';
import { answerOf, scene } from './support';
import { framesIn, readFrame, type WireMessage } from './wire-reader';

const NAME = 'worker@127.0.0.1';

/** What OTP calls these bits in `dist.hrl`, by the number of the bit. */
const bits = { PUBLISHED: 0, EXTENDED_REFERENCES: 2, DIST_MONITOR: 3, FUN_TAGS: 4, DIST_MONITOR_NAME: 5, NEW_FUN_TAGS: 7, EXTENDED_PIDS_PORTS: 8,
  EXPORT_PTR_TAG: 9, BIT_BINARIES: 10, NEW_FLOATS: 11, UNICODE_IO: 12, DIST_HDR_ATOM_CACHE: 13, UTF8_ATOMS: 16, MAP_TAG: 17, BIG_CREATION: 18,
  EXIT_PAYLOAD: 22, FRAGMENTS: 23, HANDSHAKE_23: 24, UNLINK_ID: 25, MANDATORY_25_DIGEST: 26, SPAWN: 32, NAME_ME: 33, V4_NC: 34, ALIAS: 35, ALTACT_SIG: 37 }; // prettier-ignore
/** What a node of each release insists on, by `dist_util.erl` of that release. */
const mandatory25 = ['EXTENDED_REFERENCES', 'FUN_TAGS', 'EXTENDED_PIDS_PORTS', 'UTF8_ATOMS', 'NEW_FUN_TAGS', 'BIG_CREATION', 'NEW_FLOATS', 'MAP_TAG', 'EXPORT_PTR_TAG', 'BIT_BINARIES', 'HANDSHAKE_23'] as const; // prettier-ignore
const mandatory26 = [...mandatory25, 'V4_NC', 'UNLINK_ID'] as const;
const never = ['PUBLISHED', 'DIST_HDR_ATOM_CACHE', 'FRAGMENTS', 'ALIAS', 'ALTACT_SIG'] as const;
const has = (flags: bigint, name: keyof typeof bits): boolean => ((flags >> BigInt(bits[name])) & 1n) === 1n;

/** Bytes that went one way, until the handshake is over and after it. */
class Tap {
  bytes = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
  }

  /** The two messages of the handshake, of lengths of two bytes, and the frames after them. */
  get parts(): { readonly handshake: readonly Buffer[]; readonly frames: readonly Buffer[] } {
    const handshake: Buffer[] = [];
    let at = 0;
    for (; handshake.length < 2; at += 2 + handshake.at(-1)!.length)
      handshake.push(this.bytes.subarray(at + 2, at + 2 + this.bytes.readUInt16BE(at)));
    return { handshake, frames: framesIn(this.bytes.subarray(at)) };
  }
}

describe('the bytes of a session with a real node', () => {
  const { open, serve } = scene();
  const node = erlangNode();

  it('are those of the documentation, and nothing else', async () => {
    const [ours, theirs] = [new Tap(), new Tap()];
    const port = await serve((socket) => {
      const onward = createConnection({ host: '127.0.0.1', port: node().port, noDelay: true });
      socket.on('data', (chunk: Buffer) => (ours.add(chunk), onward.write(chunk)));
      onward.on('data', (chunk: Buffer) => (theirs.add(chunk), socket.write(chunk)));
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    });
    const { connection, close } = await open(NAME, { cookie: node().cookie, port, tickInterval: 20, allowRemoteCalls: true }); // prettier-ignore
    await answerOf(connection.call('echo', tuple(atom('echo'), { a: [1, 2.5, 2n ** 70n] })));
    const subject = (await answerOf(connection.call('echo', atom('unnamed')))) as Tuple;
    await answerOf(connection.ask(subject, variant('add', 1, reply())));
    await answerOf(connection.ask('adder', variant('add', 5, reply())));
    await lastValueFrom(connection.cast('echo', tuple(atom('add'), 1)), { defaultValue: 0 });
    await lastValueFrom(connection.send('adder', tuple(atom('adder'), atom('reset'))), { defaultValue: 0 });
    await answerOf(connection.erpc('erlang', 'node'));
    await answerOf(connection.askDistributed('counter', Buffer.of(0, 0, 0, 1)));
    expect(await answerOf(connection.call('echo', atom('monitor_client')))).toBe(atom('noproc'));
    expect(await answerOf(connection.call('echo', atom('link_client')))).toBe(atom('linked'));
    expect((await failureOf(connection.call('nothing_here', 1))).name).toBe('ErlangNoProcessError');
    const messages = (): WireMessage[] => ours.parts.frames.map(readFrame);
    const count = (op: number): number => messages().filter((message) => message.op === op).length;
    // All calls but the one to no process: their monitors end with the next write.
    await until(() => count(20) === 9 && count(0) > 2);
    expect(count(19)).toBe(10);
    close();

    const [hello, answer] = ours.parts.handshake as [Buffer, Buffer];
    expect(String.fromCharCode(hello[0]!, answer[0]!)).toBe('Nr');
    const flags = hello.readBigUInt64BE(1);
    for (const name of [...mandatory26, 'NAME_ME', 'MANDATORY_25_DIGEST'] as const) expect(has(flags, name)).withContext(name).toBe(true); // prettier-ignore
    for (const name of never) expect(has(flags, name)).withContext(name).toBe(false);
    expect(hello.readUInt16BE(13)).toBe(hello.length - 15);
    expect(hello.subarray(15).toString()).toBe('127.0.0.1');
    // The digest of the node's challenge and the cookie, which itself is nowhere.
    const status = 2 + theirs.bytes.readUInt16BE(0);
    const challenge = theirs.bytes.readUInt32BE(status + 2 + 9);
    const digest = createHash('md5').update(`${node().cookie}${challenge}`).digest();
    expect(answer.subarray(5)).toEqual(digest);
    expect(ours.bytes.includes(node().cookie)).toBe(false);

    const sent = messages();
    const me = { pid: connection.name, id: 1, serial: 0 };
    for (const { op, fields } of sent) {
      if (op === 6 || op === 19 || op === 20) expect(fields[0]).toEqual(jasmine.objectContaining(me));
      if (op === 19 || op === 20) expect(fields[2]).toEqual(jasmine.objectContaining({ reference: connection.name }));
    }
    // A monitor comes before the message of its call, and by the same reference; it ends once.
    const first = sent.findIndex(({ op }) => op === 6);
    expect(sent[first - 1]!.op).toBe(19);
    expect(sent[first]!.message).toEqual({
      tuple: [
        { atom: '$gen_call' },
        { tuple: [sent[first]!.fields[0]!, sent[first - 1]!.fields[2]!] },
        jasmine.objectContaining({ tuple: jasmine.anything() }) as never,
      ],
    });
    const references = (kind: number): string[] => sent.filter(({ op }) => op === kind).map(({ fields }) => JSON.stringify(fields[2])); // prettier-ignore
    expect(new Set(references(19)).size).toBe(10);
    expect(new Set(references(20)).size).toBe(9);
    for (const reference of references(20)) expect(references(19)).toContain(reference);
    expect(new Set(sent.map(({ op }) => op))).toEqual(new Set([0, 2, 6, 19, 20, 28, 36]));
  });
});

describe('a node that insists on what its release does', () => {
  const { open, serve } = scene();

  it('takes this client, whichever release it is', async () => {
    for (const [release, mandatory] of [
      [25, mandatory25],
      [26, mandatory26],
      [27, mandatory26],
      [28, mandatory26],
    ] as const) {
      let peer: ScriptedNode | undefined;
      const port = await serve((socket) => (peer = new ScriptedNode(socket, { name: NAME, cookie: 'secret', status: named('C@h') }))); // prettier-ignore
      await open(NAME, { cookie: 'secret', port });
      const flags = peer!.greeting!.readBigUInt64BE(1);
      // As dist_util does: what stands for all of them is looked at first, and then each by itself.
      const missing = mandatory.filter((name) => !has(flags, name));
      expect(missing).withContext(`OTP ${release}`).toEqual([]);
    }
  });
});
