/**
 * The numbers that are to be tried, one after the other; told of each whether it is enough, it returns the smallest one that is, or null.
 * From `start` in doubling strides to where that changes, and then in between; at last its neighbours and some more, for the curve.
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
