import { TestScheduler } from 'rxjs/testing';
import type { Message } from './show';

/** The parsers of `TestScheduler`, with frames of 1 ms also outside its `run`. */
class RunMarbles extends TestScheduler {
  static override frameTimeFactor = 1;
}

interface Rules {
  /** Letters have to be among these. */
  readonly values?: unknown;
  /** Whether a subscription point is allowed, as in the marbles of a hot Observable. */
  readonly subscription?: boolean;
}

/**
 * The messages of a marble string. Throws for what RxJS would read as something else than it looks like, or that can never happen.
 */
export function parseMarbles(what: string, marbles: string, rules: Rules = {}, error?: unknown): Message[] {
  checkMarbles(what, marbles, rules);
  return RunMarbles.parseMarbles(marbles, rules.values, error, true, true);
}

/** The same for several rows, one above the other: a stream in which more happens than one row can show. */
export function parseRows(what: string, marbles: string | readonly string[], rules: Rules = {}): Message[] {
  if (typeof marbles === 'string') return parseMarbles(what, marbles, rules);
  return marbles.flatMap((row) => parseMarbles(what, row, rules)).sort((a, b) => a.frame - b.frame);
}

export function parseSubscriptions(what: string, marbles: string): SubscriptionLog {
  if (typeof marbles !== 'string') throw notMarbles(what, marbles);
  const odd = marbles
    .replaceAll(/(?:^|(?<= ))\d+(?:\.\d+)?(?:ms|s|m) /g, (time) => ' '.repeat(time.length))
    .search(/[^-^!() ]/);
  if (odd >= 0) {
    throw impossible(what, marbles, odd, `a subscription has only '^' and '!', but got '${marbles[odd]!}'`);
  }
  return RunMarbles.parseMarblesAsSubscriptions(marbles, true);
}

export type SubscriptionLog = ReturnType<typeof RunMarbles.parseMarblesAsSubscriptions>;

/** RxJS does not export the class of its subscription logs, and runners compare classes. */
export const SubscriptionLogClass = RunMarbles.parseMarblesAsSubscriptions(null, true).constructor as new (
  subscribedFrame: number,
  unsubscribedFrame?: number,
) => SubscriptionLog;

const time = /^(\d+(?:\.\d+)?)(ms|s|m) /;
const timeAtEnd = /^\d+(?:\.\d+)?(?:ms|s|m)$/;

export function checkMarbles(what: string, marbles: string, { values, subscription = false }: Rules = {}): void {
  if (typeof marbles !== 'string') throw notMarbles(what, marbles);
  const known = typeof values === 'object' && values !== null ? Object.keys(values) : null;
  let group = -1;
  let end = -1;
  for (let i = 0; i < marbles.length; i++) {
    const sign = String.fromCodePoint(marbles.codePointAt(i)!);
    const rest = marbles.slice(i);
    const isStart = i === 0 || marbles[i - 1] === ' ';
    if (isStart && time.test(rest)) {
      i += time.exec(rest)![0].length - 1;
      continue;
    }
    if (isStart && timeAtEnd.test(rest) && known?.includes(sign) !== true) {
      throw impossible(what, marbles, i, `a time needs a space after it: '${rest} '`);
    }
    if (/^\d+ms/.test(rest) && known?.includes(sign) !== true && !/\d/.test(marbles[i - 1] ?? '')) {
      throw impossible(what, marbles, i, 'a time needs a space before and after it, or it is read as values');
    }
    i += sign.length - 1;
    if (sign === '-' || sign === ' ') continue;
    if (sign === '!' || (sign === '^' && !subscription)) {
      throw impossible(what, marbles, i, `'${sign}' belongs into the marbles of a subscription`);
    }
    if (sign === '(') {
      if (group >= 0) throw impossible(what, marbles, i, 'a group cannot contain another group');
      group = i;
    } else if (sign === ')') {
      if (group < 0) throw impossible(what, marbles, i, "')' closes no group");
      group = -1;
    } else if (sign !== '^') {
      if (end >= 0) throw impossible(what, marbles, i, `nothing can follow the end ('${marbles[end]!}')`);
      if (sign === '|' || sign === '#') end = i;
      else if (known?.includes(sign) === false) {
        throw impossible(
          what,
          marbles,
          i,
          `no value is given for '${sign}'; the values are ${known.join(', ') || 'empty'}`,
        );
      }
    }
  }
  if (group >= 0) throw impossible(what, marbles, group, "the group is not closed: ')' is missing");
}

/** The error for marbles that cannot be: it points at the sign. */
export function impossible(what: string, marbles: string, index: number, why: string): Error {
  return new Error(`${what} got impossible marbles: ${why}\n\n  ${marbles}\n  ${' '.repeat(index)}^`);
}

function notMarbles(what: string, value: unknown): Error {
  return new TypeError(
    `${what} takes a marble string such as '--a--|', but got ${value === null ? 'null' : typeof value}`,
  );
}
