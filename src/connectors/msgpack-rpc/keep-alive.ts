import { describeValue } from '../../pool/values/describe';
import { maxTimerMs } from '../../pool/time/clock';
import { checkObject, checkText } from './arguments';
import type { Session } from './session';

/** Options for the detection of a node that does not respond. */
export interface KeepAlive {
  /** In ms: silence after which the node is probed by a call. Default 15 000. */
  readonly interval?: number;
  /**
   * In ms: the time within which data must then arrive, or the connection is closed. Default 5 000. Choose it longer than the node ever
   * blocks: a neovim that is busy with one long command answers nothing else.
   */
  readonly timeout?: number;
  /** The method of the probe. Default `'ping'`. The node need not have it: an error is a response, too. */
  readonly method?: string;
}

/** The options with defaults; undefined for none. Adds problems to `issues`. */
export function resolveKeepAlive(
  given: KeepAlive | boolean | undefined,
  issues: string[],
): Required<KeepAlive> | undefined {
  if (given === undefined || given === false) return undefined;
  const known = ['interval', 'timeout', 'method'];
  const options = given === true ? {} : checkObject('keepAlive', given, known, issues, 'true, false or ');
  const { interval = 15_000, timeout = 5_000, method = 'ping' } = (options ?? {}) as KeepAlive;
  for (const [name, value] of Object.entries({ interval, timeout })) {
    if (typeof value === 'number' && value >= 1 && value <= maxTimerMs) continue;
    issues.push(`keepAlive.${name} must be 1 to ${maxTimerMs} milliseconds, but got ${describeValue(value)}`);
  }
  checkText('keepAlive.method', method, issues);
  return { interval, timeout, method };
}

/** Watches an open connection. Returns a function that ends the watch. Its timers do not keep the process alive. */
export function watch(session: Session, { interval, timeout, method }: Required<KeepAlive>): () => void {
  let timer: NodeJS.Timeout;
  let lastCheck: NodeJS.Immediate | undefined;
  const later = (ms: number, callback: () => void) => (timer = setTimeout(callback, ms).unref());

  const listen = () => {
    session.receivedData = false;
    later(interval, () => (session.receivedData ? listen() : ask()));
  };
  const ask = () => {
    // `receivedData` records this answer or any other data; if the call fails, the session ends by itself.
    session.ping(method).subscribe({ error: () => {} });
    later(timeout, () => {
      if (session.receivedData) listen();
      // If this process was too busy to read, the answer is read before an immediate. An immediate keeps the event loop awake, which a timer
      // without a reference does not.
      else lastCheck = setImmediate(decide);
    });
  };
  const decide = () => {
    if (session.receivedData) listen();
    else session.abort(`nothing came in for ${interval} ms, nor for ${timeout} ms after a '${method}'`);
  };
  listen();
  return () => {
    clearTimeout(timer);
    clearImmediate(lastCheck);
  };
}
