import { setImmediate as turn } from 'node:timers/promises';
import { microtasks } from '../helpers/turns';

export interface CountedOptions {
  /** How many there are, from 0. Default: without end. */
  count?: number;
  /** Before the nth comes, or before the end does. */
  before?: (n: number) => Promise<unknown> | undefined;
  /** What the nth `next()` fails with, if it does. */
  fails?: (n: number) => Error | undefined;
  /** What happens in `return()`. */
  returning?: () => unknown;
}

/** Numbers, from a source that was written by hand and counts what is asked of it. */
export class CountedSource implements AsyncIterable<number> {
  iterations = 0;
  /** Calls of `next()`, and those that were answered with a number. */
  asked = 0;
  drawn = 0;
  /** The most `next()`s that waited at a time. */
  mostAsked = 0;
  returns = 0;
  /** Whether it has ended by itself, and that has been heard. */
  ended = false;

  constructor(private readonly options: CountedOptions = {}) {}

  [Symbol.asyncIterator](): AsyncIterator<number, undefined> {
    const { count = Infinity, before, fails, returning } = this.options;
    let n = 0;
    let waiting = 0;
    let over = false;
    this.iterations++;
    const answer = async (): Promise<IteratorResult<number, undefined>> => {
      const wait = before?.(n);
      if (wait !== undefined) await wait;
      const error = fails?.(n);
      if (error !== undefined) throw error;
      if (over || n >= count) return { done: true, value: undefined };
      this.drawn++;
      return { done: false, value: n++ };
    };
    return {
      next: () => {
        this.asked++;
        this.mostAsked = Math.max(this.mostAsked, ++waiting);
        const answered = answer();
        const heard = (ended: boolean): void => {
          waiting--;
          if (!over) this.ended ||= ended;
        };
        answered.then(
          ({ done }) => heard(done === true),
          () => heard(true),
        );
        return answered;
      },
      return: async () => {
        this.returns++;
        over = true;
        await returning?.();
        return { done: true, value: undefined };
      },
    };
  }
}

/** Everything that could still happen happens. */
export async function settle(): Promise<void> {
  await microtasks(50);
  await turn();
  await microtasks(50);
}

/** All that an iterable gives. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

/** What an iterable fails with; it must fail. */
export async function failureOf(source: AsyncIterable<unknown>): Promise<unknown> {
  try {
    await all(source);
  } catch (error) {
    return error;
  }
  fail('it did not fail');
  return undefined;
}
