import { asyncScheduler, Observable, throwError } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import type { ConnectContext } from '../pool/connector';
import { callSite } from './call-site';
import { currentRun } from './current-run';
import { impossible, parseMarbles, SubscriptionLogClass } from './marbles';
import type { Message } from './show';

/** When Observables were subscribed and unsubscribed, as `expectSubscriptions` takes it. */
export type Subscriptions = Parameters<RunHelpers['expectSubscriptions']>[0];

/** A connector that does what marble strings say: an option `connect` of a pool. */
export interface ScriptedConnector<C> {
  (context?: ConnectContext): Observable<C>;
  /**
   * When each connect began, and when its connection was closed, or lost, or its connect failed; in the order of the connects.
   *
   * ```ts
   * expectSubscriptions(connector.subscriptions).toBe(['^--------!', '----------^-!']);
   * ```
   */
  readonly subscriptions: Subscriptions;
}

/** The last argument of `scriptedConnector`. */
export interface ScriptedConnectorOptions<C> {
  /** The connection that each letter stands for. Default: the letter. */
  readonly values?: Readonly<Record<string, C>>;
  /** The error of `#`. Default: an `Error` that says which connect of the script failed. */
  readonly error?: unknown;
  /** Whether further connects do what the last one of the script does. Default `false`: they fail the test. */
  readonly repeat?: boolean;
}

/**
 * A connector by marbles: the nth connect does what the nth script says. Time is counted from the beginning of that connect.
 *
 * ```
 * --a          opens after 2 frames, and stays open
 * --a------|   opens after 2 frames, and is lost after 9
 * --a------#   the same, with an error
 * --#          fails after 2 frames
 * -            does not answer
 * ```
 *
 * A connect without a script fails, and fails the test, because a connection that is opened unexpectedly is what such a test should find.
 * With `{ repeat: true }` it repeats the last script instead. An Observable may stand in the place of a script. In `TestScheduler.run`, and
 * so in `poolTest`, a frame is a millisecond of virtual time; elsewhere it is one of `asyncScheduler`.
 *
 * ```ts
 * const connect = scriptedConnector('--a------|', '--#', '--b');
 * const pool = createPool({ connect, max: 1 });
 * ```
 */
export function scriptedConnector(...scripts: readonly (string | Observable<string>)[]): ScriptedConnector<string>;
export function scriptedConnector<C = string>(
  ...scripts: readonly [...(string | Observable<C>)[], ScriptedConnectorOptions<C>]
): ScriptedConnector<C>;
export function scriptedConnector<C>(
  ...given: readonly (string | Observable<C> | ScriptedConnectorOptions<C>)[]
): ScriptedConnector<C> {
  const last = given.at(-1);
  const options = typeof last === 'object' && last !== null && !('subscribe' in last) ? last : {};
  const scripts = (options === last ? given.slice(0, -1) : given) as readonly (string | Observable<C>)[];
  if (scripts.length === 0) {
    throw new TypeError("scriptedConnector takes at least one script, such as '--a' for a connect that takes 2 frames");
  }
  const connects = scripts.map((script, i) =>
    typeof script === 'string' ? readScript<C>(script, i, options) : script,
  );
  const site = callSite();
  const subscriptions: Subscriptions = [];
  const connect = (): Observable<C> =>
    new Observable<C>((subscriber) => {
      const index = subscriptions.length;
      const frame = asyncScheduler.now();
      subscriptions.push(new SubscriptionLogClass(frame));
      subscriber.add(() => {
        subscriptions[index] = new SubscriptionLogClass(frame, asyncScheduler.now());
      });
      const source = connects[index] ?? (options.repeat === true ? connects.at(-1)! : unexpected(index, frame));
      source.subscribe(subscriber);
    });
  const unexpected = (index: number, frame: number): Observable<never> => {
    const message = `connect ${index + 1} of scriptedConnector, at frame ${frame}, has no script: add one, or pass { repeat: true } to repeat the last`;
    if (index === connects.length) currentRun()?.expectations.fail(message, site);
    return throwError(() => new Error(message));
  };
  return Object.assign(connect, { subscriptions });
}

function readScript<C>(script: string, index: number, options: ScriptedConnectorOptions<C>): Observable<C> {
  const what = 'scriptedConnector';
  const { values } = options;
  const messages = parseMarbles(what, script, { values });
  const opened = messages.filter(({ notification: { kind } }) => kind === 'N');
  if (opened.length > 1) {
    const written = parseMarbles(what, script).filter(({ notification: { kind } }) => kind === 'N');
    const letter = written[1]!.notification.value as string;
    throw impossible(what, script, script.lastIndexOf(letter), 'a connect opens one connection, so it has one letter');
  }
  const error = 'error' in options ? options.error : new Error(`connect ${index + 1} fails by its script '${script}'`);
  return scheduled<C>(messages, error);
}

/** Emits the messages, by timers that are set in this order. */
function scheduled<T>(messages: readonly Message[], error: unknown): Observable<T> {
  return new Observable((subscriber) => {
    for (const { frame, notification } of messages) {
      subscriber.add(
        asyncScheduler.schedule(() => {
          if (notification.kind === 'N') subscriber.next(notification.value as T);
          else if (notification.kind === 'E') subscriber.error(error);
          else subscriber.complete();
        }, frame),
      );
    }
  });
}
