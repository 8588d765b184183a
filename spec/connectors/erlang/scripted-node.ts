import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { encodeTerm, type Sendable } from '../../../src/connectors/erlang/index';

/** The flags of OTP 25, without PUBLISHED and those that this client does not support. */
const FLAGS = 0xd07df7fbdn;

/** The handshake of a scripted node. */
export interface Script {
  readonly name: string;
  readonly cookie: string;
  readonly flags?: bigint;
  /** The status, without its letter; default: it gives a name. */
  readonly status?: Buffer;
  /** The proof of its cookie, if it must be wrong. */
  readonly ack?: Buffer;
  /** Sent in place of a challenge. */
  readonly challenge?: Buffer;
}

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const framed16 = (message: Buffer): Buffer => Buffer.concat([u16(message.length), message]);
export const framed32 = (message: Buffer): Buffer => Buffer.concat([u32(message.length), message]);

export const named = (name: string): Buffer =>
  Buffer.concat([Buffer.from('named:'), u16(name.length), Buffer.from(name), u32(7)]);

/** A node for which the spec decides every byte after the handshake. */
export class ScriptedNode {
  /** What the client sent first. */
  greeting: Buffer | undefined;
  /** Frames of the client, once connected. */
  readonly frames: Buffer[] = [];
  readonly connected: Promise<void>;
  private resolveConnected!: () => void;
  private rest = Buffer.alloc(0);
  private step: 'name' | 'reply' | 'connected' = 'name';

  constructor(
    readonly socket: Socket,
    private readonly script: Script,
  ) {
    this.connected = new Promise((resolve) => (this.resolveConnected = resolve));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.rest = Buffer.concat([this.rest, chunk]);
      for (let frame = this.next(); frame !== undefined; frame = this.next()) this.take(frame);
    });
  }

  /** A message of the protocol: a control term, and perhaps a message. */
  send(control: Sendable, message?: Sendable): void {
    this.bytes(framed32(Buffer.concat([Buffer.of(112), encodeTerm(control), message === undefined ? Buffer.alloc(0) : encodeTerm(message)]))); // prettier-ignore
  }

  bytes(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  private next(): Buffer | undefined {
    const size = this.step === 'connected' ? 4 : 2;
    if (this.rest.length < size) return undefined;
    const length = this.rest.readUIntBE(0, size);
    if (this.rest.length < size + length) return undefined;
    const frame = this.rest.subarray(size, size + length);
    this.rest = this.rest.subarray(size + length);
    return frame;
  }

  private take(frame: Buffer): void {
    const { script } = this;
    if (this.step === 'connected') {
      this.frames.push(frame);
    } else if (this.step === 'name') {
      this.greeting = frame;
      this.step = 'reply';
      this.bytes(framed16(Buffer.concat([Buffer.from('s'), script.status ?? named('CLIENT@127.0.0.1')])));
      const flags = Buffer.alloc(8);
      flags.writeBigUInt64BE(script.flags ?? FLAGS);
      this.bytes(
        framed16(
          script.challenge ??
            Buffer.concat([
              Buffer.from('N'),
              flags,
              u32(12345),
              u32(9),
              u16(script.name.length),
              Buffer.from(script.name),
            ]),
        ),
      );
    } else {
      this.step = 'connected';
      const challenge = frame.readUInt32BE(1);
      const digest = createHash('md5').update(`${script.cookie}${challenge}`).digest();
      this.bytes(framed16(script.ack ?? Buffer.concat([Buffer.from('a'), digest])));
      this.resolveConnected();
    }
  }
}
