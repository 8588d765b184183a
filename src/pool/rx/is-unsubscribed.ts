/** The visible members of a Subscriber; a sink of another kind may have none of them. */
interface Link {
  readonly closed?: boolean;
  readonly destination?: unknown;
  readonly unsubscribe?: unknown;
}

/**
 * Whether the outcome is no longer wanted: the subscriber is closed, or one further downstream is being unsubscribed right now.
 * RxJS closes a pipeline from its end and reaches the inner subscribers of a `mergeAll` one by one. Without this check the
 * connection of the first would be lent to the second, whose work would be started only to be cancelled at once.
 */
export function isUnsubscribed(sink: unknown): boolean {
  for (let link = sink as Link | null | undefined; link; link = link.destination as Link | null | undefined) {
    // An observer without `unsubscribe` (RxJS has an empty one) cannot be unsubscribed, whatever its `closed` is.
    if (link.closed === true && link.unsubscribe !== undefined) return true;
  }
  return false;
}
