import { createInbox, type Msg, type PublishOptions } from '@nats-io/transport-node';
import type { Subscriber } from 'rxjs';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import { NatsNoRespondersError, NatsPermissionError, NatsServiceError, NatsTimeoutError } from './errors';
import type { Link, Outgoing } from './link';
import type { MessageReader } from './message';

/** The headers by which services of NATS say that they have failed. */
export const ERROR_HEADER = 'Nats-Service-Error';
export const ERROR_CODE_HEADER = 'Nats-Service-Error-Code';

const NO_RESPONDERS = 503;
const FIRST_ERROR = 300;

/** What a reply is read as. */
export type ReadReply = (reader: MessageReader, subject: string, message: Msg, headers: Msg['headers']) => unknown;

/** One request, from its subscription to its outcome. */
class Request implements Outgoing {
  sent = false;
  timer: NodeJS.Timeout | undefined;

  constructor(
    readonly requests: Requests,
    readonly token: string,
    readonly subject: string,
    readonly payload: Uint8Array,
    readonly options: PublishOptions,
    readonly subscriber: Subscriber<unknown>,
    readonly readReply: ReadReply,
  ) {}

  onFailed(error: Error): void {
    if (this.requests.end(this)) this.subscriber.error(error);
  }

  unsubscribe(): void {
    this.requests.end(this);
  }
}

/** How a request is made. */
export interface RequestParts {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Msg['headers'];
  /** Milliseconds; Infinity for none. */
  readonly timeout: number;
  readonly readReply: ReadReply;
}

/**
 * Requests that wait for their reply, by the last part of the subject on which each waits: one subscription serves all of them. The client has the
 * same of its own, but its requests cannot be cancelled, and each costs an error with a stack.
 */
export class Requests {
  private readonly link: Link;
  private readonly reader: MessageReader;
  private readonly inbox: string;
  private readonly waiting = new Map<string, Request>();
  private last = 0;

  constructor(link: Link, reader: MessageReader, inboxPrefix: string | undefined) {
    this.link = link;
    this.reader = reader;
    this.inbox = `${createInbox(inboxPrefix)}.`;
    link.client.subscribe(`${this.inbox}*`, {
      callback: (error, message) => {
        // What throws here would end the client's reader, and with it everything on the connection.
        try {
          if (error === null) this.onReply(message);
        } catch (thrown) {
          reportUnhandled(thrown);
        }
      },
    });
    link.whenEnded((errorFor) => {
      for (const request of [...this.waiting.values()]) request.onFailed(errorFor(request.subject, request.sent));
    });
  }

  isInbox(subject: string): boolean {
    return subject.startsWith(this.inbox);
  }

  start(subscriber: Subscriber<unknown>, { subject, payload, headers, timeout, readReply }: RequestParts): void {
    const token = (++this.last).toString(36);
    const reply = this.inbox + token;
    const options = headers === undefined ? { reply } : { reply, headers };
    const request = new Request(this, token, subject, payload, options, subscriber, readReply);
    this.waiting.set(token, request);
    // A timer for each, since each request may have a timeout of its own; in real time, as the server is. It keeps the process alive.
    if (timeout !== Infinity) request.timer = setTimeout(() => this.onTimeout(request, timeout), timeout);
    subscriber.add(request);
    this.link.send(request);
  }

  /** False if it has ended before. */
  end(request: Request): boolean {
    if (!this.waiting.delete(request.token)) return false;
    clearTimeout(request.timer);
    if (!request.sent) this.link.drop(request);
    return true;
  }

  /** The server does not allow this client to publish there. */
  refuse(subject: string, cause: Error): void {
    for (const request of [...this.waiting.values()]) {
      if (request.subject === subject) request.onFailed(new NatsPermissionError(subject, cause));
    }
  }

  private onReply(message: Msg): void {
    const request = this.waiting.get(message.subject.slice(this.inbox.length));
    // Of one that was cancelled or timed out, or a second reply.
    if (request === undefined) return;
    this.end(request);
    const { subject, subscriber } = request;
    let value: unknown;
    try {
      const headers = this.reader.headersOf(subject, message);
      const error = headers === undefined ? undefined : errorIn(subject, message, headers);
      if (error !== undefined) throw error;
      value = request.readReply(this.reader, subject, message, headers);
    } catch (error) {
      subscriber.error(error);
      return;
    }
    subscriber.next(value);
    subscriber.complete();
  }

  private onTimeout(request: Request, timeout: number): void {
    // After a thread that was blocked, the reply may be there, and not be read yet.
    setImmediate(() => {
      setImmediate(() => request.onFailed(new NatsTimeoutError(request.subject, timeout, request.sent)));
    });
  }
}

/** The error that a reply stands for, by its headers. */
function errorIn(subject: string, message: Msg, headers: NonNullable<Msg['headers']>): Error | undefined {
  if (headers.code === NO_RESPONDERS && message.data.length === 0) return new NatsNoRespondersError(subject);
  if (headers.has(ERROR_CODE_HEADER) || headers.has(ERROR_HEADER)) {
    return new NatsServiceError(subject, Number(headers.get(ERROR_CODE_HEADER)) || 0, headers.get(ERROR_HEADER));
  }
  if (headers.code >= FIRST_ERROR) return new NatsServiceError(subject, headers.code, headers.description);
  return undefined;
}
