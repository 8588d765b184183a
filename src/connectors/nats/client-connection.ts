import type { Msg, NatsConnection as Client } from '@nats-io/transport-node';
import { Observable, Subject, type Subscriber } from 'rxjs';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import { DescribedConnection } from '../described-connection';
import { checkTimeout } from '../msgpack-rpc/arguments';
import type { Codec } from '../msgpack-rpc/codec';
import { NatsConnectionError, NatsPermissionError } from './errors';
import { headersOf } from './headers';
import type { NatsLimits } from './limits';
import { Link, type Outgoing } from './link';
import { MessageReader, type NatsMessage } from './message';
import type { NatsConnection, NatsPublishOptions, NatsRequestOptions, NatsSubscribeOptions } from './nats-connection';
import { Payloads } from './payloads';
import { Requests, type ReadReply } from './requests';
import type { NatsStatus } from './status';
import { checkSubject } from './subjects';

export interface ConnectionConfig {
  readonly target: string;
  readonly codec: Codec;
  readonly limits: NatsLimits;
  readonly requestTimeout: number;
  readonly inboxPrefix: string | undefined;
}

const valueOnly: ReadReply = (reader, subject, message) => reader.value(subject, message);
const wholeMessage: ReadReply = (reader, _, message, headers) => reader.read(message, headers);

/** A `NatsConnection` over a client that is connected. */
export class ClientConnection extends DescribedConnection implements NatsConnection {
  readonly target: string;
  protected readonly kind = 'NatsConnection';
  readonly status$: Observable<NatsStatus>;
  readonly link: Link;
  readonly reader: MessageReader;
  readonly payloads: Payloads;
  private readonly config: ConnectionConfig;
  private readonly status = new Subject<NatsStatus>();
  private readonly requests: Requests;
  /** The subject that was found right last: most requests have the same. */
  private checked: string | undefined;

  /** `onBroken` is told when the connection cannot be used any more, though the client is connected. */
  constructor(
    readonly client: Client,
    config: ConnectionConfig,
    tell: (status: NatsStatus) => void,
    onBroken: (error: Error) => void,
  ) {
    super();
    this.target = config.target;
    this.config = config;
    this.status$ = this.status.asObservable();
    this.payloads = new Payloads(config.codec, config.limits);
    this.reader = new MessageReader(this.payloads, config.limits);
    this.link = new Link(
      client,
      config.target,
      config.limits,
      (status) => {
        this.status.next(status);
        tell(status);
      },
      (subject, isSubscription, error) => {
        if (!isSubscription) this.requests.refuse(subject, error);
        else if (this.requests.isInbox(subject)) onBroken(new NatsPermissionError(subject, error));
      },
    );
    this.requests = new Requests(this.link, this.reader, config.inboxPrefix);
    this.link.whenEnded(() => this.status.complete());
  }

  get server(): string {
    return this.client.getServer();
  }

  request(subject: string, value?: unknown, options?: NatsRequestOptions): Observable<unknown> {
    return new Observable((subscriber) => this.startRequest(subscriber, subject, value, options, valueOnly));
  }

  requestMessage(subject: string, value?: unknown, options?: NatsRequestOptions): Observable<NatsMessage> {
    return new Observable<unknown>((subscriber) =>
      this.startRequest(subscriber, subject, value, options, wholeMessage),
    ) as Observable<NatsMessage>;
  }

  publish(subject: string, value?: unknown, options?: NatsPublishOptions): Observable<never> {
    return new Observable((subscriber) => {
      this.check(subject);
      const payload = this.payloads.encode(subject, value);
      const headers = headersOf(options?.headers);
      const message: Outgoing = {
        subject,
        payload,
        options: headers === undefined ? undefined : { headers },
        sent: false,
        onSent: () => this.confirm(subscriber, subject, () => subscriber.complete()),
        onFailed: (error) => subscriber.error(error),
      };
      subscriber.add(() => this.link.drop(message));
      this.link.send(message);
    });
  }

  respond({ reply }: NatsMessage, value?: unknown, options?: NatsPublishOptions): Observable<never> {
    if (reply === undefined) throw new TypeError('The message has no reply: its sender does not wait for one');
    return this.publish(reply, value, options);
  }

  subscribe(subject: string, options?: NatsSubscribeOptions): Observable<NatsMessage> {
    return new Observable((subscriber) => {
      checkSubject(subject, true);
      const queue = options?.queue;
      if (queue !== undefined) checkSubject(queue, false);
      subscriber.add(
        this.link.whenEnded((errorFor) => {
          const error = errorFor(subject, false);
          if (error.code === 'NATS_CONNECTION_CLOSED') subscriber.complete();
          else subscriber.error(error);
        }),
      );
      if (this.link.ended) return;
      const subscription = this.listen(subject, queue, subscriber);
      subscriber.add(() => subscription.unsubscribe());
    });
  }

  ping(): Observable<true> {
    return new Observable((subscriber) => {
      this.confirm(subscriber, 'ping', () => {
        subscriber.next(true);
        subscriber.complete();
      });
    });
  }

  private listen(subject: string, queue: string | undefined, subscriber: Subscriber<NatsMessage>) {
    return this.client.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message: Msg) => {
        // An error thrown here would end the client's reader, and with it the whole connection.
        try {
          if (error !== null) subscriber.error(new NatsPermissionError(subject, error));
          else this.deliver(message, subscriber);
        } catch (thrown) {
          reportUnhandled(thrown);
        }
      },
    });
  }

  private deliver(message: Msg, subscriber: Subscriber<NatsMessage>): void {
    let read: NatsMessage;
    try {
      read = this.reader.read(message);
    } catch (error) {
      this.link.happened({ type: 'error', error: error as Error });
      return;
    }
    subscriber.next(read);
  }

  private startRequest(
    subscriber: Subscriber<unknown>,
    subject: string,
    value: unknown,
    options: NatsRequestOptions | undefined,
    readReply: ReadReply,
  ): void {
    this.check(subject);
    const payload = this.payloads.encode(subject, value);
    const timeout = options?.timeout;
    if (timeout !== undefined) checkRequestTimeout(timeout);
    const headers = headersOf(options?.headers);
    this.requests.start(subscriber, {
      subject,
      payload,
      headers,
      timeout: timeout ?? this.config.requestTimeout,
      readReply,
    });
  }

  /** Calls `done` when the server has all that was sent. */
  private confirm(subscriber: Subscriber<unknown>, subject: string, done: () => void): void {
    subscriber.add(this.link.whenEnded((errorFor) => subscriber.error(errorFor(subject, true))));
    if (subscriber.closed) return;
    this.link.flush().then(done, (cause: unknown) => {
      const { target } = this.config;
      const message = `'${subject}' failed: the connection to ${target} was lost before the server had confirmed it`;
      subscriber.error(
        new NatsConnectionError('NATS_CONNECTION_LOST', target, message, { subject, sent: true, cause }),
      );
    });
  }

  private check(subject: string): void {
    if (subject === this.checked) return;
    checkSubject(subject, false);
    this.checked = subject;
  }
}

function checkRequestTimeout(timeout: unknown): void {
  const issues: string[] = [];
  checkTimeout('timeout', timeout, issues);
  if (issues[0] !== undefined) throw new TypeError(issues[0]);
}
