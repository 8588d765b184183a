import type { Observable } from 'rxjs';

/** The error of a teardown, from the error of an unsubscribe: a single error itself instead of RxJS's list with one entry. */
export function thrownBy(unsubscribing: unknown): unknown {
  try {
    if (!isList(unsubscribing)) return unsubscribing;
    const { errors } = unsubscribing;
    return errors.length === 1 ? errors[0] : unsubscribing;
  } catch {
    // A value that throws when it is read, such as a revoked proxy, is no list.
    return unsubscribing;
  }
}

/** Whether it is an `UnsubscriptionError`: recognised by its name, because the work may use another copy of RxJS. */
function isList(error: unknown): error is { readonly errors: readonly unknown[] } {
  return (
    error instanceof Error && error.name === 'UnsubscriptionError' && 'errors' in error && Array.isArray(error.errors)
  );
}

/**
 * Whether operators are applied to it. Operators pass an error that is thrown while they subscribe to their subscriber, even after that has
 * completed: then it comes from a teardown. An Observable without operators that fails after it has completed breaks its contract.
 */
export function isPiped(observable: Observable<unknown>): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the property that RxJS itself uses for this
  return observable.operator !== undefined;
}
