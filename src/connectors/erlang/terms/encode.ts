import * as tag from './tags';
import type { Sendable } from './term';
import { written } from './term-writer';

/**
 * The bytes of a term, for `erlang:binary_to_term/1`.
 *
 * Throws a `TypeError` for what is no term: `undefined`, functions, symbols, NaN and the infinities, objects of a class, and what is nested more
 * than 512 deep.
 *
 * @example
 * socket.write(encodeTerm(tuple(atom('put'), 'key', 5)));
 */
export const encodeTerm = (term: Sendable): Buffer =>
  written((writer) => {
    writer.byte(tag.VERSION);
    writer.term(term);
  });
