import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { TEXT, type Lane } from '../rpc/lanes';
import type { BenchNode } from '../rpc/erlang-nodes';

const FLAGS = 0x707470fbcn;

/** A minimal connection: it checks nothing, and sends only what is necessary. */
export interface BareErlang {
  readonly socket: Socket;
  /** A request in which the number of the call is to be written, at `at`. */
  readonly request: Buffer;
  readonly at: readonly number[];
}

const u16 = (n: number): Buffer => Buffer.of(n >> 8, n & 255);
const u32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
};
const small = (text: string): Buffer => Buffer.concat([Buffer.of(119, text.length), Buffer.from(text)]);
const frame = (...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(body.length), body]);
};

/** `monitored`: with the monitor in front and its end behind, as calls between nodes of Erlang have them. */
export async function bareErlang(node: BenchNode, server: string, monitored: boolean): Promise<BareErlang> {
  const socket = createConnection({ host: '127.0.0.1', port: node.port, noDelay: true });
  await once(socket, 'connect');
  const messages = handshakeMessages(socket);
  const host = Buffer.from('127.0.0.1');
  const flags = Buffer.alloc(8);
  flags.writeBigUInt64BE(FLAGS);
  send16(socket, Buffer.from('N'), flags, u32(0), u16(host.length), host);
  const status = await messages();
  const length = status.readUInt16BE(7);
  const name = status.toString('latin1', 9, 9 + length);
  const creation = status.readUInt32BE(9 + length);
  const challenge = (await messages()).readUInt32BE(9);
  const digest = createHash('md5').update(`${node.cookie}${challenge}`).digest();
  send16(socket, Buffer.from('r'), u32(1), digest);
  await messages();
  socket.removeAllListeners('data');

  const pid = Buffer.concat([Buffer.of(88), small(name), u32(1), u32(0), u32(creation)]);
  const reference = Buffer.concat([Buffer.of(90, 0, 3), small(name), u32(creation), u32(0), u32(0), u32(0)]);
  const to = small(server);
  const head = (op: number, size: number): Buffer => Buffer.of(112, 131, 104, size, 97, op);
  const call = frame(
    head(6, 4), pid, Buffer.of(119, 0), to, Buffer.of(131, 104, 3), small('$gen_call'), Buffer.of(104, 2), pid, reference,
    Buffer.of(104, 2), small('echo'), Buffer.of(109), u32(TEXT.length), Buffer.from(TEXT),
  ); // prettier-ignore
  const watch = (op: number): Buffer => frame(head(op, 4), pid, to, reference);
  const request = monitored ? Buffer.concat([watch(19), call, watch(20)]) : call;
  const at: number[] = [];
  for (let i = request.indexOf(reference); i >= 0; i = request.indexOf(reference, i + 1))
    at.push(i + reference.length - 12);
  return { socket, request, at };
}

const send16 = (socket: Socket, ...parts: readonly Uint8Array[]): void => {
  const body = Buffer.concat(parts);
  socket.write(Buffer.concat([u16(body.length), body]));
};

function handshakeMessages(socket: Socket): () => Promise<Buffer> {
  let rest = Buffer.alloc(0);
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    wake();
  });
  return async () => {
    while (rest.length < 2 || rest.length < 2 + rest.readUInt16BE(0))
      await new Promise<void>((resolve) => (wake = resolve));
    const message = rest.subarray(2, 2 + rest.readUInt16BE(0));
    rest = rest.subarray(2 + message.length);
    return message;
  };
}

/**
 * Keeps `inFlight` calls in progress: for the replies in one chunk it sends as many new calls, in one write. The end of a monitor is sent
 * with the call itself.
 */
export function bareLane({ socket, request, at }: BareErlang, inFlight: number): Lane {
  return (meter) =>
    new Promise<void>((resolve) => {
      const begun = new Float64Array(inFlight);
      let id = 0;
      let next = 0;
      let under = inFlight;
      // Bytes of a frame that are still to come, and of the length of the next one.
      let missing = 0;
      let length = 0;
      let lengthCount = 0;
      const write = (count: number): void => {
        const bytes = Buffer.allocUnsafe(count * request.length);
        for (let i = 0; i < count; i++) {
          request.copy(bytes, i * request.length);
          id = (id + 1) % 2 ** 18;
          for (const place of at) bytes.writeUInt32BE(id, i * request.length + place);
        }
        socket.write(bytes);
      };
      const listen = (chunk: Buffer): void => {
        let answers = 0;
        for (let i = 0; i < chunk.length;) {
          if (missing > 0) {
            const step = Math.min(missing, chunk.length - i);
            missing -= step;
            i += step;
            if (missing === 0) answers++;
            continue;
          }
          length = length * 256 + chunk[i++]!;
          if (++lengthCount < 4) continue;
          missing = length;
          length = lengthCount = 0;
        }
        const now = performance.now();
        for (let i = 0; i < answers; i++) {
          meter.record(begun[next]!, now);
          begun[next] = now;
          next = (next + 1) % inFlight;
        }
        if (answers === 0) return;
        if (!meter.over) {
          write(answers);
          return;
        }
        under -= answers;
        if (under > 0) return;
        socket.off('data', listen);
        resolve();
      };
      socket.on('data', listen);
      begun.fill(performance.now());
      write(inFlight);
    });
}
