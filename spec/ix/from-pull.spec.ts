import { lastValueFrom, take, takeUntil, timer, toArray } from 'rxjs';
import { batchOutcomes, batchParallel, fromPull, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { microtasks } from '../helpers/turns';
import { CountedSource, settle } from './counted-source';
import { CountedWork } from './counted-work';
import { openPool } from './open-pool';

describe('fromPull', () => {
  it('emits what is drawn, one after the other, and completes', async () => {
    const source = new CountedSource({ count: 5, before: (n) => microtasks(n) });
    const values = await lastValueFrom(fromPull(source).pipe(toArray()));
    expect(values).toEqual([0, 1, 2, 3, 4]);
    expect([source.mostAsked, source.returns]).toEqual([1, 0]);
  });

  it('is cold: draws nothing before it is subscribed, and anew for every subscriber', async () => {
    const source = new CountedSource({ count: 2 });
    const values$ = fromPull(source);
    await settle();
    expect(source.iterations).toBe(0);
    await lastValueFrom(values$);
    await lastValueFrom(values$);
    expect(source.iterations).toBe(2);
  });

  it('takes an Iterable, and is a loop over it', async () => {
    let seen = 0;
    fromPull(Array.from({ length: 100_000 }, (_, i) => i)).subscribe(() => seen++);
    expect(seen).toBe(100_000);
  });

  it('draws the next one only when the last one has been dealt with', async () => {
    const source = new CountedSource({ count: 3 });
    const asked: number[] = [];
    fromPull(source).subscribe(() => asked.push(source.asked));
    await settle();
    expect(asked).toEqual([1, 2, 3]);
  });

  it('errors with the error of the source', async () => {
    const source = new CountedSource({ fails: (n) => (n === 2 ? new Error('two') : undefined) });
    await expectAsync(lastValueFrom(fromPull(source))).toBeRejectedWithError('two');
    expect(source.returns).toBe(0);
  });

  it('errors with what cannot even be iterated', async () => {
    const odd = { [Symbol.asyncIterator]: () => { throw new Error('not today'); } } as AsyncIterable<number>; // prettier-ignore
    await expectAsync(lastValueFrom(fromPull(odd))).toBeRejectedWithError('not today');
    const wrong = { [Symbol.asyncIterator]: () => ({ next: () => 7 }) } as unknown as AsyncIterable<number>;
    await expectAsync(lastValueFrom(fromPull(wrong))).toBeRejectedWithError(/next\(\) came to 7/);
    expect(() => fromPull(7 as never)).toThrow(poolError('INVALID_CONFIG'));
  });

  it('ends the source when a subscriber has enough: inside of next, and by takeUntil while it waits', async () => {
    const first = new CountedSource();
    expect(await lastValueFrom(fromPull(first).pipe(take(3), toArray()))).toEqual([0, 1, 2]);
    expect([first.asked, first.returns]).toEqual([3, 1]);

    const waiting = new CountedSource({ before: () => new Promise(() => {}) });
    await lastValueFrom(fromPull(waiting).pipe(takeUntil(timer(1))), { defaultValue: undefined });
    expect(waiting.returns).toBe(1);
  });

  it('drops what a source that does not react answers afterwards', async () => {
    const source = new CountedSource({ before: (n) => microtasks(10 * n) });
    const seen: number[] = [];
    const subscription = fromPull(source).subscribe((n) => seen.push(n));
    await microtasks(14);
    subscription.unsubscribe();
    await settle();
    expect(seen.length).toBe(source.drawn);
    expect(seen.length).toBeLessThan(3);
  });

  it('brings a batch into RxJS, and stops it', async () => {
    const pool = openPool(2);
    const work = new CountedWork();
    const source = new CountedSource({ count: 6 });
    const tasks = withConnection(pool, work.deaf)(source);
    const result = await lastValueFrom(fromPull(batchParallel(2)(tasks)));
    expect(result.successful).toEqual([0, 1, 2, 3, 4, 5]);
    await lastValueFrom(fromPull(batchOutcomes(2)(tasks)).pipe(take(2)));
    expect(source.returns).toBe(1);
    await settle();
    expectNothingHeld(pool);
  });
});
