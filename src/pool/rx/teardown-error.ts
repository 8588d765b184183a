import type { Observable } from 'rxjs';

/** What a teardown has thrown, of what unsubscribing throws: where it was one alone, its own error and not RxJS's list of them. */
export function thrownBy(unsubscribing: unknown): unknown {
  try {
    if (!isList(unsubscribing)) return unsubscribing;
    const { errors } = unsubscribing;
    return errors.length === 1 ? errors[0] : unsubscribing;
  } catch {
    // What cannot even be looked at, such as a revoked proxy, is no list.
    return unsubscribing;
  }
}

/** An `UnsubscriptionError`: by its name, for the work may be made with another copy of RxJS. */
function isList(error: unknown): error is { readonly errors: readonly unknown[] } {
  return (
    error instanceof Error && error.name === 'UnsubscriptionError' && 'errors' in error && Array.isArray(error.errors)
  );
}

/**
 * Whether there are operators on it. What is thrown while these subscribe they hand to their subscriber, also when that has completed: then
 * it comes from a teardown. An Observable without any has just broken its contract when it fails after it has completed.
 */
export function isPiped(observable: Observable<unknown>): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the mark that RxJS itself goes by
  return observable.operator !== undefined;
}
