import { seededRandom } from '../stress/seeded-random';

/** From 0 to below 1. */
export type RandomSource = () => number;

/**
 * Dice that fall in the same way for ever, one for each thing that is left to chance: when one of them is thrown more often than in
 * another run, the others do not notice, and two runs can be compared.
 */
export function randomSources(seed: number): (name: string) => RandomSource {
  return (name) => {
    // The name, by the hash of Fowler, Noll and Vo.
    let mixed = seed ^ 0x811c9dc5;
    for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193);
    const start = seededRandom(mixed);
    const word = (): number => (start() * 2 ** 32) | 0;
    return sfc32(word(), word(), word());
  };
}

/** "Small fast counting", by Chris Doty-Humphrey (public domain, of PractRand): 128 bits of state, a period of 2^64 at the least. */
function sfc32(first: number, second: number, third: number): RandomSource {
  let [a, b, c, counter] = [first, second, third, 1];
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return (result >>> 0) / 2 ** 32;
  };
  // As its author has it: the first ones still show what it was started with.
  for (let i = 0; i < 12; i++) next();
  return next;
}
