// Every assumption about how RxJS 7 works inside. `spec/pool/rxjs-internals.spec.ts` fails when one of them no longer holds; those about
// IxJS are in `src/ix/internal/ix-internals.ts`.
//
// Two are made by classes and have no function here: `Subscriber` calls the protected methods `_next`, `_error` and `_complete` of its
// subclasses while it is open, and `Observable.pipe` calls `lift`, so that a subclass which overrides `lift` decides what `pipe` returns.

import { config } from 'rxjs';
import type { Observable, Observer, Operator, Subscriber, Subscription, Unsubscribable } from 'rxjs';

// ---------------------------------------------------------------- the chain of subscribers

/** The visible members of a Subscriber, which keeps the next one downstream as its `destination`; a sink of another kind may have none of them. */
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

/** Calls `visit` with a subscriber and with every one downstream of it. */
export function visitDownstream(sink: unknown, visit: (link: object) => void): void {
  for (let link = sink as Link | null | undefined; link; link = link.destination as Link | null | undefined)
    visit(link);
}

// ---------------------------------------------------------------- operators

/**
 * Whether operators are applied to it. Operators pass an error that is thrown while they subscribe to their subscriber, even after that has
 * completed: then it comes from a teardown. An Observable without operators that fails after it has completed breaks its contract.
 */
export function isPiped(observable: Observable<unknown>): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the property that RxJS itself uses for this
  return observable.operator !== undefined;
}

/** Applies an operator as `pipe` does: a subclass of Observable makes the result by its own `lift`. */
export function lift<T, R>(source: Observable<T>, operator: Operator<T, R>): Observable<R> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- as RxJS's own operators are applied
  return source.lift(operator);
}

/** Makes an Observable the result of an operator on a source: what `Observable.lift` sets. */
export function setLifted<T, R>(
  result: Observable<R>,
  source: Observable<T>,
  operator: Operator<T, R> | undefined,
): void {
  /* eslint-disable @typescript-eslint/no-deprecated */
  result.source = source;
  result.operator = operator as Operator<unknown, R> | undefined;
  /* eslint-enable @typescript-eslint/no-deprecated */
}

// ---------------------------------------------------------------- subscribing

/**
 * The subscribe function for the constructor of Observable. RxJS calls it as a method of the Observable, so that one function serves all
 * instances of a class: no closure for each of a million.
 */
export function subscribeMethod(
  subscribe: (observable: never, subscriber: Subscriber<unknown>) => void,
): (this: Observable<unknown>, subscriber: Subscriber<unknown>) => void {
  return function (subscriber) {
    subscribe(this as never, subscriber);
  };
}

/**
 * Subscribes an object that has the methods of a Subscriber. RxJS treats it as a Subscriber and creates none. Returns the subscription of an
 * Observable that did make its own, such as one of another library; else null.
 */
export function subscribeAsSubscriber<T>(
  observable: Observable<T>,
  subscriber: Observer<T> & Unsubscribable,
): Unsubscribable | null {
  const subscription: Unsubscribable = observable.subscribe(subscriber);
  return subscription === subscriber ? null : subscription;
}

/** Whether RxJS is configured to behave as version 6 did, or to report notifications after the end: only its own subscribers do that. */
export function hasUnusualConfig(): boolean {
  /* eslint-disable @typescript-eslint/no-deprecated */
  return (
    config.useDeprecatedSynchronousErrorHandling ||
    config.useDeprecatedNextContext ||
    config.onStoppedNotification !== null
  );
  /* eslint-enable @typescript-eslint/no-deprecated */
}

/** Whether an observer has what RxJS knows a subscriber by, as those of another copy of RxJS have. */
export function isSubscriberLike(observer: object): boolean {
  return 'closed' in observer && 'add' in observer;
}

// ---------------------------------------------------------------- teardowns

/** The error of a teardown, from the error of an unsubscribe: a single error itself instead of RxJS's list with one entry. */
export function thrownBy(unsubscribing: unknown): unknown {
  try {
    if (!isUnsubscriptionError(unsubscribing)) return unsubscribing;
    const { errors } = unsubscribing;
    return errors.length === 1 ? errors[0] : unsubscribing;
  } catch {
    // A value that throws when it is read, such as a revoked proxy, is no list.
    return unsubscribing;
  }
}

/** Recognised by its name, because the work may use another copy of RxJS. */
function isUnsubscriptionError(error: unknown): error is { readonly errors: readonly unknown[] } {
  return (
    error instanceof Error && error.name === 'UnsubscriptionError' && 'errors' in error && Array.isArray(error.errors)
  );
}

// ---------------------------------------------------------------- timers

/** The timer of an action of `asyncScheduler`: in Node an object with `ref` and `unref`, elsewhere a number; none before it is scheduled. */
export function timerOf(action: Subscription): { ref?: () => void; unref?: () => void } | null | undefined {
  return (action as { id?: unknown } & Unsubscribable).id as ReturnType<typeof timerOf>;
}
