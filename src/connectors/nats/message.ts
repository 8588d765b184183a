import type { Msg } from '@nats-io/transport-node';
import { NatsPayloadError } from './errors';
import { headerBytes, receivedHeaders, type ReceivedHeaders } from './headers';
import type { NatsLimits } from './limits';
import type { Payloads } from './payloads';

/** A message that has come, read. */
export interface NatsMessage {
  readonly subject: string;
  /** Its payload, decoded; null for an empty one. */
  readonly value: unknown;
  readonly headers: ReceivedHeaders;
  /** Where its sender waits for a reply; undefined if it does not. */
  readonly reply: string | undefined;
}

/** How messages are read: their headers and payloads within the limits. */
export class MessageReader {
  constructor(
    private readonly payloads: Payloads,
    private readonly limits: NatsLimits,
  ) {}

  /** Throws a `NatsPayloadError` for headers beyond the limit, before any of them is read. */
  headersOf(subject: string, message: Msg): Msg['headers'] {
    const bytes = headerBytes(message);
    if (bytes === 0) return undefined;
    const { maxHeaderBytes } = this.limits;
    if (bytes > maxHeaderBytes) {
      const reason = `brought ${bytes} bytes of headers, where ${maxHeaderBytes} are allowed (maxHeaderBytes)`;
      throw new NatsPayloadError('NATS_LIMIT', subject, reason);
    }
    return message.headers;
  }

  /** Throws a `NatsPayloadError`. */
  read(message: Msg, headers = this.headersOf(message.subject, message)): NatsMessage {
    const { subject, reply } = message;
    return {
      subject,
      value: this.payloads.decode(subject, message.data),
      headers: receivedHeaders(headers),
      reply: reply === undefined || reply === '' ? undefined : reply,
    };
  }

  value(subject: string, message: Msg): unknown {
    return this.payloads.decode(subject, message.data);
  }
}
