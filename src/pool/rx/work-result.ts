import { from, type Observable, type ObservableInput } from 'rxjs';
import { describeValue } from '../values/describe';

/** The result of `work` as an Observable, if it is none of the kinds that are recognised before. */
export function streamOf<R>(result: unknown): Observable<R> {
  try {
    return from(result as ObservableInput<R>);
  } catch {
    throw new TypeError(
      `work returned ${describeValue(result)}: it must return an Observable, a Promise, or an iterable; for one plain value of(value), for none EMPTY`,
    );
  }
}

export function isPromiseLike<T>(value: unknown): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
}

export function isAsyncIterable<T>(value: unknown): value is AsyncIterable<T> {
  return typeof (value as AsyncIterable<T> | null | undefined)?.[Symbol.asyncIterator] === 'function';
}

/** RxJS would emit a string character by character. */
export const stringResultError = (text: string): TypeError =>
  new TypeError(
    `work returned the string ${JSON.stringify(text.slice(0, 40))}, which would be emitted letter by letter: return of(…) or a Promise of it`,
  );
