// The errors of what a session sends: why it was not sent, and why the process that was asked has ended.
import type { Call } from './calls';
import { isCausedBy } from './crash';
import { ErlangCrashError, ErlangEncodeError, ErlangError, ErlangNodeDownError, ErlangNoProcessError } from './errors';
import { Atom, atom } from './terms/atom';
import type { Pid } from './terms/identifiers';
import type { Term } from './terms/term';

const NOPROC = atom('noproc');
const NOCONNECTION = atom('noconnection');

/** Throws for a process of another node: a message for it would make the node close the connection. */
export function checkNode(target: string, to: Atom | Pid): void {
  if (to instanceof Atom || to.node.name === target) return;
  const message = `${to.toString()} is a process of ${to.node.name}, and this connection leads to ${target}: connect to that node`;
  throw new ErlangNoProcessError(target, to.toString(), message);
}

/** The error of a message that could not be written. */
export function notSent(target: string, label: string, error: unknown): Error {
  if (error instanceof ErlangError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ErlangEncodeError(target, `A message to ${label} on ${target} was not sent: ${reason}`, error);
}

/** The error of a call whose process has ended, or was not there. */
export function exitError(target: string, { id, request }: Call, reason: Term): ErlangError {
  const { label } = request;
  if (reason === NOPROC) {
    const message = `There is no process ${label} on ${target}. Is it started there, and registered by that name?`;
    return new ErlangNoProcessError(target, label, message);
  }
  if (reason === NOCONNECTION) {
    return new ErlangNodeDownError(target, `${label} is on a node that ${target} has no connection to`);
  }
  return new ErlangCrashError(target, label, reason, isCausedBy(reason, request.payload(id)));
}
