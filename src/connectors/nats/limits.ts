import { clientLimits, type MessageLimits } from '../msgpack-rpc/limits';

/** Bounds of one connection to NATS. Every one is an integer of at least 1, or Infinity for none. */
export interface NatsLimits extends MessageLimits {
  /** Bytes of the headers of one message. Default 8 192. */
  readonly maxHeaderBytes: number;
  /** Bytes sent that the server has not confirmed yet; beyond it messages wait on this side. Default 16 777 216 (16 MiB). */
  readonly maxUnsentBytes: number;
  /**
   * Bytes that wait on this side, for a server that takes nothing or for the next one after a lost connection. Beyond it a request or a message
   * fails with `NatsBacklogError`. Default 8 × `maxUnsentBytes`, which is 134 217 728 (128 MiB).
   */
  readonly maxBacklogBytes: number;
}

/** Bounds of a service. */
export interface ServeNatsLimits extends NatsLimits {
  /** Requests in work at once; one more is answered with error 429. Default 1 024. */
  readonly maxCalls: number;
  /** Bytes of memory that the requests in work have become; beyond it one more is answered with error 429. Default 134 217 728 (128 MiB). */
  readonly maxCallBytes: number;
}

const { maxCalls, maxCallBytes, ...connection } = clientLimits;

export const natsLimits: NatsLimits = { maxHeaderBytes: 8_192, ...connection };
export const serveNatsLimits: ServeNatsLimits = { ...natsLimits, maxCalls, maxCallBytes };
