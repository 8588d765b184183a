import { Observable } from 'rxjs';
import { maxTimerMs } from '../../pool/time/clock';
import type { Methods } from './methods';

/** Letters: a longer text would block the node. */
const LONGEST_TEXT = 16 * 1024 * 1024;
const LONGEST_MESSAGE = 10_000;

/**
 * Methods for trials:
 *
 * - `echo(value)` answers with the value.
 * - `word_count(text)` answers with the number of words in it, up to 16 777 216 letters.
 * - `sleep(ms)` answers with `ms` after `ms` milliseconds.
 * - `fail(message?)` answers with an error of that message, of up to 10 000 letters.
 */
export const builtinMethods = {
  echo: (value: unknown) => value,

  word_count: (text: unknown) => {
    if (typeof text !== 'string')
      throw new TypeError(`word_count takes a text, got ${text === null ? 'nil' : typeof text}`);
    if (text.length > LONGEST_TEXT) {
      throw new RangeError(`word_count takes a text of at most ${LONGEST_TEXT} letters, got ${text.length}`);
    }
    const word = /\S+/gu;
    let count = 0;
    while (word.test(text)) count++;
    return count;
  },

  sleep: (ms: unknown) => {
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= maxTimerMs)) {
      throw new TypeError(
        `sleep takes milliseconds from 0 to ${maxTimerMs}, got ${typeof ms === 'number' ? ms : typeof ms}`,
      );
    }
    // An Observable, because it is unsubscribed when the caller disconnects.
    return new Observable<number>((subscriber) => {
      const timer = setTimeout(() => {
        subscriber.next(ms);
        subscriber.complete();
      }, ms);
      subscriber.add(() => clearTimeout(timer));
    });
  },

  fail: (message: unknown) => {
    throw new Error(typeof message === 'string' ? message.slice(0, LONGEST_MESSAGE) : 'failed, as asked');
  },
} satisfies Methods;
