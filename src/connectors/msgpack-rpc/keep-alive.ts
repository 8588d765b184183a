import { describeValue } from '../../pool/values/describe';
import { checkObject, checkText } from './arguments';
import type { Session } from './session';

/** How a node that accepts and says nothing is found. */
export interface KeepAlive {
  /** Milliseconds of silence after which the node is asked for a sign of life. Default 15 000. */
  readonly interval?: number;
  /**
   * Milliseconds within which something must then come in, or the connection is given up. Default 5 000. Longer than what the node
   * ever blocks for: a neovim that is busy with one long command answers nothing else.
   */
  readonly timeout?: number;
  /** The method that is called. Default `'ping'`. The node need not have it: an error is a sign of life too. */
  readonly method?: string;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** With the defaults filled in; undefined for none. What is wrong with it goes to `issues`. */
export function resolveKeepAlive(
  given: KeepAlive | boolean | undefined,
  issues: string[],
): Required<KeepAlive> | undefined {
  if (given === undefined || given === false) return undefined;
  const known = ['interval', 'timeout', 'method'];
  const options = given === true ? {} : checkObject('keepAlive', given, known, issues, 'true, false or ');
  const { interval = 15_000, timeout = 5_000, method = 'ping' } = (options ?? {}) as KeepAlive;
  for (const [name, value] of Object.entries({ interval, timeout })) {
    if (typeof value === 'number' && value >= 1 && value <= LONGEST_TIMER) continue;
    issues.push(`keepAlive.${name} must be 1 to ${LONGEST_TIMER} milliseconds, but got ${describeValue(value)}`);
  }
  checkText('keepAlive.method', method, issues);
  return { interval, timeout, method };
}

/** Watches an open connection. Returns what ends the watch. Its timers keep no process alive. */
export function watch(session: Session, { interval, timeout, method }: Required<KeepAlive>): () => void {
  let timer: NodeJS.Timeout;
  let lastCheck: NodeJS.Immediate | undefined;
  const later = (ms: number, callback: () => void) => (timer = setTimeout(callback, ms).unref());

  const listen = () => {
    session.receivedData = false;
    later(interval, () => (session.receivedData ? listen() : ask()));
  };
  const ask = () => {
    // What comes in, be it this answer or anything else, is seen by `heard`; a failure is the session's own end.
    session.ping(method).subscribe({ error: () => {} });
    later(timeout, () => {
      if (session.receivedData) listen();
      // Where this process was too busy to read, the answer is there; what is there is read before an immediate. One that is not
      // held would wait for whatever wakes the event loop next.
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
