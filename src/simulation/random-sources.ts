import { seededRandom } from '../stress/seeded-random';

/** Returns numbers from 0 to below 1. */
export type RandomSource = () => number;

/**
 * Reproducible random sources, one for each random quantity by its name. They are independent: where one run draws more numbers from one of them,
 * the others stay the same, so that two runs can be compared.
 */
export function randomSources(seed: number): (name: string) => RandomSource {
  return (name) => {
    // The FNV-1a hash of the name.
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
  // As its author recommends: the first numbers depend too much on the seed.
  for (let i = 0; i < 12; i++) next();
  return next;
}
