import { config, Subscriber, Subscription } from 'rxjs';
import type { Observer, Unsubscribable } from 'rxjs';
import { reportUnhandled } from './report-unhandled';
import type { Sink } from './work';

/** What a subscription is there for: as long as it is not over, it can be stopped. */
export interface CancellableRun extends Unsubscribable {
  readonly over: boolean;
}

/** The first argument of `subscribe`. */
export type ObserverOrNext<T> = Partial<Observer<T>> | ((value: T) => void) | null | undefined;

/**
 * Who subscribes to an Observable of ours with functions, and not through an operator. It keeps the promises of RxJS's own subscriber, which
 * is three objects and an array for what is to be torn down, in one: a million who wait are a million of these.
 */
export class DirectSubscriber<T> extends Subscription implements Sink<T> {
  private stopped = false;
  private ongoing: CancellableRun | null = null;

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
      // With a full stack it is not known how far this came: what has been handed over is taken back, and then it is reported.
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

  /** Is to be stopped with this subscription, before anything that others have added to it. */
  carry(ongoing: CancellableRun): void {
    if (this.closed) ongoing.unsubscribe();
    else this.ongoing = ongoing;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.stopped = true;
    this.onNext = this.observer = null;
    this.list();
    super.unsubscribe();
  }

  override add(teardown: Parameters<Subscription['add']>[0]): void {
    this.list();
    super.add(teardown);
  }

  /** Makes what it carries the first of its teardowns: not before there is need of that list. */
  private list(): void {
    const { ongoing } = this;
    if (ongoing === null) return;
    this.ongoing = null;
    if (!ongoing.over) super.add(ongoing);
  }
}

/**
 * The subscriber that `subscribe` was given, or one of its functions; null where RxJS has to make it: for a subscriber from another copy of
 * RxJS, and when RxJS is told to behave as it did in the past.
 */
export function subscriberOf<T>(
  receiving: ObserverOrNext<T>,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): DirectSubscriber<T> | Subscriber<T> | null {
  if (receiving instanceof Subscriber) return receiving as Subscriber<T>;
  if (isUnusual()) return null;
  if (typeof receiving === 'object' && receiving !== null) {
    return 'closed' in receiving && 'add' in receiving ? null : new DirectSubscriber<T>(null, receiving);
  }
  if (error || complete) return new DirectSubscriber<T>(null, observerOf(receiving, error, complete));
  return new DirectSubscriber<T>(receiving ?? null, null);
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

function isUnusual(): boolean {
  /* eslint-disable @typescript-eslint/no-deprecated */
  return (
    config.useDeprecatedSynchronousErrorHandling ||
    config.useDeprecatedNextContext ||
    config.onStoppedNotification !== null
  );
  /* eslint-enable @typescript-eslint/no-deprecated */
}
