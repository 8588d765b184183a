import type { Atom } from './atom';
import type { ExportedFunction, Fun, Pid, Port, Reference } from './identifiers';
import type { TermMap } from './term-map';
import type { BitString, Float, ImproperList, Tuple } from './values';

/**
 * What a term is when it has been read. Sent as it is, it is the same term.
 *
 * | term | here |
 * |---|---|
 * | integer | `number` up to ±(2⁵³ − 1), `bigint` beyond |
 * | float | `number`; `Float` if its value is an integer up to ±(2⁵³ − 1) |
 * | atom | `Atom`; `true` and `false` are booleans |
 * | binary | `Buffer` |
 * | bit string | `BitString` |
 * | list | array, also of what Erlang writes as a string; `ImproperList` |
 * | tuple, map | `Tuple`, `TermMap` |
 * | pid, port, reference | `Pid`, `Port`, `Reference` |
 * | fun | `Fun`, `ExportedFunction` |
 */
export type Term =
  | number
  | bigint
  | boolean
  | Atom
  | Float
  | Buffer
  | BitString
  | Tuple
  | readonly Term[]
  | ImproperList
  | TermMap
  | Pid
  | Port
  | Reference
  | Fun
  | ExportedFunction;

/**
 * What can be sent: every `Term`, and values of JavaScript that have one meaning as a term. A string is a binary of UTF-8, as strings of Elixir and
 * Gleam are; an object is a map whose keys are binaries; a `Map` is a map; `null` is the atom `null`. A number that is no integer, or
 * beyond ±(2⁵³ − 1), is a float.
 */
export type Sendable =
  | Term
  | string
  | null
  | Uint8Array
  | Tuple<readonly Sendable[]>
  | readonly Sendable[]
  | ReadonlyMap<Sendable, Sendable>
  | { readonly [key: string]: Sendable };
