import { inspect } from 'node:util';
import { printable } from '../../pool/values/printable';
import { ReadableError } from '../../pool/values/readable-error';

const LONGEST_REASON = 1000;
/** Of each array, map and object so many entries are looked at, and of all of them so many. */
const MOST_ENTRIES = 20;
const MOST_VALUES = 200;
const DEEPEST = 3;

/** A reason for people's eyes: whatever the other side sent, cut to a readable length before it is made one, and fit for a line of a log. */
export function readable(detail: unknown): string {
  const text = textOf(detail) ?? inspect(part(detail), { depth: DEEPEST, breakLength: Infinity, compact: true });
  return printable(text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text);
}

/** The beginning of a value: as much of it as a reason can show. To inspect all of a large one takes seconds. */
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

/** In place of what is not looked at. */
class Omitted {
  constructor(readonly value: object) {}

  [inspect.custom](): string {
    return Array.isArray(this.value) ? '[Array]' : '[Object]';
  }
}

/** A text that was sent as such, or as the bytes of one: some peers make no difference. Of a long one the beginning, and a letter more. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.slice(0, LONGEST_REASON + 1);
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    // A letter has four bytes at most, and the last of them may be cut.
    const stream = value.length > 4 * LONGEST_REASON + 4;
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return decoder.decode(value.subarray(0, 4 * LONGEST_REASON + 4), { stream }).slice(0, LONGEST_REASON + 1);
  } catch {
    return undefined;
  }
}

/** What peers in the wild send as an error: a text, `[code, message]`, or a map with a `message` and perhaps a `code`. */
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
 * The node answered a call with an error: the call arrived, and the connection is as good as before.
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
  /** The method that was called. */
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
 * The other side sent what the protocol does not allow (`RPC_PROTOCOL`), or more than the limits do (`RPC_LIMIT`).
 * Nothing after it can be trusted, so the connection was closed; every call that was under way failed with this error.
 */
export class RpcProtocolError extends ReadableError {
  override get name(): 'RpcProtocolError' {
    return 'RpcProtocolError';
  }

  readonly code: 'RPC_PROTOCOL' | 'RPC_LIMIT';
  /** The node that sent it. */
  readonly target: string;
  /** The call that failed by it, if the error was given to one. */
  readonly method: string | undefined;

  /** @internal */
  constructor(code: RpcProtocolError['code'], target: string, reason: string, method?: string, cause?: unknown) {
    const what = code === 'RPC_LIMIT' ? 'went beyond a limit' : 'broke the protocol';
    const whose = method === undefined ? '' : `'${method}' failed: `;
    super(`${whose}${target} ${what} by sending ${reason}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.target = target;
    this.method = method;
  }
}

/**
 * There is no connection: it never came about (`RPC_CONNECT_FAILED`), it broke (`RPC_CONNECTION_LOST`), one of the two
 * sides closed it (`RPC_CONNECTION_CLOSED`), or a server could not listen (`RPC_LISTEN_FAILED`). A call that fails with it
 * may or may not have been carried out.
 */
export class RpcConnectionError extends ReadableError {
  override get name(): 'RpcConnectionError' {
    return 'RpcConnectionError';
  }

  readonly code: 'RPC_CONNECT_FAILED' | 'RPC_CONNECTION_LOST' | 'RPC_CONNECTION_CLOSED' | 'RPC_LISTEN_FAILED';
  /** The node at the other end; for `RPC_LISTEN_FAILED` the address that was to be listened on. */
  readonly target: string;
  /** The call that failed by it, if the error was given to one. */
  readonly method: string | undefined;

  /** @internal */
  constructor(code: RpcConnectionError['code'], target: string, message: string, method?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.target = target;
    this.method = method;
  }
}

/** A call or notification that cannot be put into MessagePack: nothing was sent, and the connection is as good as before. */
export class RpcEncodeError extends ReadableError {
  override get name(): 'RpcEncodeError' {
    return 'RpcEncodeError';
  }

  readonly code = 'RPC_ENCODE';
  /** The node that it was meant for. */
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
 * The other side does not read what it is sent, and so much waits for it that no more is kept (`maxBacklogBytes`). The call or
 * notification that fails with it was not sent, and the connection is as good as before: it can be sent again when there is room.
 * In `faults$` of a node it also tells of a client whose notifications were not carried out, since `maxCalls` were in work.
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
  /** Who does not read. */
  readonly target: string;
  /** The call or notification that was not sent; undefined where it is said of the client as a whole, in `faults$`. */
  readonly method: string | undefined;

  /** @internal */
  constructor(target: string, reason: string, method?: string) {
    super(method === undefined ? `${target} ${reason}` : `'${method}' was not sent to ${target}: ${reason}`);
    this.target = target;
    this.method = method;
  }
}
