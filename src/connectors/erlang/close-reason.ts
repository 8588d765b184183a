import {
  ErlangLimitError,
  ErlangNodeDownError,
  ErlangProtocolError,
  ErlangTickError,
  type ErlangError,
} from './errors';
import type { TermRefusal } from './terms/limits';

/** How a connection has ended, and the error of each call that was in progress, or is made later. */
export interface CloseReason {
  /** The error with which the connection ends; undefined if it completes. */
  readonly error: ErlangError | undefined;
  /** `isSent`: whether the node may have received the call. */
  errorFor(what: string, isSent?: boolean): ErlangError;
  readonly isLocal: boolean;
}

const outcome = (isSent: boolean): string => (isSent ? 'It may or may not have been carried out.' : 'It was not sent.');

const down = (target: string, why: string, error: ErlangError | undefined, isLocal: boolean): CloseReason => ({
  error,
  isLocal,
  errorFor: (what, isSent = true) =>
    new ErlangNodeDownError(target, `${what} failed: ${why}. ${outcome(isSent)}`, error),
});

export const closedLocally = (target: string): CloseReason =>
  down(target, `the connection to ${target} was closed by this side`, undefined, true);

export const closedRemotely = (target: string): CloseReason =>
  down(target, `${target} closed the connection: the node stopped, or disconnected this client`, undefined, false);

export function lost(target: string, reason: string, cause?: Error): CloseReason {
  const why = `the connection to ${target} was lost: ${reason}`;
  return down(target, why, new ErlangNodeDownError(target, `T${why.slice(1)}.`, cause), false);
}

export function silent(target: string, ms: number): CloseReason {
  const why = `${target} has sent nothing for ${ms} ms, not even ticks`;
  const advice = `It is stopped or cannot be reached; if it is alive, its net_ticktime must be at most ${ms / 1000} s`;
  const error = new ErlangTickError(target, `The connection was closed: ${why}. ${advice}.`);
  return {
    error,
    isLocal: true,
    errorFor: (what, isSent = true) => new ErlangTickError(target, `${what} failed: ${why}. ${outcome(isSent)}`, error),
  };
}

export function refused(target: string, refusal: TermRefusal): CloseReason {
  const Kind = refusal.kind === 'limit' ? ErlangLimitError : ErlangProtocolError;
  const advice = refusal.kind === 'limit' ? ' Raise the limit if that is right.' : '';
  const why = `${target} sent ${refusal.message}`;
  const error = new Kind(target, `The connection was closed: ${why}.${advice}`);
  return {
    error,
    isLocal: true,
    errorFor: (what, isSent = true) => new Kind(target, `${what} failed: ${why}.${advice} ${outcome(isSent)}`, error),
  };
}
