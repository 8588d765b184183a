import { countIssue } from '../../pool/options';
import { checkObject } from './arguments';

/** Bounds on what one message of the other side may be. They are kept while it comes in, before any of it is decoded. */
export interface MessageLimits {
  /** Bytes of one message. Default 134 217 728 (128 MiB). */
  readonly maxMessageBytes: number;
  /** How deep arrays and maps may be nested, the message itself counted. Default 128. */
  readonly maxDepth: number;
  /** Elements of all the arrays and maps in one message; an entry of a map counts as two. Default 4 194 304. */
  readonly maxElements: number;
  /**
   * Entries of a map that has a key other than a text. Default 256. Such a map becomes a `Map`, and the engine hashes numbers without a
   * seed: keys that collide can be computed, and `n` of them cost `n²`.
   */
  readonly maxMapEntries: number;
  /**
   * Bytes of a text that is the key of a map. Default 8 192. The engine hashes texts of more than 16 383 letters by their length alone, so
   * that a limit beyond that lets keys collide again.
   */
  readonly maxKeyBytes: number;
  /**
   * Bytes of memory that one message becomes when it is decoded, by an estimate from its headers: 8 for an element, 96 more for a map and so on;
   * docs/msgpack-rpc.md has the table and how true it is. Default 268 435 456 (256 MiB).
   */
  readonly maxDecodedBytes: number;
}

/** The bounds of one connection, for a client as for a server. Every one is an integer of at least 1, or Infinity for none. */
export interface RpcLimits extends MessageLimits {
  /** Requests of the other side that may be in work at once; with so many, no more are read. Default 1 024. */
  readonly maxCalls: number;
  /**
   * Bytes of memory that the requests in work have become, counted as for `maxDecodedBytes`; with so many, no more are read. Their params may
   * be in memory until they are answered. Default 134 217 728 (128 MiB). A single request of more is worked on by itself.
   */
  readonly maxCallBytes: number;
  /** Bytes of answers that the other side has not taken yet; with so many, no more requests are read. Default 16 777 216 (16 MiB). */
  readonly maxUnsentBytes: number;
  /**
   * Bytes that wait for the other side to read them, with so many of which no more is kept: an answer to what was in work by then is
   * dropped, and the caller told so by an error, unless it has 1 KiB or less. At a node its own calls and notifications count as well,
   * and fail with `RpcBacklogError`. Default 8 × `maxUnsentBytes`, which is 134 217 728 (128 MiB). A single answer may have more.
   */
  readonly maxBacklogBytes: number;
}

/** The bounds of a node. */
export interface ServeLimits extends RpcLimits {
  /**
   * Clients at once, those included that have not agreed on TLS yet. For one more, the client is closed that has been silent longest; when all
   * have calls in work, the new one is told so and closed. Default 1 024.
   */
  readonly maxConnections: number;
}

/** How many times as much as stops the reading of requests is kept of the answers to those that were in work by then. */
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

/** The limits given, completed by the defaults. What is wrong with them goes to `issues`. */
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
