import type { Subscription as ClientSubscription } from '@nats-io/transport-node';
import { Subject, type Observable } from 'rxjs';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import { describeValue } from '../../pool/values/describe';
import { checkObject, checkTimeout } from '../msgpack-rpc/arguments';
import { ClientConnection } from './client-connection';
import { openClient } from './connect-nats';
import type { ConnectNatsOptions } from './options';
import { NatsConnectionError, NatsPermissionError } from './errors';
import { serveNatsLimits, type ServeNatsLimits } from './limits';
import { resolveNats } from './options';
import type { NatsStatus } from './status';
import { notASubject } from './subjects';
import { Works, type NatsMethod, type NatsMethods } from './work';

/** Options of `serveNats`. */
export interface ServeNatsOptions extends Omit<ConnectNatsOptions, 'limits' | 'requestTimeout'> {
  /** The servers, as `connectNats` takes them. Default `'127.0.0.1:4222'`. */
  readonly servers?: string | readonly string[];
  /** The queue group: each request goes to one of its members. Default: the subject. */
  readonly queue?: string;
  /** Bounds on what may come, and on what is in work. */
  readonly limits?: Partial<ServeNatsLimits>;
  /** Milliseconds that `close` waits for the requests in work. Default 5 000; Infinity for no bound. */
  readonly closeTimeout?: number;
}

const CLOSE_TIMEOUT = 5_000;
/** A service goes on looking for its servers as long as it lives. */
const reconnectForever = { maxReconnectAttempts: -1 };

/** A service that answers requests. */
export interface NatsService {
  /** What its subjects begin with. */
  readonly subject: string;
  /** What happens to its connection. Hot; completes when the service has closed. */
  readonly status$: Observable<NatsStatus>;
  /** Requests that were refused, replies that could not be sent, and why the connection was lost for good, for a log. Hot. */
  readonly faults$: Observable<Error>;
  /**
   * Takes no more requests, answers those that it has (for at most `closeTimeout`), and closes the connection; resolves when that is done. Calling it
   * again gives the same promise.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves methods by way of a NATS server or cluster: the method `word_count` of the subject `words` answers requests to `words.word_count`. All services
 * with the same subject are one queue group, so that each request goes to one of them; start as many as are needed, on any machine.
 *
 * Resolves when the server that it is connected to knows the subjects; the other servers of a cluster hear of them some milliseconds later. Rejects
 * with `NatsConnectionError` when it cannot connect, with `NatsPermissionError` when it may not subscribe, and with an `InvalidConfigError` that names
 * every problem.
 *
 * @example
 * const service = await serveNats('words', { word_count: (line) => String(line).split(/\s+/).length }, { servers });
 * await service.close();
 */
export async function serveNats(
  subject: string,
  methods: NatsMethods,
  options: ServeNatsOptions = {},
): Promise<NatsService> {
  const issues: string[] = [];
  const table = methodsOf(subject, methods, issues);
  const { servers = '127.0.0.1:4222', queue = subject, closeTimeout = CLOSE_TIMEOUT } = options ?? {};
  const queueIssue = notASubject(queue, false);
  if (queueIssue !== null && queue !== subject) issues.push(`queue ${queueIssue}`);
  checkTimeout('closeTimeout', closeTimeout, issues);
  const more = ['servers', 'queue', 'closeTimeout'];
  const config = resolveNats('serveNats', servers, options, serveNatsLimits, issues, more);
  const client = await openClient({ ...config, client: { ...reconnectForever, ...config.client } });

  const statuses = new Subject<NatsStatus>();
  const faults = new Subject<Error>();
  const onFault = (error: Error): void => faults.next(error);
  const connection = new ClientConnection(client, config, (status) => statuses.next(status), onFault);
  const works = new Works(connection, config.limits, onFault);
  let refused: Error | undefined;
  const subscriptions = [...table].map(([name, method]) =>
    client.subscribe(name, {
      queue,
      callback: (error, message) => {
        // What throws here would end the client's reader, and with it everything on the connection.
        try {
          if (error === null) works.run(method, message);
          else onFault((refused = new NatsPermissionError(name, error)));
        } catch (thrown) {
          reportUnhandled(thrown);
        }
      },
    }),
  );
  void client.closed().then((error) => {
    const cause = error instanceof Error ? error : undefined;
    connection.link.end(false, cause);
    if (cause !== undefined) onFault(connectionLost(config.target, cause));
    works.abandon(cause ?? new Error('The service was closed'));
    statuses.complete();
    faults.complete();
  });
  await connection.link.flush();
  if (refused !== undefined) {
    await client.close();
    throw refused;
  }

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeService(connection, subscriptions, works, closeTimeout));
  return {
    subject,
    status$: statuses.asObservable(),
    faults$: faults.asObservable(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function methodsOf(subject: string, methods: NatsMethods, issues: string[]): Map<string, NatsMethod> {
  const table = new Map<string, NatsMethod>();
  const subjectIssue = notASubject(subject, false);
  if (subjectIssue !== null) issues.push(`subject ${subjectIssue}`);
  for (const [name, method] of Object.entries(checkObject('methods', methods, undefined, issues) ?? {})) {
    const nameIssue = notASubject(name, false);
    if (nameIssue !== null) issues.push(`The name of a method ${nameIssue}`);
    if (typeof method !== 'function')
      issues.push(`methods.${name} must be a function, but got ${describeValue(method)}`);
    table.set(`${subject}.${name}`, method as NatsMethod);
  }
  return table;
}

async function closeService(
  { client, link }: ClientConnection,
  subscriptions: readonly ClientSubscription[],
  works: Works,
  timeout: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    if (timeout !== Infinity) timer = setTimeout(resolve, timeout);
  });
  const done = async (): Promise<void> => {
    // What the server had given out before it heard of the end comes first.
    await Promise.all(subscriptions.map((subscription) => subscription.drain()));
    await works.idle();
    await link.flush();
  };
  await Promise.race([done().catch(() => {}), patience]);
  clearTimeout(timer);
  works.abandon(new Error('The service was closed'));
  link.end(true, undefined);
  await client.close();
}

function connectionLost(target: string, cause: Error): Error {
  return new NatsConnectionError(
    'NATS_CONNECTION_LOST',
    target,
    `The connection to ${target} was lost: ${cause.message}`,
    {
      cause,
    },
  );
}
