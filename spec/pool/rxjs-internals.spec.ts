import { from as ixFrom, FromAsyncIterable } from 'ix/asynciterable/asynciterablex';
import { map as ixMap } from 'ix/asynciterable/operators/map';
import {
  asyncScheduler,
  config,
  finalize,
  map,
  mergeAll,
  NEVER,
  Observable,
  of,
  Subscriber,
  Subscription,
  throwError,
} from 'rxjs';
import type { Operator } from 'rxjs';
import { unwrapIxFrom } from '../../src/ix/internal/ix-internals';
import {
  hasUnusualConfig,
  isPiped,
  isSubscriberLike,
  isUnsubscribed,
  lift,
  setLifted,
  subscribeAsSubscriber,
  subscribeMethod,
  thrownBy,
  timerOf,
  visitDownstream,
} from '../../src/pool/rx/rxjs-internals';

/** The subscriber that an Observable at the top of a pipeline receives. */
function subscriberOf<T>(pipeline: (source: Observable<T>) => Observable<unknown>): {
  readonly top: Subscriber<T>;
  readonly subscription: Subscription;
} {
  let top: Subscriber<T> | undefined;
  const source = new Observable<T>((subscriber) => {
    top = subscriber;
  });
  const subscription = pipeline(source).subscribe();
  return { top: top!, subscription };
}

describe('RxJS', () => {
  it('links the subscribers of a pipeline by destination, also through operators and inner subscribers', () => {
    const { top, subscription } = subscriberOf<number>((source) =>
      of(source).pipe(
        mergeAll(),
        map((n) => n + 1),
      ),
    );
    const links: object[] = [];
    visitDownstream(top, (link) => links.push(link));
    expect(links.length).toBeGreaterThanOrEqual(3);
    expect(links).toContain(subscription);
    expect(isUnsubscribed(top)).toBeFalse();
  });

  it('closes the end of a pipeline before the subscribers upstream of it', () => {
    const seen: boolean[] = [];
    let closed: boolean | undefined;
    const source = new Observable<never>((subscriber) => () => {
      closed = subscriber.closed;
    });
    const sibling = new Observable<never>((subscriber) => {
      source.subscribe(subscriber);
      subscriber.add(() => seen.push(isUnsubscribed(second)));
    });
    let second: Subscriber<never> | undefined;
    const other = new Observable<never>((subscriber) => {
      second = subscriber;
    });
    const subscription = of(sibling, other).pipe(mergeAll()).subscribe();
    expect(isUnsubscribed(second)).toBeFalse();
    subscription.unsubscribe();
    // The first inner subscriber is torn down while the second is still open; the chain shows it already.
    expect(seen).toEqual([true]);
    expect(closed).toBeTrue();
  });

  it('has an empty observer that is closed and does not end a chain', () => {
    const links: { readonly closed?: boolean; readonly unsubscribe?: unknown }[] = [];
    const last = new Subscriber();
    visitDownstream(last, (link) => links.push(link));
    expect(links.map(({ closed, unsubscribe }) => [closed, unsubscribe === undefined])).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(isUnsubscribed(last)).toBeFalse();
    last.unsubscribe();
    expect(isUnsubscribed(last)).toBeTrue();
  });

  it('calls the protected methods of a subclass of Subscriber, while that is open', () => {
    const calls: string[] = [];
    class Recorder extends Subscriber<number> {
      protected override _next(value: number): void {
        calls.push(`next ${value}`);
      }
      protected override _complete(): void {
        calls.push('complete');
        super._complete();
      }
      protected override _error(error: unknown): void {
        calls.push(`error ${String(error)}`);
        super._error(error);
      }
    }
    const recorder = (): Recorder =>
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- as the operators do
      new Recorder({ next: () => undefined, error: () => undefined, complete: () => undefined });
    const completed = recorder();
    of(1, 2).subscribe(completed);
    completed.next(3);
    throwError(() => new Error('e')).subscribe(recorder());
    expect(calls).toEqual(['next 1', 'next 2', 'complete', 'error Error: e']);
  });

  it('marks an Observable to which operators were applied', () => {
    expect([isPiped(NEVER), isPiped(of(1)), isPiped(new Observable())]).toEqual([false, false, false]);
    expect([isPiped(NEVER.pipe(finalize(() => undefined))), isPiped(of(1).pipe(map((n) => n)))]).toEqual([true, true]);
  });

  it('applies operators by lift, so that a subclass decides what pipe returns', () => {
    class Derived extends Observable<number> {
      override lift<R>(operator?: Operator<number, R>): Observable<R> {
        const result = new Derived() as unknown as Observable<R>;
        setLifted(result, this, operator);
        return result;
      }
    }
    const source = new Derived((subscriber) => {
      subscriber.next(1);
      subscriber.complete();
    });
    const piped = source.pipe(
      map((n) => n + 1),
      map((n) => n * 10),
    );
    expect(piped).toBeInstanceOf(Derived);
    const seen: number[] = [];
    piped.subscribe((value) => seen.push(value));
    lift<number, number>(source, {
      call: (subscriber, from: Observable<number>) => from.pipe(map((n) => n + 5)).subscribe(subscriber),
    }).subscribe((value) => seen.push(value));
    expect(seen).toEqual([20, 6]);
  });

  it('calls the subscribe function as a method of the Observable', () => {
    const owners: unknown[] = [];
    const subscribe = subscribeMethod((observable, subscriber) => {
      owners.push(observable);
      subscriber.complete();
    });
    const first = new Observable(subscribe);
    const second = new Observable(subscribe);
    first.subscribe();
    second.pipe(map((value) => value)).subscribe();
    expect(owners).toEqual([first, second]);
  });

  it('accepts an object with the methods of a Subscriber as one, and returns it from subscribe', () => {
    const values: number[] = [];
    const like = {
      closed: false,
      next: (value: number) => void values.push(value),
      error: () => undefined,
      complete: () => undefined,
      add: () => undefined,
      remove: () => undefined,
      unsubscribe: () => undefined,
    };
    expect(subscribeAsSubscriber(of(1, 2), like)).toBeNull();
    expect(subscribeAsSubscriber(of(1, 2).pipe(map((n) => n * 10)), like)).toBeNull();
    expect(values).toEqual([1, 2, 10, 20]);
    const own = new Subscription();
    expect(subscribeAsSubscriber({ subscribe: () => own } as never, like)).toBe(own);
    expect([isSubscriberLike(like), isSubscriberLike(new Subscriber()), isSubscriberLike({ next: like.next })]).toEqual(
      [true, true, false],
    );
  });

  it('has these settings, none of them set', () => {
    expect(Object.keys(config).sort()).toEqual([
      'Promise',
      'onStoppedNotification',
      'onUnhandledError',
      'useDeprecatedNextContext',
      'useDeprecatedSynchronousErrorHandling',
    ]);
    expect(hasUnusualConfig()).toBeFalse();
    config.onStoppedNotification = () => undefined;
    expect(hasUnusualConfig()).toBeTrue();
    config.onStoppedNotification = null;
  });

  it('throws a list of the errors of teardowns', () => {
    const thrown = (...errors: unknown[]): unknown => {
      const subscription = new Subscription();
      for (const error of errors) {
        subscription.add(() => {
          throw error;
        });
      }
      try {
        subscription.unsubscribe();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const [first, second] = [new Error('first'), new Error('second')];
    expect(thrownBy(thrown(first))).toBe(first);
    const both = thrown(first, second);
    expect(thrownBy(both)).toBe(both);
    expect((both as { errors?: unknown }).errors).toEqual([first, second]);
    expect(thrownBy(second)).toBe(second);
  });

  it('keeps the timer of an action of asyncScheduler in a field where it can be unreferenced', () => {
    const action = asyncScheduler.schedule(() => undefined, 1_000);
    expect(typeof timerOf(action)?.unref).toBe('function');
    expect(typeof timerOf(action)?.ref).toBe('function');
    action.unsubscribe();
  });
});

describe('IxJS', () => {
  async function* numbers(): AsyncGenerator<number> {
    yield 1;
  }

  it('keeps the source of from in a field, and that it has no selector', () => {
    const source = numbers();
    expect(unwrapIxFrom(ixFrom(source))).toBe(source);
    expect(unwrapIxFrom(ixFrom(ixFrom(source)))).toBe(source);
    const selected = ixFrom(source, (n) => n + 1);
    expect(unwrapIxFrom(selected)).toBe(selected);
    const mapped = ixFrom(source).pipe(ixMap((n) => n + 1));
    expect(unwrapIxFrom(mapped)).toBe(mapped);
    const elements = ixFrom([Promise.resolve(1)]);
    expect(unwrapIxFrom(elements)).toBe(elements as never);
  });

  it('accepts every AsyncIterableX as an instance of each of its subclasses', () => {
    const mapped = ixFrom(numbers()).pipe(ixMap((n) => n + 1));
    expect(mapped).toBeInstanceOf(FromAsyncIterable);
    expect(mapped.constructor === FromAsyncIterable).toBeFalse();
  });
});
