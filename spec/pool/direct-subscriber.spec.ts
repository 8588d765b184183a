import {
  config,
  firstValueFrom,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  Subscriber,
  Subscription,
  throwError,
  UnsubscriptionError,
} from 'rxjs';
import type { Observer } from 'rxjs';
import { createPool, withConnection } from '../../src/index';
import type { ConnectionPool, Lease } from '../../src/index';
import { opensAtOnce } from '../helpers/marbles';
import { until } from '../helpers/turns';

const boom = new Error('boom');

/** A direct subscription must behave like one of RxJS: every spec runs on both. */
const kinds: Record<string, <T>(ours: Observable<T>) => Observable<T>> = {
  'as RxJS subscribes': (ours) => new Observable((subscriber) => ours.subscribe(subscriber)),
  'as ours does': (ours) => ours,
};

for (const [kind, of$] of Object.entries(kinds)) {
  describe(`a direct subscription, ${kind},`, () => {
    let pool: ConnectionPool<string>;
    let unhandled: unknown[];

    beforeEach(async () => {
      pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      await pool.warmUp();
      unhandled = [];
      config.onUnhandledError = (error: unknown) => unhandled.push(error);
    });

    afterEach(async () => {
      config.onUnhandledError = null;
      await pool.destroy({ timeout: 0 });
    });

    const use = <T>(work: () => Observable<T>): Observable<T> => of$(pool.use(work));
    const acquire = (): Observable<Lease<string>> => of$(pool.acquire());

    it('accepts a function, an observer with some or none of its methods, or nothing', () => {
      const told: unknown[] = [];
      use(() => of(1, 2)).subscribe((n) => told.push(n));
      use(() => of(3)).subscribe({ next: (n) => told.push(n) });
      use(() => of(4)).subscribe({ complete: () => told.push('|') });
      use(() => throwError(() => boom)).subscribe({ error: (error: unknown) => told.push(error) });
      use(() => of(5)).subscribe({});
      use(() => of(6)).subscribe();
      use(() => of(7)).subscribe(undefined);
      use(() => of(8)).subscribe(null as never);
      expect(told).toEqual([1, 2, 3, '|', boom]);
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ successfulOperations: 7, failedOperations: 1, activeLeases: 0 }),
      );
    });

    it('accepts three functions, as before', () => {
      const told: unknown[] = [];
      /* eslint-disable @typescript-eslint/no-deprecated, rxjs-x/prefer-observer */
      use(() => of(1)).subscribe(
        (n) => told.push(n),
        null,
        () => told.push('|'),
      );
      use(() => throwError(() => boom)).subscribe(null, (error: unknown) => told.push(error), null);
      /* eslint-enable @typescript-eslint/no-deprecated, rxjs-x/prefer-observer */
      expect(told).toEqual([1, '|', boom]);
    });

    it('calls the methods of an observer as methods, looked up at the time of the call', () => {
      class Told implements Observer<number> {
        readonly all: unknown[] = [];
        next(n: number): void {
          this.all.push(n);
          this.next = (other) => this.all.push(-other);
        }
        error(): void {
          this.all.push('#');
        }
        complete(): void {
          this.all.push('|');
        }
      }
      const told = new Told();
      use(() => of(1, 2)).subscribe(told);
      expect(told.all).toEqual([1, -2, '|']);
    });

    it('passes notifications to a Subject', () => {
      const subject = new Subject<number>();
      const told: unknown[] = [];
      subject.subscribe({ next: (n) => told.push(n), complete: () => told.push('|') });
      use(() => of(1)).subscribe(subject);
      expect(told).toEqual([1, '|']);
    });

    it('passes notifications to a Subscriber that was created elsewhere', () => {
      const told: unknown[] = [];
      const subscriber = new Subscriber<number>({
        next: (n: number) => told.push(n),
        error: () => undefined,
        complete: () => told.push('|'),
      });
      expect(use(() => of(1)).subscribe(subscriber)).toBe(subscriber);
      expect(told).toEqual([1, '|']);
      expect(subscriber.closed).toBeTrue();
    });

    it('passes notifications to the Subscriber of another copy of RxJS', () => {
      const told: unknown[] = [];
      const foreign = {
        closed: false,
        teardowns: [] as { unsubscribe(): void }[],
        next: (n: number) => told.push(n),
        error: (error: unknown) => told.push(error),
        complete() {
          told.push('|');
          this.unsubscribe();
        },
        add(teardown: { unsubscribe(): void } | undefined) {
          if (teardown && (teardown as unknown) !== this) this.teardowns.push(teardown);
        },
        remove: () => undefined,
        unsubscribe() {
          this.closed = true;
          for (const teardown of this.teardowns) teardown.unsubscribe();
        },
      };
      use(() => of(1)).subscribe(foreign);
      expect(told).toEqual([1, '|']);
      const other = { ...foreign, closed: false, teardowns: [] };
      use(() => NEVER).subscribe(other);
      expect(pool.stats.activeLeases).toBe(1);
      other.unsubscribe();
      expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 0, cancelledOperations: 1 }));
    });

    it('reports what its functions throw as unhandled errors, later, and continues', async () => {
      const told: unknown[] = [];
      use(() => of(1, 2)).subscribe({
        next: (n) => {
          told.push(n);
          throw new Error(`next ${n}`);
        },
        complete: () => {
          throw new Error('complete');
        },
      });
      use(() => throwError(() => boom)).subscribe({
        error: () => {
          throw new Error('error');
        },
      });
      acquire().subscribe((lease) => {
        lease.release();
        throw new Error('acquire');
      });
      expect(told).toEqual([1, 2]);
      expect(unhandled).toEqual([]);
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ successfulOperations: 1, failedOperations: 1, activeLeases: 0 }),
      );
      await until(() => unhandled.length >= 5);
      expect(unhandled.map(String)).toEqual(
        ['next 1', 'next 2', 'complete', 'error', 'acquire'].map((m) => `Error: ${m}`),
      );
    });

    it('reports an error without a handler', async () => {
      use(() => throwError(() => boom)).subscribe();
      use(() => throwError(() => boom)).subscribe({ next: () => undefined });
      use(() => throwError(() => boom)).subscribe(() => undefined);
      await until(() => unhandled.length >= 3);
      expect(unhandled).toEqual([boom, boom, boom]);
    });

    it('is closed when the work has ended, and not before', () => {
      const work = new Subject<number>();
      const seen: boolean[] = [];
      const subscription = use(() => work).subscribe({ complete: () => seen.push(subscription.closed) });
      expect(subscription).toBeInstanceOf(Subscription);
      expect(subscription.closed).toBeFalse();
      work.complete();
      expect(seen).toEqual([false]);
      expect(subscription.closed).toBeTrue();
      expect(use(() => of(1)).subscribe().closed).toBeTrue();
    });

    it('cancels the work, once, and emits nothing more', () => {
      let torn = 0;
      const told: unknown[] = [];
      const subscription = use(
        () =>
          new Observable<number>((subscriber) => {
            subscriber.next(1);
            return () => {
              torn++;
              subscriber.next(2);
            };
          }),
      ).subscribe({ next: (n) => told.push(n), complete: () => told.push('|') });
      subscription.unsubscribe();
      subscription.unsubscribe();
      expect(torn).toBe(1);
      expect(told).toEqual([1]);
      expect(subscription.closed).toBeTrue();
      expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, activeLeases: 0 }));
    });

    it('leaves the wait queue', () => {
      const held: Lease<string>[] = [];
      acquire().subscribe((lease) => held.push(lease));
      const waiting = acquire().subscribe();
      expect(pool.stats.pendingAcquires).toBe(1);
      waiting.unsubscribe();
      expect(pool.stats.pendingAcquires).toBe(0);
      held[0]!.release();
      expect(pool.stats.activeLeases).toBe(0);
    });

    it('stops the work first, and then what was added to it, in that order', () => {
      const order: string[] = [];
      const work = (): Observable<number> => new Observable(() => () => order.push('work'));
      const subscription = use(work).subscribe();
      const child = new Subscription(() => order.push('child'));
      subscription.add(() => order.push('first'));
      subscription.add(child);
      subscription.add({ unsubscribe: () => order.push('object') });
      subscription.add(subscription);
      subscription.add(undefined);
      const removed = (): void => {
        order.push('removed');
      };
      subscription.add(removed);
      subscription.remove(removed);
      subscription.unsubscribe();
      expect(order).toEqual(['work', 'first', 'child', 'object']);
      expect(child.closed).toBeTrue();
      subscription.add(() => order.push('late'));
      expect(order.at(-1)).toBe('late');
    });

    it('runs added teardowns when the work ends by itself, after its complete', () => {
      const order: string[] = [];
      const work = new Subject<number>();
      const subscription = use(() => work).subscribe({ complete: () => order.push('complete') });
      subscription.add(() => order.push('added'));
      work.complete();
      expect(order).toEqual(['complete', 'added']);
    });

    it('ends with the subscription that it was added to, and is removed from it when it has ended', () => {
      const parent = new Subscription();
      const one = new Subject<number>();
      parent.add(use(() => one).subscribe());
      one.complete();
      const two = use(() => NEVER).subscribe();
      parent.add(two);
      expect(pool.stats.activeLeases).toBe(1);
      parent.unsubscribe();
      expect(two.closed).toBeTrue();
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ activeLeases: 0, successfulOperations: 1, cancelledOperations: 1 }),
      );
    });

    it('throws the errors of teardowns together after all have run', () => {
      const subscription = use(
        () =>
          new Observable<number>(() => () => {
            throw new Error('work');
          }),
      ).subscribe();
      subscription.add(() => {
        throw new Error('added');
      });
      let thrown: unknown;
      try {
        subscription.unsubscribe();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(UnsubscriptionError);
      expect((thrown as UnsubscriptionError).errors.map(String)).toEqual(['Error: work', 'Error: added']);
      expect(pool.stats.activeLeases).toBe(0);
    });

    it('can be unsubscribed inside its own functions', () => {
      const work = new Subject<number>();
      const told: number[] = [];
      const subscription = use(() => work).subscribe((n) => {
        told.push(n);
        subscription.unsubscribe();
      });
      work.next(1);
      work.next(2);
      expect(told).toEqual([1]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, activeLeases: 0 }));
    });

    it('works with operators, and with firstValueFrom, lastValueFrom and forEach', async () => {
      const work = (): Observable<number> => of(1, 2, 3);
      expect(await firstValueFrom(use(work))).toBe(1);
      expect(await lastValueFrom(use(work))).toBe(3);
      expect(await lastValueFrom(use(work).pipe(map((n) => n * 2)))).toBe(6);
      const each: number[] = [];
      await use(work).forEach((n) => each.push(n));
      expect(each).toEqual([1, 2, 3]);
      await expectAsync(lastValueFrom(use(() => throwError(() => boom)))).toBeRejectedWith(boom);
      const [task] = await Promise.all([firstValueFrom(of('item').pipe(withConnection(pool, () => of(4))))]);
      expect(await lastValueFrom(of$(task))).toBe(4);
      (await firstValueFrom(acquire())).release();
      expect(pool.stats.activeLeases).toBe(0);
    });

    it('rethrows at once, and passes a context, where RxJS is configured for deprecated behaviour', () => {
      /* eslint-disable @typescript-eslint/no-deprecated */
      config.useDeprecatedSynchronousErrorHandling = true;
      try {
        expect(() => use(() => throwError(() => boom)).subscribe()).toThrow(boom);
      } finally {
        config.useDeprecatedSynchronousErrorHandling = false;
      }
      config.useDeprecatedNextContext = true;
      try {
        const told: number[] = [];
        use(() => of(1, 2)).subscribe({
          next(this: { unsubscribe?: () => void }, n: number) {
            told.push(n);
            this.unsubscribe?.();
          },
        });
        expect(told).toEqual([1]);
      } finally {
        config.useDeprecatedNextContext = false;
      }
      /* eslint-enable @typescript-eslint/no-deprecated */
    });
  });
}
