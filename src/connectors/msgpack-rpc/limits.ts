import { inspect } from 'node:util';

/** Bounds on what one message of the other side may be. They are kept while it comes in, before any of it is decoded. */
export interface MessageLimits {
  /** Bytes of one message. Default 134 217 728 (128 MiB). */
  readonly maxMessageBytes: number;
  /** How deep arrays and maps may be nested, the message itself counted. Default 128. */
  readonly maxDepth: number;
  /** Elements of all the arrays and maps in one message; an entry of a map counts as two. Default 4 194 304. */
  readonly maxElements: number;
}

/** The bounds of one connection, for a client as for a server. Every one is an integer of at least 1, or Infinity for none. */
export interface RpcLimits extends MessageLimits {
  /** Requests of the other side that may be in work at once; with so many, no more are read. Default 1 024. */
  readonly maxCalls: number;
  /** Bytes of answers that the other side has not taken yet; with so many, no more requests are read. Default 16 777 216. */
  readonly maxUnsentBytes: number;
}

/** The bounds of a node. */
export interface ServeLimits extends RpcLimits {
  /** Clients at once; one more is closed as it comes. Default 1 024. */
  readonly maxConnections: number;
}

const defaults: ServeLimits = {
  maxMessageBytes: 128 * 1024 * 1024,
  maxDepth: 128,
  maxElements: 4 * 1024 * 1024,
  maxCalls: 1024,
  maxUnsentBytes: 16 * 1024 * 1024,
  maxConnections: 1024,
};

/** The limits given, completed by the defaults. Throws a `TypeError` that names every one that cannot be. */
export function resolveLimits(given: Partial<ServeLimits> = {}): ServeLimits {
  const wrong = Object.entries(given).flatMap(([name, value]: [string, unknown]) => {
    if (!Object.hasOwn(defaults, name)) return [`${name} is none (there are ${Object.keys(defaults).join(', ')})`];
    if (value === undefined || value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 1)) return [];
    return [`${name} must be an integer of at least 1, got ${inspect(value)}`];
  });
  if (wrong.length > 0) throw new TypeError(`Wrong limits: ${wrong.join('; ')}.`);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(set) as Partial<ServeLimits>) };
}
