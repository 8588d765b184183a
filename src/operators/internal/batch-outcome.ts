/** How one of a batch ended: with its last value (`undefined` if it had none), or with an error. */
export type BatchOutcome<R> =
  | { readonly index: number; readonly item: unknown; readonly status: 'fulfilled'; readonly value: R }
  | { readonly index: number; readonly item: unknown; readonly status: 'rejected'; readonly reason: unknown };
