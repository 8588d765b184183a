import { Observable } from 'rxjs';
import type { Methods } from './methods';

const LONGEST_SLEEP = 2 ** 31 - 1;

/**
 * What a node can do without being taught, to try things out on:
 *
 * - `echo(value)` answers with the value.
 * - `word_count(text)` answers with the number of words in it.
 * - `sleep(ms)` answers with `ms` after as many milliseconds.
 * - `fail(message?)` answers with an error of that message.
 */
export const builtinMethods = {
  echo: (value: unknown) => value,

  word_count: (text: unknown) => {
    if (typeof text !== 'string')
      throw new TypeError(`word_count takes a text, got ${text === null ? 'nil' : typeof text}`);
    return text.match(/\S+/gu)?.length ?? 0;
  },

  sleep: (ms: unknown) => {
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= LONGEST_SLEEP)) {
      throw new TypeError(
        `sleep takes milliseconds from 0 to ${LONGEST_SLEEP}, got ${typeof ms === 'number' ? ms : typeof ms}`,
      );
    }
    // An Observable, because it is unsubscribed when the caller is gone.
    return new Observable<number>((subscriber) => {
      const timer = setTimeout(() => {
        subscriber.next(ms);
        subscriber.complete();
      }, ms);
      subscriber.add(() => clearTimeout(timer));
    });
  },

  fail: (message: unknown) => {
    throw new Error(typeof message === 'string' ? message : 'failed, as asked');
  },
} satisfies Methods;
