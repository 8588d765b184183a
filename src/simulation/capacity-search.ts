/**
 * Yields the values to try; the caller passes to `next` whether the value was enough. Returns the smallest one that was, or null. Searches from
 * `start` in doubling strides to where the answer changes, then by bisection; last come neighbours of the result, for the curve.
 */
export function* capacitySearch(
  start: number,
  least: number,
  most: number,
  today: number | undefined,
): Generator<number, number | null, boolean> {
  const known = new Map<number, boolean>();
  function* isEnough(max: number): Generator<number, boolean, boolean> {
    const before = known.get(max);
    if (before !== undefined) return before;
    const enough = yield max;
    known.set(max, enough);
    return enough;
  }
  const first = Math.min(Math.max(start, least), most);
  let failed = least - 1;
  let held: number | null = null;
  if (yield* isEnough(first)) {
    held = first;
    for (let stride = 1; held > least; stride *= 2) {
      const next: number = Math.max(least, held - stride);
      if (!(yield* isEnough(next))) {
        failed = next;
        break;
      }
      held = next;
    }
  } else {
    failed = first;
    for (let stride = 1; held === null && failed < most; stride *= 2) {
      const next = Math.min(most, failed + stride);
      if (yield* isEnough(next)) held = next;
      else failed = next;
    }
  }
  while (held !== null && held - failed > 1) {
    const middle = Math.floor((held + failed) / 2);
    if (yield* isEnough(middle)) held = middle;
    else failed = middle;
  }
  const around = held === null ? [] : [held - 2, held - 1, held + 1, held + 2, Math.ceil(held * 1.5)];
  for (const max of [...around, ...(today === undefined ? [] : [today])]) {
    if (max >= least && max <= most) yield* isEnough(max);
  }
  return held;
}
