import { from as pull } from 'ix/asynciterable';
import { of } from 'rxjs';
import * as ix from '../../src/ix/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';
import { turns } from '../helpers/turns';

interface Abortable<T> {
  [Symbol.asyncIterator](signal?: AbortSignal): AsyncIterator<T>;
}

/** The outcomes of three items. */
const outcomes = (): Abortable<unknown> => {
  const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
  return ix.batchOutcomes(2)(ix.withConnection(pool, () => of(1))(pull([1, 2, 3])));
};

describe('the signal of an iteration', () => {
  for (const [how, ends] of [
    [
      'when its source has ended',
      async (iterator: AsyncIterator<unknown>) => {
        while ((await iterator.next()).done !== true);
      },
    ],
    [
      'when it is ended by the consumer',
      async (iterator: AsyncIterator<unknown>) => {
        await iterator.next();
        await iterator.return!();
      },
    ],
  ] as const) {
    it(`has no listener of it any more ${how}`, async () => {
      const { signal } = new AbortController();
      const added = spyOn(signal, 'addEventListener').and.callThrough();
      const removed = spyOn(signal, 'removeEventListener').and.callThrough();
      await ends(outcomes()[Symbol.asyncIterator](signal));
      expect(added.calls.count()).toBeGreaterThan(0);
      for (const [type, listener] of added.calls.allArgs()) expect(removed).toHaveBeenCalledWith(type, listener);
    });
  }

  it('that aborts between two pulls fails no pull after return()', async () => {
    const controller = new AbortController();
    const iterator = outcomes()[Symbol.asyncIterator](controller.signal);
    await iterator.next();
    controller.abort(new Error('enough'));
    await turns(10);
    await iterator.return!();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});
