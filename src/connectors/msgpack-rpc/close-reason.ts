import { RpcConnectionError, RpcProtocolError } from './errors';
import type { Refusal } from './refusal';

/** How a connection has ended, and the error that each call fails with which was under way, or comes too late. */
export interface CloseReason {
  /** What the life of the connection ends with; undefined if it just completes. */
  readonly error: Error | undefined;
  /** Decided on this side, while the other side may still be listening. */
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

/** Unsubscribed or closed by its own side. */
export const closedLocally = (target: string): CloseReason => closed(target, true);

/** The other side has said goodbye, at the end of a message. */
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

/** Closed by a node in favour of its other clients. */
export function evicted(target: string, reason: string): CloseReason {
  const message = evictedMessage(target, reason);
  return {
    isLocal: true,
    error: new RpcConnectionError('RPC_CONNECTION_CLOSED', target, message),
    errorFor: (method) =>
      new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `'${method}' failed: ${message}`, method),
  };
}

export const evictedMessage = (target: string, reason: string): string => `${target} was turned away: ${reason}.`;

/** The other side sent what must not be sent. */
export function refused(target: string, { code, message, cause }: Refusal): CloseReason {
  const error = new RpcProtocolError(code, target, message, undefined, cause);
  return { error, isLocal: true, errorFor: (method) => new RpcProtocolError(code, target, message, method, error) };
}

/** Why a method that is still at work may stop. */
export const callerGone = (target: string, cause: Error | undefined): Error =>
  new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `The caller ${target} is gone.`, undefined, cause);
