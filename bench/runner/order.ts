/** The first contender runs on a cooler machine, so the order differs in each round. It is the same for the same seed. */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Numbers from 0 to 1 that follow from the seed (xorshift32, G. Marsaglia 2003). */
export function randomFrom(seed: number): () => number {
  let state = Math.trunc(seed) | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  // Small seeds begin with small numbers.
  for (let i = 0; i < 16; i++) next();
  return next;
}
