import { RpcConnectionError, RpcProtocolError } from './errors';
import type { Refusal } from './refusal';

/** Why a connection has ended, and the error of each call that was in flight or is made later. */
export interface CloseReason {
  /** The error of the connection's Observable; undefined if it completes. */
  readonly error: Error | undefined;
  /** Closed by this side, while the other side may still be reading. */
  readonly isLocal: boolean;
  errorFor(method: string): Error;
}

const closed = (target: string, isLocal: boolean): CloseReason => ({
  error: undefined,
  isLocal,
  errorFor: (method) =>
    new RpcConnectionError(
      'RPC_CONNECTION_CLOSED',
      target,
      `'${method}' failed: the connection to ${target} was closed by ${isLocal ? 'this' : 'the other'} side.`,
      method,
    ),
});

/** Unsubscribed or closed by this side. */
export const closedLocally = (target: string): CloseReason => closed(target, true);

/** Closed by the other side, at the end of a message. */
export const closedRemotely = (target: string): CloseReason => closed(target, false);

/** The connection broke. */
export function lost(target: string, reason: string, cause?: Error): CloseReason {
  const message = `the connection to ${target} was lost: ${reason}.`;
  return {
    isLocal: false,
    error: new RpcConnectionError('RPC_CONNECTION_LOST', target, `T${message.slice(1)}`, undefined, cause),
    errorFor: (method) =>
      new RpcConnectionError('RPC_CONNECTION_LOST', target, `'${method}' failed: ${message}`, method, cause),
  };
}

/** Closed by a node to free a slot for another client. */
export function evicted(target: string, reason: string): CloseReason {
  const message = evictedMessage(target, reason);
  return {
    isLocal: true,
    error: new RpcConnectionError('RPC_CONNECTION_CLOSED', target, message),
    errorFor: (method) =>
      new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `'${method}' failed: ${message}`, method),
  };
}

export const evictedMessage = (target: string, reason: string): string =>
  `${target} was closed by this node: ${reason}.`;

/** The other side violated the protocol or a limit. */
export function refused(target: string, { code, message, cause }: Refusal): CloseReason {
  const error = new RpcProtocolError(code, target, message, undefined, cause);
  return { error, isLocal: true, errorFor: (method) => new RpcProtocolError(code, target, message, method, error) };
}

/** The reason with which running methods are aborted. */
export const callerGone = (target: string, cause: Error | undefined): Error =>
  new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `The caller ${target} has disconnected.`, undefined, cause);
