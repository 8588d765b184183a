import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { VirtualTimeScheduler } from 'rxjs';
import { batchOutcomes, trackProgress, withConnection } from '../../src/ix/index';
import type { BatchOutcome, BatchProgress } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { all, CountedSource, failureOf } from './counted-source';
import { openPool } from './open-pool';

const outcomes: BatchOutcome<string>[] = [
  { index: 0, item: 'a', status: 'succeeded', value: 'A' },
  { index: 1, item: 'b', status: 'failed', error: new Error('no') },
  { index: 2, item: 'c', status: 'succeeded', value: 'C' },
];

describe('trackProgress, pulled', () => {
  it('tells how far it has come at the first pull and at every outcome, before it goes on', async () => {
    const scheduler = new VirtualTimeScheduler();
    const told: unknown[] = [];
    const slow = async function* (): AsyncGenerator<BatchOutcome<string>> {
      for (const outcome of outcomes) {
        scheduler.frame += 500;
        yield outcome;
      }
    };
    const tracked = trackProgress((progress: BatchProgress) => told.push(progress), { total: 4, scheduler })(slow());
    expect(told).toEqual([]);
    for await (const { index } of tracked) told.push(index);
    expect(told).toEqual([
      { total: 4, succeeded: 0, failed: 0, ratePerSecond: 0 },
      { total: 4, succeeded: 1, failed: 0, ratePerSecond: 2, remainingMs: 1_500 },
      0,
      { total: 4, succeeded: 1, failed: 1, ratePerSecond: 2, remainingMs: 1_000 },
      1,
      { total: 4, succeeded: 2, failed: 1, ratePerSecond: 2, remainingMs: 500 },
      2,
    ]);
  });

  it('counts each iteration by itself', async () => {
    const last: BatchProgress[] = [];
    const tracked = trackProgress({ next: (progress) => (last[0] = progress) })(outcomes);
    await all(tracked);
    await all(tracked);
    expect(last[0]).toEqual(jasmine.objectContaining({ succeeded: 2, failed: 1 }));
  });

  it('completes and errors with the batch, and says nothing of a consumer that stops', async () => {
    const said: string[] = [];
    const observer = { complete: () => said.push('complete'), error: (e: Error) => said.push(e.message) };
    const track = trackProgress(observer as never);
    await all(track(outcomes));
    const broken = async function* (): AsyncGenerator<BatchOutcome<string>> {
      yield outcomes[0]!;
      throw new Error('broken');
    };
    await failureOf(track(broken()));
    for await (const _ of track(outcomes)) break;
    expect(said).toEqual(['complete', 'broken']);
  });

  it('ends the batch when its observer throws, when all is back', async () => {
    const pool = openPool(2);
    const source = new CountedSource();
    let calls = 0;
    const tracked = ixFrom(source).pipe(
      withConnection(pool, (_, n) => Promise.resolve(n)),
      batchOutcomes(2),
      trackProgress(() => {
        if (++calls === 4) throw new Error('the bar is broken');
      }),
    );
    expect(await failureOf(tracked)).toEqual(new Error('the bar is broken'));
    expect(source.returns).toBe(1);
    expectNothingHeld(pool);
  });

  it('refuses what cannot be', () => {
    expect(() => trackProgress(7 as never)).toThrow(poolError('INVALID_CONFIG'));
    expect(() => trackProgress(() => undefined, { total: -1 })).toThrow(poolError('INVALID_CONFIG'));
    expect(() => trackProgress(() => undefined)(7 as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('trackProgress cannot draw') }),
    );
  });
});
