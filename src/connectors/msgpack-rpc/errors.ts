import { inspect } from 'node:util';
import { printable } from '../../pool/values/printable';
import { ReadableError } from '../../pool/values/readable-error';

const LONGEST_REASON = 1000;
/** The most entries that are shown of each array, map and object, and of all together. */
const MOST_ENTRIES = 20;
const MOST_VALUES = 200;
const DEEPEST = 3;

/** A value of the other side as readable text on one line, truncated before it is formatted. */
export function readable(detail: unknown): string {
  const text = textOf(detail) ?? inspect(part(detail), { depth: DEEPEST, breakLength: Infinity, compact: true });
  return printable(text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text);
}

/** The beginning of a value, as much as a reason can show. To inspect all of a large value takes seconds. */
function part(value: unknown, depth = 0, left = { values: MOST_VALUES }): unknown {
  left.values--;
  if (typeof value === 'string') return value.slice(0, LONGEST_REASON);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return value;
  if (depth === DEEPEST || left.values <= 0) return value instanceof Date ? value : new Omitted(value);
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((item) => part(item, depth + 1, left));
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    for (const [key, item] of value) {
      if (map.size === MOST_ENTRIES) break;
      map.set(part(key, depth + 1, left), part(item, depth + 1, left));
    }
    return map;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const object = Object.create(prototype) as Record<string, unknown>;
  let count = 0;
  for (const key in value) {
    if (count++ === MOST_ENTRIES) break;
    const item = part((value as Record<string, unknown>)[key], depth + 1, left);
    Object.defineProperty(object, key.slice(0, LONGEST_REASON), { value: item, enumerable: true });
  }
  return object;
}

/** The placeholder for a part that is not shown. */
class Omitted {
  constructor(readonly value: object) {}

  [inspect.custom](): string {
    return Array.isArray(this.value) ? '[Array]' : '[Object]';
  }
}

/** A text, or bytes that are one: some peers do not distinguish them. Of a long one the beginning, with one letter more than shown. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.slice(0, LONGEST_REASON + 1);
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    // A letter has four bytes at most, and the last one may be truncated.
    const stream = value.length > 4 * LONGEST_REASON + 4;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return decoder.decode(value.subarray(0, 4 * LONGEST_REASON + 4), { stream }).slice(0, LONGEST_REASON + 1);
  } catch {
    return undefined;
  }
}

/** The usual forms of error values: a text, `[code, message]`, or a map with a `message` and perhaps a `code`. */
function parse(detail: unknown): { code: unknown; message: unknown } {
  if (Array.isArray(detail) && detail.length === 2 && textOf(detail[1]) !== undefined) {
    return { code: detail[0] as unknown, message: detail[1] };
  }
  if (typeof detail === 'object' && detail !== null && 'message' in detail && textOf(detail.message) !== undefined) {
    return { code: 'code' in detail ? detail.code : undefined, message: detail.message };
  }
  return { code: undefined, message: detail };
}

/** An error value of the protocol as one line of text. */
export const readableDetail = (detail: unknown): string => readable(parse(detail).message);

/**
 * The node answered a call with an error. The connection is still usable.
 *
 * @example
 * connection.call('nvim_command', 'nonsense').subscribe({
 *   error: (error) => error instanceof RpcError && console.error(error.remoteCode, error.detail),
 * });
 */
export class RpcError extends ReadableError {
  override get name(): 'RpcError' {
    return 'RpcError';
  }

  readonly code = 'RPC_ERROR';
  /** The called method. */
  readonly method: string;
  /** The node that answered. */
  readonly target: string;
  /** The error exactly as the node sent it: `[code, message]` from neovim and from `serveNode`, anything from others. */
  readonly detail: unknown;
  /** The node's own code for it, where the error carries one. */
  readonly remoteCode: number | string | undefined;

  /** @internal */
  constructor(target: string, method: string, detail: unknown) {
    const { code, message } = parse(detail);
    super(`'${method}' failed on ${target}: ${readable(message)}`);
    this.target = target;
    this.method = method;
    this.detail = detail;
    this.remoteCode = typeof code === 'number' || typeof code === 'string' ? code : undefined;
  }
}

/**
 * The other side violated the protocol (`RPC_PROTOCOL`) or a limit (`RPC_LIMIT`). The connection was closed, since later data could not be
 * trusted; every call in flight failed with this error.
 */
export class RpcProtocolError extends ReadableError {
  override get name(): 'RpcProtocolError' {
    return 'RpcProtocolError';
  }

  readonly code: 'RPC_PROTOCOL' | 'RPC_LIMIT';
  /** The node that sent it. */
  readonly target: string;
  /** The call that failed with it; undefined in other places. */
  readonly method: string | undefined;

  /** @internal */
  constructor(code: RpcProtocolError['code'], target: string, reason: string, method?: string, cause?: unknown) {
    const what = code === 'RPC_LIMIT' ? 'went beyond a limit' : 'broke the protocol';
    const prefix = method === undefined ? '' : `'${method}' failed: `;
    super(`${prefix}${target} ${what} by sending ${reason}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.target = target;
    this.method = method;
  }
}

/**
 * There is no connection: the connect failed (`RPC_CONNECT_FAILED`), the connection broke (`RPC_CONNECTION_LOST`), one side closed it
 * (`RPC_CONNECTION_CLOSED`), or a server could not listen (`RPC_LISTEN_FAILED`). A call that fails with it may or may not have been carried
 * out.
 */
export class RpcConnectionError extends ReadableError {
  override get name(): 'RpcConnectionError' {
    return 'RpcConnectionError';
  }

  readonly code: 'RPC_CONNECT_FAILED' | 'RPC_CONNECTION_LOST' | 'RPC_CONNECTION_CLOSED' | 'RPC_LISTEN_FAILED';
  /** The node at the other end; for `RPC_LISTEN_FAILED` the address to listen on. */
  readonly target: string;
  /** The call that failed with it; undefined in other places. */
  readonly method: string | undefined;

  /** @internal */
  constructor(code: RpcConnectionError['code'], target: string, message: string, method?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.target = target;
    this.method = method;
  }
}

/** A call or notification could not be encoded. Nothing was sent, and the connection is still usable. */
export class RpcEncodeError extends ReadableError {
  override get name(): 'RpcEncodeError' {
    return 'RpcEncodeError';
  }

  readonly code = 'RPC_ENCODE';
  /** The node that it was for. */
  readonly target: string;
  readonly method: string;

  /** @internal */
  constructor(target: string, method: string, cause: unknown) {
    super(`'${method}' was not sent to ${target}: ${cause instanceof Error ? cause.message : readable(cause)}`, {
      cause,
    });
    this.target = target;
    this.method = method;
  }
}

/**
 * The other side does not read, and the data that waits for it has reached `maxBacklogBytes`. The call or notification that fails with it was
 * not sent, and the connection is still usable: it can be sent again later. In `faults$` of a node it also reports a client whose notifications
 * were not carried out, because `maxCalls` requests were running.
 *
 * @example
 * caller.notify('tick', now).subscribe({
 *   error: (error) => error instanceof RpcBacklogError && console.warn(`${error.target} misses a tick`),
 * });
 */
export class RpcBacklogError extends ReadableError {
  override get name(): 'RpcBacklogError' {
    return 'RpcBacklogError';
  }

  readonly code = 'RPC_BACKLOG';
  /** The side that does not read. */
  readonly target: string;
  /** The call or notification that was not sent; undefined in `faults$`, where it concerns the client as a whole. */
  readonly method: string | undefined;

  /** @internal */
  constructor(target: string, reason: string, method?: string) {
    super(method === undefined ? `${target} ${reason}` : `'${method}' was not sent to ${target}: ${reason}`);
    this.target = target;
    this.method = method;
  }
}
