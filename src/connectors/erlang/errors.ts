import { printable } from '../../pool/values/printable';
import { ReadableError } from '../../pool/values/readable-error';
import type { Term } from './terms/term';
import { termText } from './terms/term-value';

/** What all errors of this entry point have: a code, the node, and a message that says what to do. */
export abstract class ErlangError extends ReadableError {
  abstract readonly code: string;
  /** The name of the node. */
  readonly target: string;

  /** @internal */
  constructor(target: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.target = target;
  }
}

/** No connection: nothing listens there, TLS failed, it took longer than `connectTimeout`, or the node closed it before it was open. */
export class ErlangConnectError extends ErlangError {
  override get name(): 'ErlangConnectError' {
    return 'ErlangConnectError';
  }

  readonly code = 'ERLANG_CONNECT_FAILED';
}

/** The cookie is not the one of the node. The message does not show it. */
export class ErlangCookieError extends ErlangError {
  override get name(): 'ErlangCookieError' {
    return 'ErlangCookieError';
  }

  readonly code = 'ERLANG_WRONG_COOKIE';
}

/** No EPMD, the name server of Erlang, listens on the host of the node. */
export class ErlangEpmdError extends ErlangError {
  override get name(): 'ErlangEpmdError' {
    return 'ErlangEpmdError';
  }

  readonly code = 'ERLANG_NO_EPMD';
}

/** EPMD does not know a node of this name, or the node on that port has another name. */
export class ErlangUnknownNameError extends ErlangError {
  override get name(): 'ErlangUnknownNameError' {
    return 'ErlangUnknownNameError';
  }

  readonly code = 'ERLANG_UNKNOWN_NAME';
}

/** The node has a connection by the name of the option `name` already: a name of one's own is good for one connection. */
export class ErlangNameTakenError extends ErlangError {
  override get name(): 'ErlangNameTakenError' {
    return 'ErlangNameTakenError';
  }

  readonly code = 'ERLANG_NAME_TAKEN';
}

/** The node and this client have no protocol in common, or the node takes no connection from this name. */
export class ErlangFlagsError extends ErlangError {
  override get name(): 'ErlangFlagsError' {
    return 'ErlangFlagsError';
  }

  readonly code = 'ERLANG_FLAGS_REFUSED';
}

/** The node did not send anything for four times `tickInterval`: it is stopped, or cannot be reached any more. */
export class ErlangTickError extends ErlangError {
  override get name(): 'ErlangTickError' {
    return 'ErlangTickError';
  }

  readonly code = 'ERLANG_MISSED_TICKS';
}

/** The connection was closed before the call was answered: the call may or may not have been carried out. */
export class ErlangNodeDownError extends ErlangError {
  override get name(): 'ErlangNodeDownError' {
    return 'ErlangNodeDownError';
  }

  readonly code = 'ERLANG_NODE_DOWN';
}

/** There is no process of this name or pid at the node: nothing was carried out. */
export class ErlangNoProcessError extends ErlangError {
  override get name(): 'ErlangNoProcessError' {
    return 'ErlangNoProcessError';
  }

  readonly code = 'ERLANG_NO_PROCESS';
  /** The name or pid that was called. */
  readonly process: string;

  /** @internal */
  constructor(target: string, process: string, message: string) {
    super(target, message);
    this.process = process;
  }
}

/** The process ended before it answered. The connection is as good as before. */
export class ErlangCrashError extends ErlangError {
  override get name(): 'ErlangCrashError' {
    return 'ErlangCrashError';
  }

  readonly code = 'ERLANG_CRASH';
  /** The name or pid that was called. */
  readonly process: string;
  /** Its exit reason, as received. */
  readonly reason: Term;
  /** Whether the reason says that this message is what it ended by. */
  readonly causedByMessage: boolean;

  /** @internal */
  constructor(target: string, process: string, reason: Term, causedByMessage: boolean) {
    const advice = causedByMessage
      ? ' Your message crashed it: it has no clause for a message of this shape.'
      : ' It may or may not have carried out the call.';
    super(target, `${process} on ${target} ended before it answered: ${termText(reason)}.${advice}`);
    this.process = process;
    this.reason = reason;
    this.causedByMessage = causedByMessage;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), reason: termText(this.reason) };
  }
}

/** The function that was called by `erpc` failed there. */
export class ErlangRemoteCallError extends ErlangError {
  override get name(): 'ErlangRemoteCallError' {
    return 'ErlangRemoteCallError';
  }

  readonly code = 'ERLANG_REMOTE_CALL_FAILED';
  /** The function, such as `'lists:nth/2'`. */
  readonly function: string;
  /** The reason, as it came. */
  readonly reason: Term;

  /** @internal */
  constructor(target: string, called: string, reason: Term) {
    super(target, `${called} failed on ${target}: ${termText(reason)}`);
    this.function = called;
    this.reason = reason;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), reason: termText(this.reason) };
  }
}

/** Calling functions of the node is remote code execution, and the option `allowRemoteCalls` was not given. Nothing was sent. */
export class ErlangRemoteCallsOffError extends ErlangError {
  override get name(): 'ErlangRemoteCallsOffError' {
    return 'ErlangRemoteCallsOffError';
  }

  readonly code = 'ERLANG_REMOTE_CALLS_OFF';
}

/** The node sent more than a limit allows, and the connection was closed; or a payload to be sent is beyond its limit, and nothing was sent. */
export class ErlangLimitError extends ErlangError {
  override get name(): 'ErlangLimitError' {
    return 'ErlangLimitError';
  }

  readonly code = 'ERLANG_LIMIT';
}

/** The node sent what the protocol does not allow. The connection was closed. */
export class ErlangProtocolError extends ErlangError {
  override get name(): 'ErlangProtocolError' {
    return 'ErlangProtocolError';
  }

  readonly code = 'ERLANG_PROTOCOL';
}

/** A message cannot be made a term. Nothing was sent, and the connection is as good as before. */
export class ErlangEncodeError extends ErlangError {
  override get name(): 'ErlangEncodeError' {
    return 'ErlangEncodeError';
  }

  readonly code = 'ERLANG_ENCODE';
}

/** A text of a peer, for a message. */
export const quoted = (text: string): string => `'${printable(text.length > 200 ? `${text.slice(0, 200)}…` : text)}'`;
