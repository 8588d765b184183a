import * as fc from 'fast-check';
import {
  atom,
  BitString,
  ExportedFunction,
  float,
  ImproperList,
  Pid,
  Port,
  Reference,
  termMap,
  Tuple,
  type Term,
} from '../../../src/connectors/erlang/terms/index';
import { checkKeys } from '../../../src/connectors/erlang/terms/term-writer';

/** A map must not have a key twice. */
const haveEach = (keys: readonly Term[]): boolean => {
  try {
    checkKeys(keys);
    return true;
  } catch {
    return false;
  }
};

const uint32 = fc.nat(2 ** 32 - 1);
// true and false are read as booleans.
const name = fc.oneof(
  fc.constantFrom(
    'ok',
    'error',
    'undefined',
    'two words',
    "it's",
    '',
    'žluť',
    '語🐎',
    'x'.repeat(255),
    'é'.repeat(255),
  ),
  fc.string({ unit: 'grapheme-composite', maxLength: 20 }).filter((text) => text !== 'true' && text !== 'false'),
);
const anAtom = name.map((text) => atom(text));
const integer = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.constantFrom(255, 256, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 48 - 1, 2 ** 48),
  fc
    .bigInt({ min: -(2n ** 2200n), max: 2n ** 2200n })
    .filter((value) => value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)),
);
const aFloat = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (Number.isSafeInteger(value) && !Object.is(value, -0) ? float(value) : value));
const binary = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const bits = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 7 }))
  .map(([bytes, last]) => {
    const whole = Buffer.from(bytes);
    whole[whole.length - 1]! &= (0xff << (8 - last)) & 0xff;
    return new BitString(whole, last);
  });
/** Of a node other than the peer: a reference of the peer itself would have to exist. */
const node = fc.constantFrom(atom('other@10.0.0.7'), atom('third@host'));
const pid = fc
  .tuple(node, fc.nat(2 ** 28 - 1), fc.nat(2 ** 13 - 1), uint32)
  .map(([of, id, serial, creation]) => new Pid(of, id, serial, creation));
const port = fc.tuple(node, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), uint32).map((of) => new Port(...of));
const reference = fc
  .tuple(node, uint32, fc.nat(2 ** 18 - 1), fc.array(uint32, { maxLength: 4 }))
  .map(([of, creation, first, words]) => new Reference(of, creation, [first, ...words]));
const exported = fc
  .tuple(anAtom, anAtom, fc.nat(255))
  .map(([module, of, arity]) => new ExportedFunction(module, of, arity));

/** Any term as it is when it has been read, but for the funs of others. */
export const anyTerm: fc.Arbitrary<Term> = fc.letrec<{ term: Term }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(anAtom, integer, aFloat, binary, bits, fc.boolean(), pid, port, reference, exported),
    fc.array(tie('term'), { maxLength: 6 }).map((elements) => new Tuple(elements)),
    fc.array(tie('term'), { maxLength: 6 }),
    fc.array(fc.nat(255), { maxLength: 6 }),
    fc
      .tuple(fc.array(tie('term'), { minLength: 1, maxLength: 4 }), fc.oneof(anAtom, integer, binary))
      .map(([elements, tail]) => new ImproperList(elements, tail)),
    fc
      .array(fc.tuple(tie('term'), tie('term')), { maxLength: 6 })
      .filter((entries) => haveEach(entries.map(([key]) => key)))
      .map((entries) => termMap(entries)),
  ),
})).term;
