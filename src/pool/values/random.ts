/**
 * What the option `random` says, from 0 to 1. Where it says anything else, or throws, `Math.random` does: a pause of NaN would be none, and
 * one of Infinity would have no end.
 */
export function checkedRandom(random: () => number): () => number {
  return () => {
    try {
      const part: unknown = random();
      if (typeof part === 'number' && part >= 0 && part <= 1) return part;
    } catch {
      // It is asked where a failure is being handled, and that must go on.
    }
    return Math.random();
  };
}
