import * as fc from 'fast-check';
import { atom, decodeTerm, encodeTerm, TermRefusal, tuple } from '../../../src/connectors/erlang/index';
import { effort, isWhole } from '../../helpers/effort';
import { erlangNode } from '../../helpers/erlang';
import { connectTrial } from './hostile-peer';
import { answerOf, scene } from './support';
import { costs, MOST_BYTES, MOST_CPU } from './costs';
import { anyTerm } from './term-arbitrary';
import { trial } from './trial';

const byte = fc.oneof(fc.integer({ min: 70, max: 121 }), fc.nat(4), fc.nat(255));
const mutated = fc
  .tuple(anyTerm, fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 4 }))
  .map(([term, changes]) => {
    const bytes = encodeTerm(term);
    for (const [at, to] of changes) bytes[1 + (at % (bytes.length - 1))] = to;
    return bytes;
  });

/** The seed of the inputs, which a failure reports. */
const seed = Date.now() % 2 ** 31;

describe('hostile bytes, at the decoder, in the handshake and on an open connection', () => {
  it('are refused or dropped wherever they are cut, and no call is left without an outcome', async () => {
    for (let index = 0; index < effort(1_500, 60_000); index++) await trial(seed, index);
    expect().nothing();
  });

  it('of an EPMD and of a node over sockets end the connect in time, with an error that says why', async () => {
    const outcomes = new Set<string>();
    const count = effort(200, 4_000);
    for (let index = 0; index < count; index += 20) {
      const together = Array.from({ length: 20 }, (_, i) => connectTrial(seed, index + i));
      for (const outcome of await Promise.all(together)) outcomes.add(outcome);
    }
    for (const name of ['ErlangProtocolError', 'ErlangConnectError', 'ErlangUnknownNameError'])
      expect(outcomes).toContain(name);
  });

  // To measure costs takes seconds; hostile.spec.ts has some.
  if (isWhole)
    it('cost memory and time by their length, whatever they are, and however keys were chosen', () => {
      const all = costs();
      expect(Math.max(...all.map(({ bytes }) => bytes))).toBeLessThan(MOST_BYTES);
      expect(Math.max(...all.map(({ cpu }) => cpu))).toBeLessThan(MOST_CPU);
    });
});

/** What is not refused has to be a term that can be sent again. */
describe('mutated bytes of a term', () => {
  const { connect } = scene();
  const node = erlangNode();

  it('are refused, or are the bytes of a term', () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        try {
          const term = decodeTerm(bytes);
          expect(String(decodeTerm(encodeTerm(term)))).toBe(String(term));
        } catch (error) {
          expect(error).toBeInstanceOf(TermRefusal);
        }
      }),
      { numRuns: effort(1_000, 30_000) },
    );
  });

  it('that a node of Erlang reads are read here as the same term', async () => {
    const connection = await connect(node());
    await fc.assert(
      fc.asyncProperty(mutated, async (bytes) => {
        if ((await answerOf(connection.call('echo', tuple(atom('reads'), bytes)))) !== true) return;
        const again = encodeTerm(decodeTerm(bytes));
        const same = await answerOf(connection.call('echo', tuple(atom('same_terms'), bytes, again)));
        expect(same).withContext(bytes.toString('hex')).toBe(true);
      }),
      { numRuns: effort(200, 5_000) },
    );
  });
});
