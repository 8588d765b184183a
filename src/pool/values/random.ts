/**
 * The option `random`, replaced by `Math.random` where it throws or returns anything but a number from 0 to 1: a pause of NaN would be no
 * pause, and one of Infinity would never end.
 */
export function checkedRandom(random: () => number): () => number {
  return () => {
    try {
      const value: unknown = random();
      if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    } catch {
      // It is called while a failure is being handled, which must continue.
    }
    return Math.random();
  };
}
