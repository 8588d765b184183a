import fc from 'fast-check';
import type { PoolStats } from '../../../src';
import { effort } from '../../helpers/effort';
import { caller, Shop } from './shop';
import type { Action, Plan, ShopOptions } from './shop';

/**
 * Random histories of a pool with every option: not against a model that predicts what the pool decides, as beside, but against invalid
 * observations, and against the counts of its own events. A failure prints the shrunk history and its seed (FC_SEED).
 */
const seed = Number(process.env['FC_SEED'] ?? 1);
const runs = Number(process.env['LEDGER_RUNS'] ?? effort(500, 3_000));

const time = (...ms: number[]) => fc.constantFrom(...ms);

const options: fc.Arbitrary<ShopOptions> = fc.record({
  max: fc.integer({ min: 1, max: 4 }),
  min: fc.constantFrom(0, 0, 1),
  capacity: fc.constantFrom(1, 1, 3),
  maxPending: fc.constantFrom(0, 2, 100),
  acquireTimeout: time(25, 100, 1_000),
  idleTimeout: time(0, 20, 100, Infinity),
  maxLifetime: time(15, 60, 300, Infinity),
  lifetimeJitter: fc.constantFrom(0, 0.2),
  maxUses: fc.constantFrom(1, 3, Infinity),
  validate: fc.boolean(),
  validateAfter: time(0, 10, 50),
  reset: fc.boolean(),
  isFatal: fc.boolean(),
  consecutive: fc.constantFrom(1, 2, 3, Infinity),
  overload: fc.boolean(),
  leakThreshold: time(Infinity, 30),
  order: fc.constantFrom('lifo' as const, 'fifo' as const),
});

const pick = fc.nat({ max: 20 });
const plan: fc.Arbitrary<Plan> = fc.constantFrom('ok', 'late', 'late', 'fails', 'throws', 'hangs');

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('use' as const), ms: time(0, 1, 5, 40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('use' as const), fails: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('acquire' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'release' as const, 'discard' as const), pick }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'lose' as const), pick }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: time(0, 1, 3, 10, 30, 100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resize' as const), max: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refresh' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('warm up' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stream' as const),
      gives: fc.constantFrom('release' as const, 'discard' as const, 'refresh' as const),
      ms: time(0, 5, 30),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('plan' as const),
      what: fc.constantFrom('connect' as const, 'validate' as const, 'reset' as const, 'close' as const),
      plan,
    }),
  },
);

describe('a pool with every option', () => {
  afterAll(() => {
    caller.disable();
  });

  it('keeps its counts consistent, never shows an invalid state, and does the same without the shortcuts of the drain loop', () => {
    let steps = 0;
    const began = performance.now();
    fc.assert(
      fc.property(
        options,
        fc.array(action, { minLength: 5, maxLength: 60 }),
        time(0, 50),
        fc.boolean(),
        (given, history, timeout, calm) => {
          const play = (shortcuts: boolean): Shop => {
            const shop = new Shop(given, undefined, shortcuts);
            for (const one of history) {
              shop.perform(one);
              shop.rest();
              steps++;
              if (shop.violations.length > 0) break;
            }
            if (shop.violations.length === 0 && calm) shop.calm();
            if (shop.violations.length === 0) shop.end(timeout);
            if (shop.violations.length > 0) throw new Error(shop.violations.join('\n'));
            return shop;
          };
          const [fast, plain] = [play(true), play(false)];
          const at = plain.log.findIndex((event, i) => event !== fast.log[i]);
          if (at >= 0 || fast.log.length !== plain.log.length) {
            throw new Error(
              `a shortcut made a difference, at event ${at}: ${fast.log[at]} and without it ${plain.log[at]}`,
            );
          }
          const counts = ({ seq: _, ...stats }: PoolStats): string => JSON.stringify(stats);
          if (counts(fast.pool.stats) !== counts(plain.pool.stats))
            throw new Error('a shortcut made a difference in the stats');
        },
      ),
      { seed, numRuns: runs },
    );
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`ledger: ${steps} steps of ${runs} pools in order, in ${seconds} s, from seed ${seed}`);
    expect(steps).toBeGreaterThan(runs);
  }, 600_000);
});
