// A batch that stops at an error knows how many it had drawn and did not start; the BatchResult is to say so, whatever operators
// stand between the two. It is kept beside the outcome that stopped the batch, and is no property of it.
const unstarted = new WeakMap<object, number>();

/** Adds to the number of items that had been drawn when this outcome stopped its batch, and were not started. */
export function recordUnstarted(outcome: object, count: number): void {
  unstarted.set(outcome, unstartedOf(outcome) + count);
}

/** To be asked when the batch has ended: what was on its way when it stopped is counted when it comes. */
export function unstartedOf(outcome: object): number {
  return unstarted.get(outcome) ?? 0;
}

export function stoppedBatch(outcome: object): boolean {
  return unstarted.has(outcome);
}
