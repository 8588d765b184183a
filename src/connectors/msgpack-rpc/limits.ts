import { countIssue } from '../../pool/option-checks';
import { checkObject } from './arguments';

/** Limits for one message of the other side. They apply while it is received, before it is decoded. */
export interface MessageLimits {
  /** Bytes of one message. Default 134 217 728 (128 MiB). */
  readonly maxMessageBytes: number;
  /** Depth of nested arrays and maps, the message itself included. Default 128. */
  readonly maxDepth: number;
  /** Elements of all the arrays and maps in one message; an entry of a map counts as two. Default 4 194 304. */
  readonly maxElements: number;
  /**
   * Entries of a map with a key that is not a text. Default 256. Such a map becomes a `Map`, and the engine hashes numbers without a seed:
   * colliding keys can be computed, and `n` of them cost `n²`.
   */
  readonly maxMapEntries: number;
  /**
   * Bytes of a text key of a map. Default 8 192. The engine hashes texts of more than 16 383 letters by their length alone, so that a higher
   * limit allows colliding keys again.
   */
  readonly maxKeyBytes: number;
  /**
   * Bytes of memory of one decoded message, estimated from its headers: 8 for an element, 96 more for a map and so on; docs/msgpack-rpc.md has
   * the table and its accuracy. Default 268 435 456 (256 MiB).
   */
  readonly maxDecodedBytes: number;
}

/** The limits of one connection, for client and server. Each is an integer of at least 1, or Infinity for none. */
export interface RpcLimits extends MessageLimits {
  /** Running requests of the other side; at this number no more are read. Default 1 024. */
  readonly maxCalls: number;
  /**
   * Bytes of memory of the running requests, counted as for `maxDecodedBytes`; at this number no more are read. Their params may be in memory
   * until they are answered. Default 134 217 728 (128 MiB). A larger single request runs alone.
   */
  readonly maxCallBytes: number;
  /** Bytes of answers that the other side has not read yet; at this number no more requests are read. Default 16 777 216 (16 MiB). */
  readonly maxUnsentBytes: number;
  /**
   * Bytes that wait for the other side to read them; at this number no more are kept: the answer of a request that was running is dropped, and
   * the caller gets an error instead, unless the answer has 1 KiB or less. At a node its own calls and notifications count as well, and fail
   * with `RpcBacklogError`. Default 8 × `maxUnsentBytes`, which is 134 217 728 (128 MiB). A single answer may have more.
   */
  readonly maxBacklogBytes: number;
}

/** The limits of a node. */
export interface ServeLimits extends RpcLimits {
  /**
   * Connected clients, including those in a TLS handshake. When one more connects, the client that has been silent longest is closed; when all
   * have running calls, the new one is refused with an error and closed. Default 1 024.
   */
  readonly maxConnections: number;
}

/** The default of `maxBacklogBytes` as a multiple of `maxUnsentBytes`. */
const BACKLOG = 8;

export const clientLimits: RpcLimits = {
  maxMessageBytes: 128 * 1024 * 1024,
  maxDepth: 128,
  maxElements: 4 * 1024 * 1024,
  maxMapEntries: 256,
  maxKeyBytes: 8 * 1024,
  maxDecodedBytes: 256 * 1024 * 1024,
  maxCalls: 1024,
  maxCallBytes: 128 * 1024 * 1024,
  maxUnsentBytes: 16 * 1024 * 1024,
  maxBacklogBytes: BACKLOG * 16 * 1024 * 1024,
};

export const serverLimits: ServeLimits = { ...clientLimits, maxConnections: 1024 };

/** What the limits of every connection have that keeps messages for a side that does not read. */
interface BacklogLimits {
  readonly maxUnsentBytes: number;
  readonly maxBacklogBytes: number;
}

/** The given limits, completed by the defaults. Adds problems to `issues`. */
export function resolveLimits<L extends BacklogLimits>(
  given: Partial<L> | undefined,
  defaults: L,
  issues: string[],
): L {
  if (given === undefined) return defaults;
  const names = Object.keys(defaults);
  const limits = checkObject('limits', given, names, issues) ?? {};
  const set = Object.entries(limits).filter(([name, value]) => names.includes(name) && value !== undefined);
  for (const [name, value] of set) {
    const issue = countIssue(`limits.${name}`, value, { infinite: true });
    if (issue !== null) issues.push(issue);
  }
  const resolved: L = { ...defaults, ...Object.fromEntries(set) };
  const { maxUnsentBytes, maxBacklogBytes } = resolved;
  if (given.maxBacklogBytes === undefined) return { ...resolved, maxBacklogBytes: BACKLOG * maxUnsentBytes };
  if (maxBacklogBytes < maxUnsentBytes) {
    issues.push(
      `limits.maxBacklogBytes must be at least limits.maxUnsentBytes, which is ${maxUnsentBytes}, but got ${maxBacklogBytes}`,
    );
  }
  return resolved;
}
