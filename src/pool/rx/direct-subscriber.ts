import { Subscriber, Subscription } from 'rxjs';
import type { Observer, Unsubscribable } from 'rxjs';
import { reportUnhandled } from './report-unhandled';
import { hasUnusualConfig, isSubscriberLike } from './rxjs-internals';
import type { Sink } from './work';

/** What a subscription runs: it can be cancelled until it is over. */
export interface CancellableRun extends Unsubscribable {
  readonly hasEnded: boolean;
}

/** The first argument of `subscribe`. */
export type ObserverOrNext<T> = Partial<Observer<T>> | ((value: T) => void) | null | undefined;

/**
 * The subscriber for a direct subscription with functions or an observer, without an operator between. It keeps the contract of RxJS's own
 * subscriber in one object, where RxJS needs three and an array of teardowns: a million waiting callers are a million of these.
 */
export class DirectSubscriber<T> extends Subscription implements Sink<T> {
  private stopped = false;
  private run: CancellableRun | null = null;

  constructor(
    private onNext: ((value: T) => void) | null,
    private observer: Partial<Observer<T>> | null,
  ) {
    super();
  }

  next(value: T): void {
    if (this.stopped) return;
    const { onNext, observer } = this;
    try {
      if (onNext !== null) onNext(value);
      else observer?.next?.(value);
    } catch (error) {
      // After a stack overflow it is not known how far the handler came: the core revokes the lease, and then reports the error.
      if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) throw error;
      reportUnhandled(error);
    }
  }

  error(error: unknown): void {
    if (this.stopped) return;
    this.stopped = true;
    const { observer } = this;
    try {
      if (observer?.error) observer.error(error);
      else reportUnhandled(error);
    } catch (thrown) {
      reportUnhandled(thrown);
    }
    this.unsubscribe();
  }

  complete(): void {
    if (this.stopped) return;
    this.stopped = true;
    try {
      this.observer?.complete?.();
    } catch (error) {
      reportUnhandled(error);
    }
    this.unsubscribe();
  }

  /** Stops the run when this subscription ends, before any other teardown. */
  attach(run: CancellableRun): void {
    if (this.closed) run.unsubscribe();
    else this.run = run;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.stopped = true;
    this.onNext = this.observer = null;
    this.registerRun();
    super.unsubscribe();
  }

  override add(teardown: Parameters<Subscription['add']>[0]): void {
    this.registerRun();
    super.add(teardown);
  }

  /** Adds the run as the first teardown, as late as possible: the list of teardowns is allocated on demand. */
  private registerRun(): void {
    const { run } = this;
    if (run === null) return;
    this.run = null;
    if (!run.hasEnded) super.add(run);
  }
}

/**
 * The subscriber for the arguments of `subscribe`; null where RxJS must create it: for a subscriber from another copy of RxJS, and if RxJS
 * is configured for deprecated behaviour.
 */
export function subscriberOf<T>(
  observerOrNext: ObserverOrNext<T>,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): DirectSubscriber<T> | Subscriber<T> | null {
  if (observerOrNext instanceof Subscriber) return observerOrNext as Subscriber<T>;
  if (hasUnusualConfig()) return null;
  if (typeof observerOrNext === 'object' && observerOrNext !== null) {
    return isSubscriberLike(observerOrNext) ? null : new DirectSubscriber<T>(null, observerOrNext);
  }
  if (error || complete) return new DirectSubscriber<T>(null, observerOf(observerOrNext, error, complete));
  return new DirectSubscriber<T>(observerOrNext ?? null, null);
}

function observerOf<T>(
  next: ((value: T) => void) | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): Partial<Observer<T>> {
  const observer: Partial<Observer<T>> = {};
  if (next) observer.next = next;
  if (error) observer.error = error;
  if (complete) observer.complete = complete;
  return observer;
}
