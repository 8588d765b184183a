import { RpcConnectionError, RpcProtocolError } from './errors';
import type { Refusal } from './refusal';

/** How a connection has ended, and the error that each call fails with which was under way, or comes too late. */
export interface Ending {
  /** What the life of the connection ends with; undefined if it just completes. */
  readonly error: Error | undefined;
  /** Decided on this side, while the other side may still be listening. */
  readonly byUs: boolean;
  errorFor(method: string): Error;
}

const closed = (target: string, byUs: boolean): Ending => ({
  error: undefined,
  byUs,
  errorFor: (method) =>
    new RpcConnectionError(
      'RPC_CONNECTION_CLOSED',
      target,
      `'${method}' failed: the connection to ${target} was closed by ${byUs ? 'this' : 'the other'} side.`,
      method,
    ),
});

/** Unsubscribed or closed by its own side. */
export const closedHere = (target: string): Ending => closed(target, true);

/** The other side has said goodbye, at the end of a message. */
export const closedThere = (target: string): Ending => closed(target, false);

/** The connection broke. */
export function lost(target: string, reason: string, cause?: Error): Ending {
  const message = `the connection to ${target} was lost: ${reason}.`;
  return {
    byUs: false,
    error: new RpcConnectionError('RPC_CONNECTION_LOST', target, `T${message.slice(1)}`, undefined, cause),
    errorFor: (method) =>
      new RpcConnectionError('RPC_CONNECTION_LOST', target, `'${method}' failed: ${message}`, method, cause),
  };
}

/** Closed by a node in favour of its other clients. */
export function turnedAway(target: string, reason: string): Ending {
  const message = turnedAwayMessage(target, reason);
  return {
    byUs: true,
    error: new RpcConnectionError('RPC_CONNECTION_CLOSED', target, message),
    errorFor: (method) =>
      new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `'${method}' failed: ${message}`, method),
  };
}

export const turnedAwayMessage = (target: string, reason: string): string => `${target} was turned away: ${reason}.`;

/** The other side sent what must not be sent. */
export function refused(target: string, { code, message, cause }: Refusal): Ending {
  const error = new RpcProtocolError(code, target, message, undefined, cause);
  return { error, byUs: true, errorFor: (method) => new RpcProtocolError(code, target, message, method, error) };
}

/** Why a method that is still at work may stop. */
export const callerGone = (target: string, cause: Error | undefined): Error =>
  new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `The caller ${target} is gone.`, undefined, cause);
