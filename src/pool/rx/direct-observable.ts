import { Observable } from 'rxjs';
import type { Observer, Subscriber, Subscription } from 'rxjs';
import { DirectSubscriber, subscriberOf } from './direct-subscriber';
import type { CancellableRun, ObserverOrNext } from './direct-subscriber';
import type { Sink } from './work';

/**
 * A cold Observable whose every subscription is one thing that goes on: made for its sink first, then started, then stopped unless it is over.
 * Most are over when they have been started, and need no teardown. Those who subscribe to it directly cost one object, where RxJS makes five.
 */
export abstract class DirectObservable<T, O extends CancellableRun> extends Observable<T> {
  constructor() {
    super(subscribeThroughRxJS);
  }

  /** Not started yet: whoever made it can be told of the end at once. While it is being started, it looks for itself whether its sink has gone. */
  abstract createRun(sink: Sink<T>): O;

  abstract start(run: O): void;

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void)): Subscription;
  /** @deprecated As in RxJS: an observer says what is what. */
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    receiving?: ObserverOrNext<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const subscriber = subscriberOf(receiving, error, complete);
    // eslint-disable-next-line @typescript-eslint/no-deprecated, rxjs-x/prefer-observer -- handed on as it was given
    if (subscriber === null) return super.subscribe(receiving as (value: T) => void, error, complete);
    begin(this, subscriber);
    return subscriber;
  }
}

function begin<T, O extends CancellableRun>(
  observable: DirectObservable<T, O>,
  subscriber: DirectSubscriber<T> | Subscriber<T>,
) {
  const run = observable.createRun(subscriber);
  if (subscriber.closed) return;
  try {
    observable.start(run);
  } catch (thrown) {
    fail(subscriber, run, thrown);
  }
  if (!run.over) attach(subscriber, run);
}

function fail<T>(subscriber: DirectSubscriber<T> | Subscriber<T>, run: CancellableRun, thrown: unknown): void {
  attach(subscriber, run);
  subscriber.error(thrown);
}

function attach<T>(subscriber: DirectSubscriber<T> | Subscriber<T>, run: CancellableRun): void {
  if (subscriber instanceof DirectSubscriber) subscriber.carry(run);
  else subscriber.add(run);
}

// One function for all, because RxJS calls it as a method of the Observable: no closure for each of a million.
function subscribeThroughRxJS<T>(this: Observable<T>, subscriber: Subscriber<T>): void {
  begin(this as DirectObservable<T, CancellableRun>, subscriber);
}
