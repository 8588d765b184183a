import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { NEVER, of, throwError, timeout } from 'rxjs';
import { map as ixMap } from 'ix/asynciterable/operators/map';
import { batchOutcomes, collectBatch, withConnection } from '../../src/ix/index';
import type { BatchOutcome } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { deferred, microtasks } from '../helpers/turns';
import { all, CountedSource, failureOf, settle } from './counted-source';
import { CountedWork } from './counted-work';
import type { Work } from './counted-work';
import { openPool } from './open-pool';

/** What an outcome says, in short. */
const told = (outcome: BatchOutcome<unknown>): string =>
  outcome.status === 'succeeded'
    ? `${outcome.index}:${String(outcome.value)}`
    : `${outcome.index}!${(outcome.error as Error).message}`;

describe('batchOutcomes, pulled', () => {
  it('has an outcome for each task, with its index, its item and its last value', async () => {
    const pool = openPool(2);
    const tasks = withConnection(pool, (_, item: string) => {
      if (item === 'b') throw new Error('not b');
      return item === 'c' ? [] : of(item, `${item}${item}`);
    })(['a', 'b', 'c']);
    expect(await all(batchOutcomes(2)(tasks))).toEqual([
      { index: 0, item: 'a', status: 'succeeded', value: 'aa' },
      { index: 1, item: 'b', status: 'failed', error: new Error('not b') },
      { index: 2, item: 'c', status: 'succeeded', value: undefined as never },
    ]);
    expectNothingHeld(pool);
  });

  it('is drawn anew by every iteration', async () => {
    const pool = openPool(2);
    const source = new CountedSource({ count: 3 });
    const outcomes = batchOutcomes()(withConnection(pool, new CountedWork().deaf)(source));
    const first = await all(outcomes);
    expect(first.length).toBe(3);
    expect(await all(outcomes)).toEqual(first);
    expect(source.iterations).toBe(2);
  });

  describe('draws', () => {
    it('nothing before the first pull', async () => {
      const source = new CountedSource();
      const outcomes = batchOutcomes(2)(withConnection(openPool(2), new CountedWork().byHand)(source));
      const iterator = outcomes[Symbol.asyncIterator]();
      await settle();
      expect(source.asked).toBe(0);
      await iterator.return?.();
    });

    it('the next item when a slot is free, and only then', async () => {
      const source = new CountedSource();
      const work = new CountedWork();
      const outcomes = batchOutcomes(3)(withConnection(openPool(10), work.byHand)(source));
      const iterator = outcomes[Symbol.asyncIterator]();
      const first = iterator.next();
      await settle();
      expect([source.asked, work.inside]).toEqual([3, 3]);

      work.finish(1);
      expect((await first).value).toEqual({ index: 1, item: 1, status: 'succeeded', value: 1 });
      await settle();
      // The consumer holds the outcome, and has not come back.
      expect([source.asked, work.inside]).toEqual([3, 2]);

      const second = iterator.next();
      await settle();
      expect([source.asked, work.inside]).toEqual([4, 3]);
      work.finish(3);
      expect((await second).value?.index).toBe(3);
      await iterator.return?.();
      expect(source.returns).toBe(1);
    });

    it('nothing ahead of a consumer that has stopped pulling', async () => {
      const source = new CountedSource();
      const work = new CountedWork();
      const pool = openPool(4);
      const iterator = batchOutcomes(4)(withConnection(pool, work.atOnce)(source))[Symbol.asyncIterator]();
      for (let i = 0; i < 5; i++) await iterator.next();
      await settle();
      // What the consumer holds, and what was at work or ready beside it.
      expect(source.drawn).toBeLessThanOrEqual(4 + 4);
      const { drawn } = source;
      await settle();
      expect(source.drawn).toBe(drawn);
      await iterator.return?.();
      expectNothingHeld(pool);
    });

    it('never more than its concurrency that have not settled, over many kinds of source, work and consumer', async () => {
      for (const concurrency of [1, 2, 3, 10]) {
        for (const max of [1, 3, 10]) {
          for (const pace of [0, 1, 5]) {
            for (const kind of ['atOnce', 'stoppable', 'deaf'] as const) {
              for (const ordered of [false, true]) {
                const work = new CountedWork();
                let settled = 0;
                let most = 0;
                const source = new CountedSource({
                  count: 60,
                  before: (n) => {
                    // The one that is being asked for has its slot already.
                    most = Math.max(most, n + 1 - settled);
                    return n % 7 === 3 ? microtasks(n % 5) : undefined;
                  },
                });
                const tasks = withConnection(openPool(max, { after: 2 }), work[kind] as Work)(source);
                let seen = 0;
                for await (const _ of batchOutcomes({ concurrency, ordered })(tasks)) {
                  seen++;
                  await microtasks(pace * (seen % 3));
                  // It counts until the consumer comes back from it.
                  settled = seen;
                }
                expect(seen).toBe(60);
                expect(most)
                  .withContext(`${kind}, ${concurrency} at a time of ${max}`)
                  .toBeLessThanOrEqual(concurrency);
                expect(work.most).toBeLessThanOrEqual(Math.min(concurrency, max));
                expect(source.mostAsked).toBe(1);
              }
            }
          }
        }
      }
    });

    it('as many as its pool can lend, where nothing else is said or more than that', async () => {
      for (const options of [undefined, {}, 100, Infinity]) {
        const work = new CountedWork();
        const source = new CountedSource({ count: 50 });
        const pool = openPool(3, { capacity: 2 });
        await all(batchOutcomes(options)(withConnection(pool, work.slow)(source)));
        expect(work.most).withContext(JSON.stringify(options)).toBe(6);
      }
    });

    it('as many as its pool can lend, when operators hide the pool until the first task is there', async () => {
      const work = new CountedWork();
      const tasks = ixFrom(new CountedSource({ count: 50 })).pipe(
        withConnection(openPool(3), work.slow),
        ixMap((task) => task),
      );
      expect((await all(batchOutcomes()(tasks))).length).toBe(50);
      expect(work.most).toBe(3);
    });

    it('from a pool that is made wider meanwhile as much more', async () => {
      const work = new CountedWork();
      const pool = openPool(1);
      let wider = 0;
      const outcomes = batchOutcomes()(withConnection(pool, work.slow)(new CountedSource({ count: 60 })));
      for await (const { index } of outcomes) {
        if (index === 10) {
          expect(work.most).toBe(1);
          pool.resize(4);
          await pool.warmUp(4);
        }
        wider = work.most;
      }
      expect(wider).toBe(4);
    });
  });

  describe('ordered', () => {
    it('gives outcomes in the order of the source, and holds back what overtakes', async () => {
      const work = new CountedWork();
      const source = new CountedSource({ count: 4 });
      const outcomes = batchOutcomes({ concurrency: 3, ordered: true })(
        withConnection(openPool(3), work.byHand)(source),
      );
      const iterator = outcomes[Symbol.asyncIterator]();
      const first = iterator.next();
      await settle();
      work.finish(2);
      work.break(1, new Error('no'));
      await settle();
      // What is held back has its slot: nothing more was drawn.
      expect(source.asked).toBe(3);
      work.finish(0);
      expect(told((await first).value)).toBe('0:0');
      expect(told((await iterator.next()).value)).toBe('1!no');
      expect(told((await iterator.next()).value)).toBe('2:2');
      const last = iterator.next();
      await settle();
      work.finish(3);
      expect(told((await last).value)).toBe('3:3');
      expect((await iterator.next()).done).toBe(true);
    });
  });

  describe('stopOnError', () => {
    it('starts no more after the first failure, lets what runs end, ends the source, and counts what was drawn for nothing', async () => {
      const pool = openPool(3);
      const work = new CountedWork();
      const answer = deferred<undefined>();
      const source = new CountedSource({ before: (n) => (n === 3 ? answer.promise : undefined) });
      const outcomes = batchOutcomes({ concurrency: 3, stopOnError: true })(withConnection(pool, work.byHand)(source));
      const result = all(collectBatch()(outcomes));
      await settle();
      work.finish(0);
      await settle();
      // Now the fourth is asked for.
      expect(source.asked).toBe(4);
      work.break(1, new Error('one'));
      await settle();
      expect(source.returns).toBe(1);
      answer.resolve(undefined);
      await settle();
      expect(work.begun).toBe(3);
      work.break(2, new Error('two'));
      const [{ successful, failed, unstarted }] = (await result) as [Awaited<typeof result>[number]];
      expect(successful).toEqual([0]);
      expect(failed.map(({ index }) => index)).toEqual([1, 2]);
      // By hand, the source answers after its return() with its end.
      expect(unstarted).toBe(0);
      expectNothingHeld(pool);
    });

    it('waits for what cannot be stopped, when the consumer stops after the source has ended', async () => {
      const pool = openPool(2);
      const slow = deferred<number>();
      const work = (_: unknown, n: number): Promise<number> =>
        n === 0 ? microtasks(20).then(() => Promise.reject(new Error('no'))) : slow.promise;
      const tasks = withConnection(pool, work)(new CountedSource());
      const iterator = batchOutcomes({ concurrency: 2, stopOnError: true })(tasks)[Symbol.asyncIterator]();
      expect((await iterator.next()).value!.status).toBe('failed');
      void iterator.next();
      await settle();
      let returned = false;
      const returning = iterator.return?.().then(() => (returned = true));
      await settle();
      expect([returned, pool.stats.activeLeases]).toEqual([false, 1]);
      slow.resolve(1);
      await returning;
      expectNothingHeld(pool);
    });

    it('counts one that was drawn and had no slot any more, since the pool was made smaller meanwhile', async () => {
      const answer = deferred<IteratorResult<number>>();
      let n = 0;
      const slow: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => (n < 1 ? Promise.resolve({ done: false, value: n++ }) : answer.promise),
          return: () => Promise.resolve({ done: true, value: undefined }),
        }),
      };
      const pool = openPool(2);
      const work = new CountedWork();
      const tasks = withConnection(pool, work.byHand)(slow);
      const result = all(collectBatch()(batchOutcomes({ stopOnError: true })(tasks)));
      await settle();
      pool.resize(1);
      answer.resolve({ done: false, value: 1 });
      await settle();
      work.break(0, new Error('no'));
      expect(await result).toEqual([
        { successful: [], failed: [{ index: 0, item: 0, error: new Error('no') }], unstarted: 1 },
      ]);
    });

    it('counts one that comes in spite of return()', async () => {
      const answer = deferred<IteratorResult<number>>();
      let n = 0;
      const stubborn: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => (n < 2 ? Promise.resolve({ done: false, value: n++ }) : answer.promise),
          return: () => Promise.resolve({ done: true, value: undefined }),
        }),
      };
      const work = new CountedWork();
      const tasks = withConnection(openPool(3), work.byHand)(stubborn);
      const result = all(collectBatch()(batchOutcomes({ concurrency: 3, stopOnError: true })(tasks)));
      await settle();
      work.break(0, new Error('no'));
      answer.resolve({ done: false, value: 2 });
      await settle();
      work.finish(1);
      expect(await result).toEqual([
        { successful: [1], failed: [{ index: 0, item: 0, error: new Error('no') }], unstarted: 1 },
      ]);
    });
  });

  describe('ends', () => {
    it('with the error of the source, which cancels what runs; what had ended before is still there', async () => {
      const pool = openPool(4);
      const work = new CountedWork();
      const broken = deferred<undefined>();
      const source = new CountedSource({
        before: (n) => (n === 3 ? broken.promise : undefined),
        fails: (n) => (n === 3 ? new Error('the disk is on fire') : undefined),
      });
      const iterator = batchOutcomes(4)(withConnection(pool, work.byHand)(source))[Symbol.asyncIterator]();
      const first = iterator.next();
      await settle();
      work.finish(0);
      expect(told((await first).value)).toBe('0:0');
      work.finish(2);
      await settle();
      broken.resolve(undefined);
      await settle();
      expect([work.inside, work.cancelled]).toEqual([0, 1]);
      expectNothingHeld(pool);
      expect(told((await iterator.next()).value)).toBe('2:2');
      await expectAsync(iterator.next()).toBeRejectedWithError('the disk is on fire');
      expect((await iterator.next()).done).toBe(true);
      // It had ended by itself.
      expect(source.returns).toBe(0);
    });

    it('with InvalidPoolError rather than failing every item that is left', async () => {
      const pool = openPool(2);
      const source = new CountedSource();
      const work = new CountedWork();
      const outcomes = batchOutcomes(2)(withConnection(pool, work.stoppable)(source));
      let seen = 0;
      await expectAsync(
        (async () => {
          for await (const _ of outcomes) if (++seen === 5) void pool.destroy();
        })(),
      ).toBeRejectedWith(poolError('INVALID_POOL'));
      expect(source.returns).toBe(1);
      expect(work.inside).toBe(0);
    });

    it('by the signal in its options, when all is back', async () => {
      const pool = openPool(2);
      const source = new CountedSource();
      const work = new CountedWork();
      const controller = new AbortController();
      const outcomes = batchOutcomes({ concurrency: 2, signal: controller.signal })(
        withConnection(pool, work.deaf)(source),
      );
      let seen = 0;
      await expectAsync(
        (async () => {
          for await (const _ of outcomes) if (++seen === 3) controller.abort(new Error('stop'));
        })(),
      ).toBeRejectedWithError('stop');
      expect([seen, source.returns, work.inside]).toEqual([3, 1, 0]);
      expectNothingHeld(pool);
    });

    it('by that signal without what is ready and was not taken', async () => {
      const abort = new AbortController();
      const work = new CountedWork();
      const tasks = withConnection(openPool(3), work.byHand)([0, 1, 2]);
      const iterator = batchOutcomes({ concurrency: 3, signal: abort.signal })(tasks)[Symbol.asyncIterator]();
      const first = iterator.next();
      await settle();
      for (const item of [0, 1]) work.finish(item);
      expect((await first).value!.index).toBe(0);
      await settle();
      const reason = new Error('enough');
      abort.abort(reason);
      await expectAsync(iterator.next()).toBeRejectedWith(reason);
      expect((await iterator.next()).done).toBe(true);
    });

    it('by that signal also for a consumer that comes back when all is over, while the source is silent still', async () => {
      const answers = [Promise.resolve({ done: false, value: 0 }), new Promise<never>(() => undefined)];
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: () => answers.shift()!,
          return: () => Promise.resolve({ done: true, value: undefined }),
        }),
      } as AsyncIterable<number>;
      const controller = new AbortController();
      const outcomes = batchOutcomes({ concurrency: 2, signal: controller.signal })(
        withConnection(openPool(2), new CountedWork().atOnce)(source),
      );
      const iterator = outcomes[Symbol.asyncIterator]();
      expect(told((await iterator.next()).value)).toBe('0:0');
      controller.abort(new Error('stop'));
      await settle();
      await expectAsync(iterator.next()).toBeRejectedWithError('stop');
    });

    it('at the first pull, if that signal was aborted before', async () => {
      const source = new CountedSource();
      const outcomes = batchOutcomes({ concurrency: 2, signal: AbortSignal.abort(new Error('stop')) })(
        withConnection(openPool(1), new CountedWork().atOnce)(source),
      );
      expect(await failureOf(outcomes)).toEqual(new Error('stop'));
      expect([source.asked, source.returns]).toEqual([0, 1]);
    });

    it('and leaves nothing at the signal, which may live longer than many batches', async () => {
      const { signal } = new AbortController();
      let listeners = 0;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      };
      const outcomes = batchOutcomes({ signal })(
        withConnection(openPool(2), new CountedWork().deaf)(new CountedSource({ count: 5 })),
      );
      await all(outcomes);
      expect(listeners).toBe(0);
      for await (const _ of outcomes) break;
      expect(listeners).toBe(0);
    });
  });

  it('is a loop and no stack, over a hundred thousand items that end at once', async () => {
    const numbers = function* (): Generator<number> {
      for (let i = 0; i < 100_000; i++) yield i;
    };
    const pool = openPool(1);
    const [result] = await all(
      collectBatch()(batchOutcomes(1)(withConnection(pool, new CountedWork().atOnce)(numbers()))),
    );
    expect(result!.successful.length).toBe(100_000);
  });

  it('runs tasks with operators on them, and keeps the connection of a promise that timed out until it settles', async () => {
    const pool = openPool(1);
    const slow = deferred<number>();
    const tasks = ixFrom([0, 1]).pipe(
      withConnection(pool, (_, item) => (item === 0 ? slow.promise : of(item))),
      ixMap((task) => task.pipe(timeout({ each: 5, with: () => throwError(() => new Error('too late')) }))),
    );
    const iterator = batchOutcomes(1)(tasks)[Symbol.asyncIterator]();
    expect(told((await iterator.next()).value)).toBe('0!too late');
    // The consumer that stops the batch waits for it.
    let returned = false;
    const returning = iterator.return?.().then(() => (returned = true));
    await settle();
    expect(returned).toBe(false);
    slow.resolve(0);
    await returning;
    expectNothingHeld(pool);
  });

  describe('of inners that are no tasks', () => {
    it('takes what `from` takes, if it is told how many', async () => {
      const inners = [of('a', 'b'), Promise.resolve('c'), throwError(() => new Error('d')), ['e']];
      const outcomes = await all(batchOutcomes(2)(inners));
      expect(outcomes.map(told).sort()).toEqual(['0:b', '1:c', '2!d', '3:e']);
      expect(outcomes.find(({ index }) => index === 3)!.item === inners[3]).toBeTrue();
    });

    it('ends what it draws from when it is not', async () => {
      let returned = 0;
      const inners = (async function* () {
        try {
          yield NEVER;
        } finally {
          returned++;
        }
      })();
      expect(await failureOf(batchOutcomes()(inners))).toEqual(poolError('INVALID_CONFIG'));
      expect(returned).toBe(1);
    });
  });

  describe('stopOnError, with a source that is slow to end', () => {
    /** Draws two items, and answers the third pull, and `return()`, when the spec says so. */
    function slowSource() {
      const third = deferred<IteratorResult<number>>();
      const returned = deferred<IteratorResult<number>>();
      let pulls = 0;
      const iterator: AsyncIterator<number> = {
        next: () => (++pulls > 2 ? third.promise : Promise.resolve({ done: false, value: pulls })),
        return: () => returned.promise,
      };
      return { third, returned, [Symbol.asyncIterator]: () => iterator };
    }
    const failing = (_: number, item: number): never => {
      throw new Error(`no ${item}`);
    };

    it('ends when the source has ended', async () => {
      const source = slowSource();
      const tasks = withConnection(openPool(1), failing)(source);
      const iterator = batchOutcomes({ concurrency: 1, stopOnError: true })(tasks)[Symbol.asyncIterator]();
      expect(told((await iterator.next()).value as BatchOutcome<unknown>)).toBe('0!no 1');
      let ended = false;
      void iterator.next().then(() => (ended = true));
      await microtasks(50);
      expect(ended).toBeFalse();
      source.returned.resolve({ done: true, value: undefined as never });
      await microtasks(50);
      expect(ended).toBeTrue();
    });

    it('counts an item once that comes too late, although several tasks fail after the stop', async () => {
      const source = slowSource();
      const fails = deferred<never>();
      const tasks = withConnection(openPool(3), (_, item: number) =>
        item === 1 ? fails.promise : Promise.reject(new Error(`no ${item}`)),
      )(source);
      const result = collectBatch()(batchOutcomes({ concurrency: 3, stopOnError: true })(tasks));
      const all$ = all(result);
      await microtasks(50);
      source.third.resolve({ done: false, value: 3 });
      source.returned.resolve({ done: true, value: undefined as never });
      await microtasks(50);
      fails.reject(new Error('no 1'));
      const [{ failed, unstarted } = { failed: [], unstarted: -1 }] = await all$;
      expect([failed.length, unstarted]).toEqual([2, 1]);
    });
  });

  it('refuses what cannot be, when it is made', () => {
    const refused = (make: () => unknown, text: RegExp): void => {
      expect(make).toThrow(poolError('INVALID_CONFIG', { message: jasmine.stringMatching(text) }));
    };
    refused(() => batchOutcomes(0), /concurrency must be a positive integer or Infinity, but got 0/);
    refused(() => batchOutcomes(NaN), /but got NaN/);
    refused(
      () => batchOutcomes({ order: true } as never),
      /order is not an option; the options are concurrency, ordered, stopOnError, patience, signal/,
    );
    refused(() => batchOutcomes({ signal: 'now' as never }), /signal must be an AbortSignal, but got .now/);
    refused(() => batchOutcomes(1)(of(1) as never), /an Observable pushes.*'rxjs-connection-pool'/);
    refused(() => batchOutcomes(1)('abc'), /a string would be drawn letter by letter/);
    refused(
      () => batchOutcomes(1)(undefined as never),
      /the source must be an AsyncIterable or an Iterable, but got undefined/,
    );
  });
});
