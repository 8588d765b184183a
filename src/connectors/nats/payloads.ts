import { messageOf } from '../../pool/values/describe';
import type { Codec } from '../msgpack-rpc/codec';
import type { MessageLimits } from '../msgpack-rpc/limits';
import { Refusal } from '../msgpack-rpc/refusal';
import { Scanner } from '../msgpack-rpc/scanner';
import { isOwnCodec } from '../msgpack-rpc/wire-codec';
import { NatsPayloadError } from './errors';

/** Values as payloads and back. A payload of MessagePack is held to the limits before any of it is decoded. */
export class Payloads {
  /** Bytes of memory that the last payload became which was decoded. */
  weight = 0;
  private readonly codec: Codec;
  private readonly limits: MessageLimits;
  /** Other codecs may read any format, of which only the size is known. */
  private readonly scans: boolean;
  private scanner: Scanner;

  constructor(codec: Codec, limits: MessageLimits) {
    this.codec = codec;
    this.limits = limits;
    this.scans = isOwnCodec(codec);
    this.scanner = new Scanner(limits);
  }

  /** Throws a `NatsPayloadError`. */
  encode(subject: string, value: unknown): Uint8Array {
    try {
      return this.codec.encode(value);
    } catch (error) {
      throw new NatsPayloadError('NATS_ENCODE', subject, `was not sent: ${messageOf(error)}`, error);
    }
  }

  /** Throws a `NatsPayloadError`. An empty payload, which many programs send, is null. */
  decode(subject: string, bytes: Uint8Array): unknown {
    this.weight = bytes.length;
    if (bytes.length === 0) return null;
    try {
      this.check(bytes);
      return this.codec.decode(bytes);
    } catch (error) {
      const code = error instanceof Refusal && error.code === 'RPC_LIMIT' ? 'NATS_LIMIT' : 'NATS_DECODE';
      throw new NatsPayloadError(code, subject, `brought a payload that was refused: ${messageOf(error)}`, error);
    }
  }

  private check(bytes: Uint8Array): void {
    const { maxMessageBytes } = this.limits;
    if (bytes.length > maxMessageBytes) {
      throw new Refusal('RPC_LIMIT', `${bytes.length} bytes, where ${maxMessageBytes} are allowed (maxMessageBytes)`);
    }
    if (!this.scans) return;
    let end: number;
    try {
      end = this.scanner.scan(bytes, 0, bytes.length);
    } catch (error) {
      this.scanner = new Scanner(this.limits);
      throw error;
    }
    if (end === -1) {
      this.scanner = new Scanner(this.limits);
      throw new Refusal('RPC_PROTOCOL', `${bytes.length} bytes, which end before the value does`);
    }
    if (end < bytes.length) throw new Refusal('RPC_PROTOCOL', `${bytes.length - end} bytes behind its value`);
    this.weight = this.scanner.decodedBytes;
  }
}
