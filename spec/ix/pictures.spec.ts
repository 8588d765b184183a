import { map as ixMap } from 'ix/asynciterable/operators/map';
import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { concat, NEVER, of } from 'rxjs';
import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { batchOutcomes, batchParallel, batchSequential, leases, retryFailed, withConnection } from '../../src/ix/index';
import { createPool } from '../../src/index';
import type { BatchOutcome, ConnectionPool, Lease } from '../../src/index';
import { expectNothingHeld } from '../helpers/marbles';
import { isPulled, lifeOf, pictureNames, streamsOf, worksOf } from '../helpers/pictures';
import { microtasks } from '../helpers/turns';

/** Ticks of the scheduler in a frame, outside of `run`. */
const tick = 10;

interface Picture {
  readonly pool: ConnectionPool<string>;
  /** The source, which answers a frame after it is asked. */
  readonly source: AsyncIterable<string>;
  readonly work: (item: string) => Observable<string>;
  /** Does something in each frame in which a stream has a mark. */
  readonly at: (stream: string, action: () => void) => void;
}

const drawn = new Set<string>();
const own = new Error('own');

/** A value as its marble. */
type Letter = (value: any) => string;

interface Shown {
  /** The titles of the streams of the source, and of what the consumer gets. */
  readonly from?: string;
  readonly to: string;
  readonly letter: Letter;
  readonly build: (picture: Picture) => AsyncIterable<unknown>;
}

/**
 * A spec of what a picture shows. The consumer asks in the frames of `pulls`; what it gets must be in those of the stream `to`, the source must
 * be drawn from as in the stream `from`, and connects and work must run as they are drawn.
 */
function shows(name: string, title: string, { from = 'none', to, letter, build }: Shown): void {
  drawn.add(name);
  it(`show ${title}`, async () => {
    const streams = streamsOf(name);
    const scheduler = new TestScheduler(() => undefined);
    const length = Math.max(...Object.values(streams).map((marble) => marble.length)) + 1;
    const row = (): string[] => Array.from({ length }, () => '-');
    const frame = (): number => scheduler.frame / tick;
    const works = worksOf(streams).map(([item, marble]) => {
      const stream = scheduler.createColdObservable(marble.trim(), undefined, own);
      return { item, marble, stream };
    });
    const { connect } = streams;
    const dial = connect === undefined ? of('c') : scheduler.createColdObservable(connect.trim());
    const pool = createPool<string>({ max: connect === undefined ? 2 : 1, connect: () => concat(dial, NEVER) });
    const at: Picture['at'] = (stream, action) => {
      for (const [index, mark] of streams[stream]!.split('').entries())
        if (mark !== '-') scheduler.schedule(action, index * tick);
    };

    // The source.
    const items = (streams[from] ?? '').replace(/[-|]/g, '').split('');
    const asked = row();
    const answer = (mark: string, result: IteratorResult<string>) =>
      new Promise<IteratorResult<string>>((resolve) => {
        scheduler.schedule(() => {
          asked[frame()] = mark;
          resolve(result);
        }, tick);
      });
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const item = items.shift();
          return item === undefined
            ? answer('|', { done: true, value: undefined })
            : answer(item, { done: false, value: item });
        },
      }),
    };

    // The consumer.
    const given = row();
    const put = (text: string): void => {
      given[frame()] = text;
    };
    const work = (item: string) => works.find((each) => each.item === item)!.stream;
    const iterator = build({ pool, source, work, at })[Symbol.asyncIterator]();
    at('pulls', () => {
      void iterator.next().then(({ done, value }) => {
        put(done === true ? '|' : letter(value));
      });
    });

    for (let i = 0; i < length; i++) scheduler.schedule(() => undefined, i * tick);
    for (let i = 0; i < length; i++) {
      scheduler.maxFrames = i * tick;
      scheduler.flush();
      await microtasks(60);
    }

    const trimmed = (marbles: readonly string[]): string => marbles.join('').replace(/-+$/, '');
    expect(trimmed(given))
      .withContext(to)
      .toBe(trimmed(streams[to]!.split('')));
    if (from in streams)
      expect(trimmed(asked))
        .withContext(from)
        .toBe(trimmed(streams[from]!.split('')));
    for (const { item, marble, stream } of works) {
      const lives = stream.subscriptions.map(({ subscribedFrame: a, unsubscribedFrame: b }) => [a / tick, b / tick]);
      expect(lives)
        .withContext(item)
        .toEqual([[...lifeOf(marble)]]);
    }
    expectNothingHeld(pool);
  });
}

const text: Letter = (value: string) => value;
const outcome: Letter = ({ item }: BatchOutcome<string, string>) => item.toUpperCase();
const tasksOf = ({ pool, source, work }: Picture) => withConnection(pool, (_, item: string) => work(item))(source);

describe('the pictures of what is pulled', () => {
  it('are each run by a spec', () => {
    expect([...drawn].sort()).toEqual(pictureNames.filter(isPulled).sort());
  });

  shows('pull-batch', 'a batch that draws when a slot is free, and gives when it is asked', {
    from: 'lines',
    to: 'outcomes',
    letter: outcome,
    build: (picture) => batchOutcomes(2)(tasksOf(picture)),
  });

  shows('pull-batch-sequential', 'a batch that draws when the last task has ended, and the consumer comes back', {
    from: 'lines',
    to: 'values',
    letter: text,
    build: (picture) => batchSequential()(tasksOf(picture)),
  });

  shows('pull-batch-parallel', 'a batch that draws by itself, and gives one result', {
    from: 'lines',
    to: 'result',
    letter: ({ successful, failed }) => (successful.length === 2 && failed[0].item === 'b' ? 'R' : '?'),
    build: (picture) => batchParallel(2)(tasksOf(picture)),
  });

  shows('pull-retry-failed', 'failed items that are drawn again, under their first index', {
    from: 'failed',
    to: 'outcomes',
    letter: ({ index, item }: BatchOutcome<string, string>) =>
      index === 'abcd'.indexOf(item) ? item.toUpperCase() : '?',
    build: ({ pool, source, work }) =>
      ixFrom(source).pipe(
        ixMap((item) => ({ index: 'abcd'.indexOf(item), item, error: own })),
        retryFailed(pool, (_, item: string) => work(item)),
        batchOutcomes(2),
      ),
  });

  shows('pull-leases', 'one lease for each pull, and none ahead', {
    to: 'leases',
    letter: ({ connection }: Lease<string>) => connection,
    build: ({ pool, at }) => {
      const held: Lease<string>[] = [];
      at('release', () => held.shift()!.release());
      return ixFrom(leases(pool)).pipe(
        ixMap((lease) => {
          held.push(lease);
          return lease;
        }),
      );
    },
  });
});
