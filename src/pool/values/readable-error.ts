import { messageOf, describeValue } from './describe';
import { inspectSymbol } from './inspect-symbol';

/** How deep causes are described. */
const deepest = 8;

/**
 * An error whose message is seen wherever it is printed. `JSON.stringify` leaves out what an error says, and `util.inspect` shows an error in a list
 * of results by the name of its class alone.
 */
export abstract class ReadableError extends Error {
  /** What `JSON.stringify` makes of it: name, message and code, the further fields, and the causes. */
  toJSON(): Record<string, unknown> {
    return described(this, deepest) as Record<string, unknown>;
  }

  /** @internal */
  [inspectSymbol](depth: number | null): unknown {
    return depth !== null && depth < 0 ? `[${this.name}: ${this.message}]` : this;
  }
}

/** As plain data, whatever it is: a cause may be anything, and lead back to where it came from. */
function described(error: unknown, depth: number): unknown {
  try {
    if (error instanceof Error) return describedError(error, depth);
  } catch {
    // A getter of it has thrown, or it is a proxy that has been revoked.
  }
  return plain(error);
}

function describedError(error: Error, depth: number): unknown {
  const { name, message, cause } = error;
  const fields = Object.entries(error).map(([key, value]) => [key, plain(value)] as const);
  return {
    name,
    message,
    ...Object.fromEntries(fields),
    ...(cause === undefined ? {} : { cause: depth > 0 ? described(cause, depth - 1) : messageOf(cause) }),
  };
}

/** What JSON can have, and a text of everything else: a bigint, a function, an object that leads back to itself. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return describeValue(value);
  try {
    if (value instanceof Error) return messageOf(value);
    JSON.stringify(value);
    return value;
  } catch {
    return describeValue(value);
  }
}
