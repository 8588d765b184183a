// Every assumption about how IxJS 7 works inside. `spec/pool/rxjs-internals.spec.ts` fails when one of them no longer holds.
//
// One has no function here: for each subclass of AsyncIterableX, `instanceof` is true of every AsyncIterableX, so the operators mark what they
// return by a symbol.

import { FromAsyncIterable } from 'ix/asynciterable/asynciterablex';
import { identityAsync } from 'ix/util/identity';
import type { PullSource } from './source';

/** The fields in which `from(source, selector)` keeps its arguments. */
interface FromFields {
  readonly _source: unknown;
  readonly _selector: unknown;
}

/**
 * The source of IxJS's `from(source)`, if that only passes values on. The generator of `from` would cost more than the rest of a batch, and
 * it passes `return()` to the source only after the source has answered the pull before.
 */
export function unwrapIxFrom<T>(source: PullSource<T>): PullSource<T> {
  let inner: unknown = source;
  // Not instanceof, which is true for every AsyncIterableX.
  while ((inner as object).constructor === FromAsyncIterable) {
    const { _source, _selector } = inner as FromFields;
    // A selector has work to do, and of an Iterable `from` awaits the elements.
    if (_selector !== identityAsync || !isAsyncIterable(_source)) break;
    inner = _source;
  }
  return inner as PullSource<T>;
}

function isAsyncIterable(value: unknown): boolean {
  return typeof (value as AsyncIterable<unknown> | null | undefined)?.[Symbol.asyncIterator] === 'function';
}
