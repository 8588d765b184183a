import { from, isObservable, Observable, observable, type ObservableInput } from 'rxjs';
import { iterate } from '../../pool/rx/iterate';

/**
 * A result that is waited for, as what its last value comes from; undefined for one that is the answer itself. That are strings, arrays,
 * sets and maps too, though `from` would take them apart: they can be sent. A generator cannot.
 */
export function sourceOf(result: unknown): Observable<unknown> | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  if (isObservable(result)) return result;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the very key by which `from` knows one of another library
  if (has(result, observable) || has(result, 'then')) return from(result as ObservableInput<unknown>);
  // `from` would not ask it to end before its next value has come.
  if (has(result, Symbol.asyncIterator)) {
    return new Observable((subscriber) => iterate(result as AsyncIterable<unknown>, subscriber));
  }
  if (has(result, Symbol.iterator) && has(result, 'next')) return from(result as Iterable<unknown>);
  return undefined;
}

const has = (value: object, method: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown>)[method] === 'function';
