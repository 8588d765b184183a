/**
 * How one task of a batch ended: it `succeeded` with its last value (`undefined` if it had none), or it `failed` with an error. `item` is what
 * the task was about, so that a result and its item are in one object: `({ item, value }) => …`. A failed outcome is a `BatchFailure` too,
 * which `retryFailed` takes.
 */
export type BatchOutcome<R, T = unknown> =
  | { readonly index: number; readonly item: T; readonly status: 'succeeded'; readonly value: R }
  | { readonly index: number; readonly item: T; readonly status: 'failed'; readonly error: unknown };
