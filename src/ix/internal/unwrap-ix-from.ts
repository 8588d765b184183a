import { FromAsyncIterable } from 'ix/asynciterable/asynciterablex';
import { identityAsync } from 'ix/util/identity';
import type { PullSource } from './source';

/** What IxJS 7 keeps of the source that it was given. */
interface Wrapper {
  readonly _source: unknown;
  readonly _selector: unknown;
}

/**
 * What is inside of IxJS's `from(source)`, if that does nothing but pass on. Its generator would cost more than all of a batch,
 * and would not tell the source of a `return()` before the source has answered what it was asked before.
 */
export function unwrapIxFrom<T>(source: PullSource<T>): PullSource<T> {
  let inner: unknown = source;
  // Not instanceof, which says yes to every AsyncIterableX.
  while ((inner as object).constructor === FromAsyncIterable) {
    const { _source, _selector } = inner as Wrapper;
    // A selector has work to do, and of an Iterable `from` awaits the elements.
    if (_selector !== identityAsync || !isAsyncIterable(_source)) break;
    inner = _source;
  }
  return inner as PullSource<T>;
}

function isAsyncIterable(value: unknown): boolean {
  return typeof (value as AsyncIterable<unknown> | null | undefined)?.[Symbol.asyncIterator] === 'function';
}
