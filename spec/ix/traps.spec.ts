import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { buffer } from 'ix/asynciterable/operators/buffer';
import { concatMap as ixConcatMap } from 'ix/asynciterable/operators/concatmap';
import { flatMap } from 'ix/asynciterable/operators/flatmap';
import { map as ixMap } from 'ix/asynciterable/operators/map';
import { take as ixTake } from 'ix/asynciterable/operators/take';
import { toObservable } from 'ix/asynciterable/toobservable';
import { concatMap, from, lastValueFrom, NEVER, range } from 'rxjs';
import { batchOutcomes, fromPull, leases, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { microtasks } from '../helpers/turns';
import { all, CountedSource, settle } from './counted-source';
import { CountedWork } from './counted-work';
import { openPool } from './open-pool';

/**
 * What IxJS 7 and RxJS 7 do that a batch must not depend on. Each spec shows the trap as it is, and that ours does not step into it:
 * when a trap is gone from a later version, its spec says so.
 */
describe('The traps of IxJS 7', () => {
  const waits = (): CountedSource =>
    new CountedSource({ before: (n) => (n === 2 ? new Promise(() => {}) : undefined) });

  it('toObservable never calls return() when it is unsubscribed; fromPull does, at once, while the source waits', async () => {
    const theirs = waits();
    const subscription = toObservable(theirs).subscribe(() => undefined);
    await settle();
    subscription.unsubscribe();
    await settle();
    expect([theirs.drawn, theirs.returns]).toEqual([2, 0]);

    const ours = waits();
    const drawing = fromPull(ours).subscribe();
    await settle();
    drawing.unsubscribe();
    expect([ours.drawn, ours.returns]).toEqual([2, 1]);
  });

  it('flatMap(f, n) draws all of its source; a batch draws when a slot is free', async () => {
    const theirs = new CountedSource({ count: 1_000 });
    const never = (): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    });
    void ixFrom(theirs).pipe(flatMap(never, 10))[Symbol.asyncIterator]().next();
    for (let i = 0; i < 200; i++) await settle();
    expect(theirs.drawn).toBe(1_000);

    const ours = new CountedSource({ count: 1_000 });
    const pool = openPool(10);
    const outcomes = ixFrom(ours).pipe(
      withConnection(pool, () => NEVER),
      batchOutcomes(10),
    );
    const iterator = outcomes[Symbol.asyncIterator]();
    void iterator.next();
    for (let i = 0; i < 200; i++) await settle();
    expect(ours.drawn).toBe(10);
    await iterator.return?.();
    expectNothingHeld(pool);
  });

  it('from(observable) takes whatever is pushed, without bound; an Observable is refused, with advice', async () => {
    let pushed = 0;
    const iterator = ixFrom(range(0, 1_000).pipe(concatMap((n) => [(pushed++, n)])))[Symbol.asyncIterator]();
    await iterator.next();
    expect(pushed).toBe(1_000);

    expect(() => withConnection(openPool(1), new CountedWork().atOnce)(range(0, 3) as never)).toThrow(
      poolError('INVALID_CONFIG', {
        message: jasmine.stringMatching(/an Observable pushes, whether or not a slot is free/),
      }),
    );
  });

  it('map, concatMap and buffer pull one at a time, in front of a batch and behind it', async () => {
    for (const [name, before] of Object.entries({
      map: (source: CountedSource) => ixFrom(source).pipe(ixMap((n) => n)),
      concatMap: (source: CountedSource) => ixFrom(source).pipe(ixConcatMap((n) => [n])),
      buffer: (source: CountedSource) =>
        ixFrom(source).pipe(
          buffer(1),
          ixMap(([n]) => n!),
        ),
    })) {
      const source = new CountedSource();
      const pool = openPool(10);
      const work = new CountedWork();
      const outcomes = before(source).pipe(
        withConnection(pool, work.byHand),
        batchOutcomes(3),
        ixMap(({ index }) => index),
        buffer(2),
      );
      const iterator = outcomes[Symbol.asyncIterator]();
      const first = iterator.next();
      await settle();
      expect(source.mostAsked).withContext(name).toBe(1);
      expect(work.inside).withContext(name).toBe(3);
      // `buffer` may have read one ahead; never more.
      expect(source.drawn).withContext(name).toBeLessThanOrEqual(4);
      work.finish(0);
      await settle();
      work.finish(1);
      expect((await first).value)
        .withContext(name)
        .toEqual([0, 1]);
      await iterator.return?.();
      expect(source.returns).withContext(name).toBe(1);
      expectNothingHeld(pool);
    }
  });

  it('its from() keeps return() waiting behind next(): a batch goes past it, to the source', async () => {
    const theirs = waits();
    const iterator = ixFrom(theirs)[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    void iterator.next();
    await settle();
    void iterator.return?.();
    await settle();
    expect(theirs.returns).toBe(0);

    const ours = waits();
    const subscription = fromPull(ixFrom(ours)).subscribe();
    await settle();
    subscription.unsubscribe();
    expect(ours.returns).toBe(1);
  });

  it('take(n) and the other operators of IxJS end a batch that they stop', async () => {
    const source = new CountedSource();
    const pool = openPool(3);
    const work = new CountedWork();
    const outcomes = ixFrom(source).pipe(withConnection(pool, work.deaf), batchOutcomes(3), ixTake(4));
    expect((await all(outcomes)).length).toBe(4);
    expect([source.returns, work.inside]).toEqual([1, 0]);
    expectNothingHeld(pool);

    let seen = 0;
    for await (const lease of ixFrom(leases(pool)).pipe(ixTake(5))) {
      seen++;
      lease.release();
    }
    expect(seen).toBe(5);
    expectNothingHeld(pool);
  });

  it('rxjs.from(asyncIterable) never waits for its consumer; a batch in front of fromPull does', async () => {
    const theirs = new CountedSource({ count: 1_000 });
    const slow = from(theirs)
      .pipe(concatMap(() => NEVER))
      .subscribe();
    for (let i = 0; i < 200; i++) await settle();
    expect(theirs.drawn).toBe(1_000);
    slow.unsubscribe();

    const ours = new CountedSource({ count: 1_000 });
    const work = new CountedWork();
    const pool = openPool(4);
    const drawing = fromPull(batchOutcomes(4)(withConnection(pool, work.byHand)(ours))).subscribe();
    for (let i = 0; i < 200; i++) await settle();
    expect(ours.drawn).toBe(4);
    drawing.unsubscribe();
    await settle();
    expectNothingHeld(pool);
  });

  it('a generator that does not hear of return() is waited for, but not for ever', async () => {
    const pool = openPool(1);
    let cleaned = 0;
    const deafGenerator = async function* (wait: Promise<unknown>): AsyncGenerator<number> {
      try {
        yield 0;
        await wait;
        yield 1;
      } finally {
        cleaned++;
      }
    };
    const stopWhileItWaits = async (wait: Promise<unknown>): Promise<void> => {
      const outcomes = batchOutcomes(2)(withConnection(pool, new CountedWork().atOnce)(deafGenerator(wait)));
      const iterator = outcomes[Symbol.asyncIterator]();
      await iterator.next();
      void iterator.next();
      await settle();
      await iterator.return?.();
    };
    await stopWhileItWaits(microtasks(500));
    expect(cleaned).toBe(1);
    // This source never reacts. `return()` resolves after a second all the same.
    await stopWhileItWaits(new Promise(() => {}));
    expect(cleaned).toBe(1);
    expectNothingHeld(pool);
  });

  it('an error in the middle of what lastValueFrom waits for ends the source', async () => {
    const source = new CountedSource();
    const work = fromPull(source).pipe(
      concatMap((n) => {
        if (n === 3) throw new Error('three');
        return [n];
      }),
    );
    await expectAsync(lastValueFrom(work)).toBeRejectedWithError('three');
    expect(source.returns).toBe(1);
  });
});
