import { messageOf, describeValue } from './describe';
import { inspectSymbol } from './inspect-symbol';

/** The maximum depth to which causes are described. */
const maxDepth = 8;

/**
 * An error whose message is visible wherever it is printed. By default `JSON.stringify` omits the message of an error, and `util.inspect`
 * shows only the class name of an error in a nested list.
 */
export abstract class ReadableError extends Error {
  /** For `JSON.stringify`: name, message and code, the other fields, and the causes. */
  toJSON(): Record<string, unknown> {
    return described(this, maxDepth) as Record<string, unknown>;
  }

  /** @internal */
  [inspectSymbol](depth: number | null): unknown {
    return depth !== null && depth < 0 ? `[${this.name}: ${this.message}]` : this;
  }
}

/** An error, or any other cause, as plain data; causes may be circular. */
function described(error: unknown, depth: number): unknown {
  try {
    if (error instanceof Error) return describedError(error, depth);
  } catch {
    // One of its getters has thrown, or it is a revoked proxy.
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

/** The value if JSON can represent it, otherwise text: for a bigint, a function, a circular object. */
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
