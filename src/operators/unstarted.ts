// A batch that stops at an error knows how many it had drawn and did not start; the BatchResult is to say so, whatever operators
// stand between the two. It travels with the outcome that stopped the batch, where nobody else sees it.
const unstarted = new WeakMap<object, number>();

export function noteUnstarted(outcome: object, count: number): void {
  unstarted.set(outcome, count);
}

export function unstartedAt(outcome: object): number {
  return unstarted.get(outcome) ?? 0;
}
