import { Observable } from 'rxjs';
import type { Observer, Subscriber, Subscription } from 'rxjs';
import { DirectSubscriber, subscriberOf } from './direct-subscriber';
import type { CancellableRun, ObserverOrNext } from './direct-subscriber';
import { subscribeMethod } from './rxjs-internals';
import type { Sink } from './work';

/**
 * A cold Observable in which each subscription is one run: created for its sink, then started, then stopped unless it has ended.
 * Most runs have ended when `start` returns, and need no teardown. A direct subscriber costs one object, where RxJS allocates five.
 */
export abstract class DirectObservable<T, O extends CancellableRun> extends Observable<T> {
  constructor() {
    super(subscribeThroughRxJS);
  }

  /** Creates a run without starting it, so that it can be cancelled at once. While it starts, the run itself checks whether its sink is closed. */
  abstract createRun(sink: Sink<T>): O;

  abstract start(run: O): void;

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void)): Subscription;
  /** @deprecated As in RxJS: pass an observer instead. */
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: ObserverOrNext<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const subscriber = subscriberOf(observerOrNext, error, complete);
    // eslint-disable-next-line @typescript-eslint/no-deprecated, rxjs-x/prefer-observer -- passed on unchanged
    if (subscriber === null) return super.subscribe(observerOrNext as (value: T) => void, error, complete);
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
  if (!run.hasEnded) attach(subscriber, run);
}

function fail<T>(subscriber: DirectSubscriber<T> | Subscriber<T>, run: CancellableRun, thrown: unknown): void {
  attach(subscriber, run);
  subscriber.error(thrown);
}

function attach<T>(subscriber: DirectSubscriber<T> | Subscriber<T>, run: CancellableRun): void {
  if (subscriber instanceof DirectSubscriber) subscriber.attach(run);
  else subscriber.add(run);
}

const subscribeThroughRxJS = /* @__PURE__ */ subscribeMethod(begin);
