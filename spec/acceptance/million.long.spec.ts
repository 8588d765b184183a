import { concat, concatAll, map, mergeAll, NEVER, of, range, reduce, timer } from 'rxjs';
import type { Observable, OperatorFunction } from 'rxjs';
import { batchParallel, batchSequential, withConnection } from '../../src/index';
import type { BatchResult, ConnectionTask } from '../../src/index';
import { effort } from '../helpers/effort';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, opensAtOnce } from '../helpers/marbles';

const many = effort(20_000, 1_000_000);

/** RxJS keeps waiting items in an array that it empties by `shift()`: minutes for a million. */
const buffered = effort(10_000, 100_000, many);

const patience = effort(120_000, 600_000, 1_800_000);

/** The number of values, and whether they were those of all items. */
interface Tally {
  readonly count: number;
  readonly sum: number;
}

const tally: OperatorFunction<number, Tally> = reduce(({ count, sum }, n) => ({ count: count + 1, sum: sum + n }), {
  count: 0,
  sum: 0,
});

const tallyOfResult: OperatorFunction<BatchResult<number | undefined>, Tally> = reduce(
  (_, { successful }) => ({ count: successful.length, sum: successful.reduce((sum: number, n) => sum + n!, 0) }),
  { count: 0, sum: 0 },
);

type Tasks = Observable<ConnectionTask<number, number>>;

const operators: { name: string; run: (tasks: Tasks) => Observable<Tally>; ours: boolean }[] = [
  { name: 'batchSequential()', run: (tasks) => tasks.pipe(batchSequential(), tally), ours: true },
  { name: 'batchParallel(10)', run: (tasks) => tasks.pipe(batchParallel(10), tallyOfResult), ours: true },
  { name: 'mergeAll(3)', run: (tasks) => tasks.pipe(mergeAll(3), tally), ours: false },
  { name: 'concatAll()', run: (tasks) => tasks.pipe(concatAll(), tally), ours: false },
];

const asynchronously = (): Observable<string> => concat(timer(1).pipe(map(() => 'a')), NEVER);

const states: { name: string; warm: boolean; connect: () => Observable<string>; items: (ours: boolean) => number }[] = [
  { name: 'warm', warm: true, connect: () => opensAtOnce('a'), items: () => many },
  { name: 'cold, with a synchronous connector', warm: false, connect: () => opensAtOnce('a'), items: () => many },
  {
    name: 'cold, with an asynchronous connector',
    warm: false,
    connect: asynchronously,
    items: (ours) => (ours ? many : buffered),
  },
];

describe(`${many.toLocaleString('en')} synchronous items`, () => {
  for (const { name, run, ours } of operators) {
    for (const max of [1, 10]) {
      for (const { name: state, warm, connect, items } of states) {
        const count = items(ours);
        it(
          `through ${name} on a pool of ${max}, ${state}: ${count.toLocaleString('en')} neither overflow the stack nor stop half-way`,
          async () => {
            const pool = createPool({ connect, max, acquireTimeout: Infinity });
            if (warm) await pool.warmUp(max);
            let result: Tally | undefined;
            await new Promise<void>((complete, error) => {
              run(range(0, count).pipe(withConnection(pool, (_connection, item) => of(item)))).subscribe({
                next: (value) => (result = value),
                complete,
                error,
              });
            });
            expect(result).toEqual({ count, sum: (count * (count - 1)) / 2 });
            expect(pool.stats).toEqual(
              jasmine.objectContaining({ successfulOperations: count, failedOperations: 0, cancelledOperations: 0 }),
            );
            expectNothingHeld(pool);
          },
          patience,
        );
      }
    }
  }

  for (const max of [1, 10]) {
    it(
      `through batchSequential(), one in ten asynchronous, on a pool of ${max}`,
      async () => {
        const pool = createPool({ connect: () => opensAtOnce('a'), max });
        const count = effort(10_000, 100_000);
        let result: Tally | undefined;
        await new Promise<void>((complete, error) => {
          range(0, count)
            .pipe(
              withConnection(pool, (_connection, item) => (item % 10 === 0 ? Promise.resolve(item) : of(item))),
              batchSequential(),
              tally,
            )
            .subscribe({ next: (value) => (result = value), complete, error });
        });
        expect(result).toEqual({ count, sum: (count * (count - 1)) / 2 });
        expectNothingHeld(pool);
      },
      patience,
    );
  }
});
