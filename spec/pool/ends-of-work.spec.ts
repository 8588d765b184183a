import { EMPTY, NEVER, Observable, of, throwError } from 'rxjs';
import type { PoolEvent, PoolOptions, PoolStats, WorkContext } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';
import { deferred, turns, until } from '../helpers/turns';

/** What the stats count of it. */
type Counted = Pick<
  PoolStats,
  'successfulOperations' | 'failedOperations' | 'cancelledOperations' | 'acquired' | 'released' | 'discarded'
>;
const none: Counted = {
  successfulOperations: 0,
  failedOperations: 0,
  cancelledOperations: 0,
  acquired: 1,
  released: 0,
  discarded: 0,
};

const broken = new Error('broken');
const unclean = new Error('unclean');

type Work = (connection: string, context: WorkContext) => any;

/** Work that goes on until it is told to end, of each kind that work may be. */
interface Running {
  readonly work: Work;
  readonly end: () => void;
  readonly fail: () => void;
  /** Whether it was told to stop. */
  readonly isStopped: () => boolean;
}

function settled(): { promise: Promise<number>; end: () => void; fail: () => void } {
  const { promise, resolve, reject } = deferred<number>();
  return {
    promise,
    end: () => {
      resolve(1);
    },
    fail: () => {
      reject(broken);
    },
  };
}

const kinds: Record<string, () => Running> = {
  'an Observable': () => {
    let isStopped = false;
    let told: { complete: () => void; error: (error: unknown) => void } | null = null;
    return {
      work: () =>
        new Observable<number>((subscriber) => {
          told = subscriber;
          return () => (isStopped = true);
        }),
      end: () => {
        told!.complete();
      },
      fail: () => {
        told!.error(broken);
      },
      isStopped: () => isStopped,
    };
  },
  'a Promise': () => {
    const { promise, end, fail } = settled();
    return { work: async () => promise, end, fail, isStopped: () => false };
  },
  'a thenable': () => {
    const { promise, end, fail } = settled();
    return {
      work: () => ({ then: promise.then.bind(promise) }),
      end,
      fail,
      isStopped: () => false,
    };
  },
  'an AsyncIterable': () => {
    const { promise, end, fail } = settled();
    return {
      work: async function* () {
        yield await promise;
      },
      end,
      fail,
      isStopped: () => false,
    };
  },
};

/** Those that can be made to end by an unsubscribe; the others hold their lease until they have settled. */
const canBeStopped = (kind: string): boolean => kind === 'an Observable';

interface Watched {
  readonly stats: () => Counted;
  readonly events: () => unknown[];
  readonly told: unknown[];
  readonly unsubscribe: () => void;
}

function start(work: Work, options: Partial<PoolOptions<string>> = {}): Watched {
  const pool = createLastingPool<string>({ connect: () => opensAtOnce('c'), max: 1, ...options });
  const events: PoolEvent[] = [];
  pool.events$.subscribe((event) => events.push(event));
  const told: unknown[] = [];
  const subscription = pool.use(work).subscribe({
    error: (error: unknown) => told.push(error),
    complete: () => told.push('complete'),
  });
  return {
    stats: () => {
      const { stats } = pool;
      return Object.fromEntries(
        Object.keys(none).map((name) => [name, stats[name as keyof Counted]]),
      ) as unknown as Counted;
    },
    events: () =>
      events
        .filter(({ type }) => type === 'released' || type === 'discarded' || type === 'evicted')
        .map((event) => {
          if (event.type === 'released') return 'released';
          if (event.type === 'discarded') return `discarded: ${(event.reason as Error).message}`;
          return `evicted: ${(event as { reason: string }).reason}`;
        }),
    told,
    unsubscribe: () => {
      subscription.unsubscribe();
    },
  };
}

describe('the end of work', () => {
  for (const [kind, run] of Object.entries(kinds)) {
    describe(`that is ${kind}`, () => {
      it('releases its lease when it completes, and is a success', async () => {
        const { work, end } = run();
        const { stats, events, told } = start(work);
        await turns(1);
        expect(stats()).toEqual(none);
        end();
        await until(() => told.length > 0);
        expect(told).toEqual(['complete']);
        expect(stats()).toEqual({ ...none, successfulOperations: 1, released: 1 });
        expect(events()).toEqual(['released']);
      });

      it('releases its lease when it fails, and is a failure', async () => {
        const { work, fail } = run();
        const { stats, events, told } = start(work);
        await turns(1);
        fail();
        await until(() => told.length > 0);
        expect(told).toEqual([broken]);
        expect(stats()).toEqual({ ...none, failedOperations: 1, released: 1 });
        expect(events()).toEqual(['released']);
      });

      for (const [isFatal, what] of [
        [(error: unknown) => error === broken, 'an error that isFatal condemns'],
        [
          () => {
            throw new Error('isFatal itself');
          },
          'an isFatal that throws',
        ],
      ] as const) {
        it(`discards its lease after ${what}`, async () => {
          const { work, fail } = run();
          const { stats, events, told } = start(work, { isFatal });
          await turns(1);
          fail();
          await until(() => told.length > 0);
          expect(told).toEqual([broken]);
          expect(stats()).toEqual({ ...none, failedOperations: 1, discarded: 1 });
          expect(events()).toEqual(['discarded: broken', 'evicted: discarded']);
        });
      }

      it('is a cancelled operation when it is unsubscribed, and holds its lease until nothing of it runs', async () => {
        const { work, end, isStopped } = run();
        const { stats, events, told, unsubscribe } = start(work);
        await turns(1);
        unsubscribe();
        if (canBeStopped(kind)) expect(isStopped()).toBeTrue();
        else {
          expect(stats()).toEqual({ ...none, cancelledOperations: 1 });
          expect(events()).toEqual([]);
          end();
          await until(() => stats().released > 0);
        }
        expect(stats()).toEqual({ ...none, cancelledOperations: 1, released: 1 });
        expect(events()).toEqual(['released']);
        expect(told).toEqual([]);
      });

      if (!canBeStopped(kind)) {
        it('releases its lease when it fails after it was cancelled, and discards it after a fatal error', async () => {
          for (const isFatal of [undefined, () => true]) {
            const { work, fail } = run();
            const { stats, events, unsubscribe } = start(work, { isFatal });
            await turns(1);
            unsubscribe();
            fail();
            await until(() => stats().released + stats().discarded > 0);
            const fatal = isFatal !== undefined;
            expect(stats()).toEqual({
              ...none,
              cancelledOperations: 1,
              released: fatal ? 0 : 1,
              discarded: fatal ? 1 : 0,
            });
            expect(events()).toEqual(fatal ? ['discarded: broken', 'evicted: discarded'] : ['released']);
          }
        });

        it('is discarded when it has not ended within cancelTimeout', async () => {
          const { work, end } = run();
          const { stats, events, unsubscribe } = start(work, { cancelTimeout: 5 });
          await turns(1);
          unsubscribe();
          await until(() => stats().discarded > 0);
          expect(stats()).toEqual({ ...none, cancelledOperations: 1, discarded: 1 });
          expect(events()).toEqual([
            'discarded: the cancelled work did not end within 5 ms (cancelTimeout)',
            'evicted: discarded',
          ]);
          end();
          await turns(2);
          expect(stats()).toEqual({ ...none, cancelledOperations: 1, discarded: 1 });
        });
      }
    });
  }

  describe('that is an Observable, unsubscribed, with onCancel', () => {
    const cancelled = (options: Partial<PoolOptions<string>>): Watched => {
      const watched = start(() => NEVER, options);
      watched.unsubscribe();
      return watched;
    };

    it("'release' releases its lease", () => {
      const { stats, events } = cancelled({ onCancel: 'release' });
      expect(stats()).toEqual({ ...none, cancelledOperations: 1, released: 1 });
      expect(events()).toEqual(['released']);
    });

    it("'discard' discards it, and says why", () => {
      const { stats, events } = cancelled({ onCancel: 'discard' });
      expect(stats()).toEqual({ ...none, cancelledOperations: 1, discarded: 1 });
      expect(events()).toEqual(['discarded: the work was cancelled (onCancel)', 'evicted: discarded']);
    });

    it('a function releases it when that has completed', () => {
      const asked: string[] = [];
      const onCancel = (connection: string): Observable<never> => {
        asked.push(connection);
        return EMPTY;
      };
      const { stats, events } = cancelled({ onCancel });
      expect(asked).toEqual(['c']);
      expect(stats()).toEqual({ ...none, cancelledOperations: 1, released: 1 });
      expect(events()).toEqual(['released']);
    });

    it('a function discards it when that fails, or throws, or takes too long', async () => {
      const throws = (): never => {
        throw unclean;
      };
      for (const onCancel of [() => throwError(() => unclean), throws]) {
        const { stats, events } = cancelled({ onCancel });
        expect(stats()).toEqual({ ...none, cancelledOperations: 1, discarded: 1 });
        expect(events()).toEqual(['discarded: unclean', 'evicted: discarded']);
      }
      const { stats, events } = cancelled({ onCancel: () => NEVER, cancelTimeout: 5 });
      expect(stats()).toEqual({ ...none, cancelledOperations: 1 });
      await until(() => stats().discarded > 0);
      expect(events()[0]).toMatch(/^discarded: .*5 ms/);
    });
  });

  it('that has not begun is no operation', () => {
    const { stats, unsubscribe } = start(() => of(1), { connect: () => NEVER });
    unsubscribe();
    expect(stats()).toEqual({ ...none, acquired: 0 });
  });
});
