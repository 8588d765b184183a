/**
 * How one of a batch ended: with its last value (`undefined` if it had none), or with an error. `item` is what the task was about, so that
 * a result and its item are in one object: `({ item, value }) => …`.
 */
export type BatchOutcome<R, T = unknown> =
  | { readonly index: number; readonly item: T; readonly status: 'fulfilled'; readonly value: R }
  | { readonly index: number; readonly item: T; readonly status: 'rejected'; readonly reason: unknown };
