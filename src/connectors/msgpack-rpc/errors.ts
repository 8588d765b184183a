import { isUtf8 } from 'node:buffer';
import { inspect } from 'node:util';

const LONGEST_REASON = 1000;

/** A reason for people's eyes: whatever the other side sent, cut to a readable length. */
export function readable(detail: unknown): string {
  const text = textOf(detail) ?? inspect(detail, { depth: 2, breakLength: Infinity, compact: true });
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text;
}

/** A text that was sent as such, or as the bytes of one: some peers make no difference. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : value instanceof Uint8Array && isUtf8(value) ? decoder.decode(value) : undefined;

const decoder = new TextDecoder();

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
export class RpcError extends Error {
  override readonly name = 'RpcError';
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
export class RpcProtocolError extends Error {
  override readonly name = 'RpcProtocolError';
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
export class RpcConnectionError extends Error {
  override readonly name = 'RpcConnectionError';
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
export class RpcEncodeError extends Error {
  override readonly name = 'RpcEncodeError';
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
export class RpcBacklogError extends Error {
  override readonly name = 'RpcBacklogError';
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
