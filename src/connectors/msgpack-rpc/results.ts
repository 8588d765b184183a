import { from, isObservable, Observable, observable, type ObservableInput } from 'rxjs';
import { iterate } from '../../pool/rx/iterate';

/**
 * The source of an asynchronous result, whose last value is the answer; undefined for a result that is the answer itself. Strings, arrays, sets
 * and maps are answers, although `from` accepts them, since they can be sent. A generator cannot.
 */
export function sourceOf(result: unknown): Observable<unknown> | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  if (isObservable(result)) return result;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the key by which `from` recognises an Observable of another library
  if (has(result, observable) || has(result, 'then')) return from(result as ObservableInput<unknown>);
  // `from` would not end the iteration before its next value arrives.
  if (has(result, Symbol.asyncIterator)) {
    return new Observable((subscriber) => iterate(result as AsyncIterable<unknown>, subscriber));
  }
  if (has(result, Symbol.iterator) && has(result, 'next')) return from(result as Iterable<unknown>);
  return undefined;
}

const has = (value: object, method: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown>)[method] === 'function';
