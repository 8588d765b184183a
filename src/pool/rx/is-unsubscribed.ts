/** As much of a Subscriber as can be seen from outside; a sink of another kind may have none of it. */
interface Link {
  readonly closed?: boolean;
  readonly destination?: unknown;
  readonly unsubscribe?: unknown;
}

/**
 * Whether nobody listens any more: the subscriber is closed, or one further down that is being unsubscribed at this very moment.
 * RxJS closes a pipeline from its end and reaches the inner subscribers of a `mergeAll` one by one. Without a look ahead, the
 * connection of the first would go to the second, whose work would be started only to be cancelled at once.
 */
export function isUnsubscribed(sink: unknown): boolean {
  for (let link = sink as Link | null | undefined; link; link = link.destination as Link | null | undefined) {
    // An observer that nobody can unsubscribe (RxJS has an empty one) is not on its way out, whatever it says.
    if (link.closed === true && link.unsubscribe !== undefined) return true;
  }
  return false;
}
