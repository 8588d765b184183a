import { NEVER, of } from 'rxjs';
import { isPoolError } from '../../src/index';
import * as push from '../../src/index';
import * as ix from '../../src/ix/index';
import { createLastingPool } from '../helpers/lasting-pool';

/** What a call throws, or its promise rejects with, as an error of invalid arguments. */
async function refusalOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return isPoolError(error, 'INVALID_CONFIG') ? error.message : `not an InvalidConfigError: ${String(error)}`;
  }
  return 'not refused';
}

type Table = [given: unknown, message: string][];

const isCount = 'concurrency must be a positive integer or Infinity, but got';
const isTime = 'must be milliseconds, 0 or more, or Infinity for none, but got';

const numbers: Table = [
  [0, `${isCount} 0`],
  [-1, `${isCount} -1`],
  [1.5, `${isCount} 1.5`],
  [NaN, `${isCount} NaN`],
  ['4', `${isCount} "4"`],
  [null, `${isCount} null`],
  [[], `${isCount} an array of 0`],
  [true, `${isCount} true`],
  [{ patience: -1 }, `patience ${isTime} -1`],
  [{ patience: 'x' }, `patience ${isTime} "x"`],
];

const batches = (names: string): Table => [
  ...numbers,
  [{ concurrency: 0 }, `${isCount} 0`],
  [{ concurency: 2 }, `concurency is not an option; the options are ${names}. Did you mean \`concurrency\`?`],
  [{ ordered: 1 }, 'ordered must be true or false, but got 1'],
  [{ stopOnError: 'yes' }, 'stopOnError must be true or false, but got "yes"'],
  [
    { concurrency: 0, ordered: null, other: 1 },
    `\n- ${isCount} 0\n- ordered must be true or false, but got null\n- other is not an option; the options are ${names}`,
  ],
];

const sequences = (names: string): Table => [
  ...numbers,
  [{ concurrency: 1 }, `concurrency is not an option; the options are ${names}`],
  [
    { ordered: true, other: 1 },
    `\n- ordered is not an option; the options are ${names}\n- other is not an option; the options are ${names}`,
  ],
];

const acquires: Table = [
  [1, 'must be an object, but got 1'],
  [null, 'must be an object, but got null'],
  [{ lable: 'x' }, 'lable is not an option; the options are label, acquireTimeout, signal. Did you mean `label`?'],
  [{ acquireTimeout: -1 }, `acquireTimeout ${isTime} -1`],
  [{ label: '' }, 'label must be a string that is not empty, but got ""'],
  [{ signal: {} }, 'signal must be an AbortSignal, but got an object'],
];

const work = (): unknown => of(1);

describe('invalid arguments', () => {
  const pool = createLastingPool({ connect: () => NEVER, max: 2, name: 'db' });

  const expectRefusals = async (what: string, table: Table, call: (given: never) => unknown): Promise<void> => {
    for (const [given, message] of table) {
      expect(await refusalOf(() => call(given as never))).toBe(
        message.startsWith('\n') ? `${what}:${message}` : `${what}: ${message}`,
      );
    }
  };

  for (const [entry, operators, own] of [
    ['the main entry', push, []],
    ['./ix', ix, ['signal']],
  ] as const) {
    describe(`of the operators of ${entry}`, () => {
      it('of batches', async () => {
        const table = batches(['concurrency', 'ordered', 'stopOnError', 'patience', ...own].join(', '));
        await expectRefusals('batchOutcomes cannot run', table, (given) => operators.batchOutcomes(given));
        await expectRefusals('batchParallel cannot run', table, (given) => operators.batchParallel(given));
        const shorter = sequences(['patience', ...own].join(', '));
        await expectRefusals('batchSequential cannot run', shorter, (given) => operators.batchSequential(given));
      });

      it('of tasks', async () => {
        const { withConnection, retryFailed } = operators as unknown as typeof push;
        const isPool = 'the first argument must be a pool made by createPool';
        const orWork = ', or the work for the leases of a pool';
        const poolsAs = (more: string): Table => [
          [undefined, `${isPool}${more}, but got undefined`],
          [null, `${isPool}${more}, but got null`],
          [1, `${isPool}${more}, but got 1`],
          [{}, `${isPool}${more}, but got an object`],
        ];
        await expectRefusals('withConnection cannot work', poolsAs(orWork), (given) =>
          withConnection(given, work as never),
        );
        await expectRefusals('retryFailed cannot work', poolsAs(''), (given) => retryFailed(given, work as never));
        const isWork = 'work must be a function of a connection and an item, but got';
        const works: Table = [
          [undefined, `${isWork} undefined`],
          [1, `${isWork} 1`],
          ['x', `${isWork} "x"`],
        ];
        await expectRefusals('withConnection cannot work', works, (given) => withConnection(pool, given));
        await expectRefusals('retryFailed cannot work', works, (given) => retryFailed(pool, given));
        const what = "Pool 'db' got invalid acquire options";
        await expectRefusals(what, acquires, (given) => withConnection(pool, work as never, given));
        await expectRefusals(what, acquires, (given) => retryFailed(pool, work as never, given));
      });

      it('of trackProgress', async () => {
        const what = 'trackProgress cannot work';
        const isObserver = 'the observer must be a function of a BatchProgress or an observer of them, but got';
        const observers: Table = [
          [undefined, `${isObserver} undefined`],
          [null, `${isObserver} null`],
          [1, `${isObserver} 1`],
        ];
        await expectRefusals(what, observers, (given) => operators.trackProgress(given));
        const options: Table = [
          [{ total: -1 }, 'total must be an integer of 0 or more, but got -1'],
          [{ total: 1.5 }, 'total must be an integer of 0 or more, but got 1.5'],
          [{ totl: 1 }, 'totl is not an option; the options are total, scheduler. Did you mean `total`?'],
          [{ scheduler: 1 }, 'scheduler must be an RxJS scheduler, but got 1'],
          [{ scheduler: { now: () => 1 } }, 'scheduler must be an RxJS scheduler, but got an object'],
        ];
        await expectRefusals(what, options, (given) => operators.trackProgress(() => undefined, given));
      });
    });
  }

  it('of a pool', async () => {
    const isMax = 'max must be a positive integer, but got';
    await expectRefusals(
      "Pool 'db' cannot be resized",
      [
        [0, `${isMax} 0`],
        [-1, `${isMax} -1`],
        [1.5, `${isMax} 1.5`],
        ['2', `${isMax} "2"`],
        [undefined, `${isMax} undefined`],
      ],
      (given) => {
        pool.resize(given);
      },
    );
    await expectRefusals(
      "Pool 'db' got invalid timings options",
      [
        [{ since: 1 }, 'since must be an earlier result of timings(), but got 1'],
        [{ since: null }, 'since must be an earlier result of timings(), but got null'],
        [{ since: { wait: 1 } }, 'since must be an earlier result of timings(), but got an object'],
        [{ sinc: 1 }, 'sinc is not an option; the options are since. Did you mean `since`?'],
        [5, 'options must be an object such as { since }, but got 5'],
        [null, 'options must be an object such as { since }, but got null'],
      ],
      (given) => pool.timings(given),
    );
    await expectRefusals(
      "pool.use of 'db' cannot run",
      [
        [undefined, 'work must be a function of a connection, but got undefined'],
        [{}, 'work must be a function of a connection, but got an object'],
      ],
      (given) => pool.use(given),
    );
    const what = "Pool 'db' got invalid acquire options";
    await expectRefusals(what, acquires, (given) => pool.use(() => of(1), given));
    await expectRefusals(what, acquires, (given) => pool.acquire(given));
    await expectRefusals(
      "Pool 'db' cannot warm up",
      [
        [-1, 'count must be an integer of 0 or more, but got -1'],
        [1.5, 'count must be an integer of 0 or more, but got 1.5'],
        ['x', 'count must be an integer of 0 or more, but got "x"'],
        [3, 'count must be at most max (2), but got 3'],
      ],
      (given) => pool.warmUp(given),
    );
    await expectRefusals(
      "Pool 'db' cannot be destroyed",
      [
        [-1, `timeout ${isTime} -1`],
        ['x', `timeout ${isTime} "x"`],
        [NaN, `timeout ${isTime} NaN`],
      ],
      (timeout) => pool.destroy({ timeout }),
    );
    expect(pool.stats.state).toBe('open');
  });
});

describe('a batch of what is no task, without a concurrency', () => {
  const why =
    'does not know how many may run at a time: concurrency must be given for what is not a task of withConnection: only a task knows what its pool can lend';
  for (const name of ['batchOutcomes', 'batchParallel'] as const) {
    it(`says so by the name of ${name}, pushed and pulled`, async () => {
      const told: string[] = [];
      of(of(1))
        .pipe(push[name]() as never)
        .subscribe({ error: (error: unknown) => told.push((error as Error).message) });
      told.push(
        await refusalOf(async () => {
          for await (const _ of ix[name]()([of(1)] as never));
        }),
      );
      for (const message of told) expect(message).toContain(`${name} ${why}`);
      expect(told.length).toBe(2);
    });
  }
});
