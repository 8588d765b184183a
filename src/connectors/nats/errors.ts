import { ReadableError } from '../../pool/values/readable-error';
import { readable } from '../msgpack-rpc/errors';

/**
 * There is no connection: it was never opened (`NATS_CONNECT_FAILED`), the client stopped reconnecting (`NATS_CONNECTION_LOST`), or this side
 * closed it (`NATS_CONNECTION_CLOSED`). A request that was `sent` may or may not have been handled; one that was not has not.
 */
export class NatsConnectionError extends ReadableError {
  override get name(): 'NatsConnectionError' {
    return 'NatsConnectionError';
  }

  readonly code: 'NATS_CONNECT_FAILED' | 'NATS_CONNECTION_LOST' | 'NATS_CONNECTION_CLOSED';
  /** The servers that were given. */
  readonly target: string;
  /** The subject of the request or message that failed by it, if the error was given to one. */
  readonly subject: string | undefined;
  /** Whether that had been handed to the client before the connection ended. */
  readonly sent: boolean;

  /** @internal */
  constructor(
    code: NatsConnectionError['code'],
    target: string,
    message: string,
    { subject, sent = false, cause }: { subject?: string; sent?: boolean; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.target = target;
    this.subject = subject;
    this.sent = sent;
  }
}

/** No subscriber listens on the subject. The server says so at once; the request was not handled. */
export class NatsNoRespondersError extends ReadableError {
  override get name(): 'NatsNoRespondersError' {
    return 'NatsNoRespondersError';
  }

  readonly code = 'NATS_NO_RESPONDERS';
  readonly subject: string;

  /** @internal */
  constructor(subject: string) {
    super(`'${readable(subject)}' has no responders: start a service that answers on it, or check the subject`);
    this.subject = subject;
  }
}

/**
 * No reply came in time. NATS delivers a message at most once, so that a request or its reply is lost when a server or a service fails in between:
 * if it was `sent`, whether it was handled is not known. If not, it has waited for a connected server all the time, and can be repeated safely.
 */
export class NatsTimeoutError extends ReadableError {
  override get name(): 'NatsTimeoutError' {
    return 'NatsTimeoutError';
  }

  readonly code = 'NATS_TIMEOUT';
  readonly subject: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly sent: boolean;

  /** @internal */
  constructor(subject: string, timeout: number, sent: boolean) {
    const what = sent ? 'got no reply' : 'was not sent, since no server was connected,';
    super(`'${readable(subject)}' ${what} within ${timeout} ms`);
    this.subject = subject;
    this.timeout = timeout;
    this.sent = sent;
  }
}

/** The service answered with an error: the request was handled, and the connection is as good as before. */
export class NatsServiceError extends ReadableError {
  override get name(): 'NatsServiceError' {
    return 'NatsServiceError';
  }

  readonly code = 'NATS_SERVICE_ERROR';
  readonly subject: string;
  /** The service's own code: its header `Nats-Service-Error-Code`, or the status of the reply. */
  readonly remoteCode: number;
  /** The service's own words, as they were sent. */
  readonly detail: string;

  /** @internal */
  constructor(subject: string, remoteCode: number, detail: string) {
    super(`'${readable(subject)}' failed: ${readable(detail === '' ? `error ${remoteCode}` : detail)}`);
    this.subject = subject;
    this.remoteCode = remoteCode;
    this.detail = detail;
  }
}

/**
 * A payload cannot be sent (`NATS_ENCODE`), is larger than the server takes (`NATS_TOO_LARGE`), makes no sense (`NATS_DECODE`), or goes beyond
 * a limit of this side (`NATS_LIMIT`). It costs that message alone: the connection is as good as before.
 */
export class NatsPayloadError extends ReadableError {
  override get name(): 'NatsPayloadError' {
    return 'NatsPayloadError';
  }

  readonly code: 'NATS_ENCODE' | 'NATS_TOO_LARGE' | 'NATS_DECODE' | 'NATS_LIMIT';
  readonly subject: string;

  /** @internal */
  constructor(code: NatsPayloadError['code'], subject: string, reason: string, cause?: unknown) {
    super(`'${readable(subject)}' ${reason}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.subject = subject;
  }
}

/** The server does not allow this client to publish to the subject, or to subscribe to it. */
export class NatsPermissionError extends ReadableError {
  override get name(): 'NatsPermissionError' {
    return 'NatsPermissionError';
  }

  readonly code = 'NATS_PERMISSION';
  readonly subject: string;

  /** @internal */
  constructor(subject: string, cause: unknown) {
    super(`'${readable(subject)}' is not allowed for this client by the permissions of the server`, { cause });
    this.subject = subject;
  }
}

/**
 * The server does not take what it is sent, or none is connected, and what waits for it has reached the limit (`maxBacklogBytes`). What
 * fails with it was not sent.
 */
export class NatsBacklogError extends ReadableError {
  override get name(): 'NatsBacklogError' {
    return 'NatsBacklogError';
  }

  readonly code = 'NATS_BACKLOG';
  readonly subject: string;

  /** @internal */
  constructor(subject: string, waiting: number, limit: number) {
    super(
      `'${readable(subject)}' was not sent: ${waiting} bytes wait for the server already, where ${limit} are allowed (maxBacklogBytes)`,
    );
    this.subject = subject;
  }
}
