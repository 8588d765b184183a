import { effort } from '../../helpers/effort';
import { caller, Shop } from '../ledger/shop';
import type { Check, Action, Plan, ShopOptions } from '../ledger/shop';
import { chosen, walk } from './walk';
import type { Guide } from './walk';

/** A walk through the options of a connection's lifecycle: the holders acquire in this order, and everything else may happen in between. */
interface LifeWalk {
  readonly options?: Partial<ShopOptions>;
  readonly holders: readonly Action[];
  /**
   * The maximum number of each of these in one schedule; one with a pick is applied to each candidate. `'time'` is until the next timer.
   */
  readonly may: readonly (readonly [Action | Picking | 'time', number])[];
  /** The outcomes of each check, and the maximum number of checks in one schedule that do not pass. */
  readonly plans?: Partial<Record<Check, readonly Plan[]>>;
  readonly troubles?: number;
}
type Picking = 'release' | 'discard' | 'leave' | 'lose';

const more = effort(0, 0, 1);
/** The pool is destroyed at every point: at once, and with a timeout. */
const endsOf = (capacity: number): readonly number[] => (capacity === 1 || more > 0 ? [0, 5] : [5]);

const usual: ShopOptions = {
  max: 2,
  min: 0,
  capacity: 1,
  maxPending: 100,
  acquireTimeout: 1_000,
  idleTimeout: Infinity,
  maxLifetime: Infinity,
  lifetimeJitter: 0,
  maxUses: Infinity,
  validate: false,
  validateAfter: 0,
  reset: false,
  isFatal: false,
  consecutive: 2,
  overload: false,
  leakThreshold: Infinity,
  order: 'lifo',
};

const acquire: Action = { do: 'acquire' };
const use: Action = { do: 'use', ms: 3 };
const failing: Action = { do: 'use', fails: true };
const down: Action = { do: 'resize', max: 1 };
const up: Action = { do: 'resize', max: 2 };
const refresh: Action = { do: 'refresh' };
const checks: readonly Plan[] = ['ok', 'late', 'fails', 'hangs'];

const walks: Record<string, LifeWalk> = {
  'a validation passes, fails or does not answer, and connections are lost meanwhile': {
    options: { validate: true },
    holders: [use, acquire, acquire],
    may: [
      ['release', 1],
      ['lose', 1],
      ['time', 1 + more],
    ],
    plans: { validate: checks },
    troubles: 1 + more,
  },
  'a reset passes, fails or does not end, and connections are lost meanwhile': {
    options: { reset: true },
    holders: [acquire, use, acquire],
    may: [
      ['release', 2],
      ['lose', 1],
      ['time', 1 + more],
    ],
    plans: { reset: checks },
    troubles: 1 + more,
  },
  'validated and reset, and the caller unsubscribes': {
    options: { validate: true, reset: true },
    holders: [acquire, acquire, use],
    may: [
      ['release', 1],
      ['leave', 1],
      ['time', 1 + more],
    ],
    plans: { validate: checks, reset: checks },
    troubles: 1 + more,
  },
  'work fails fatally, a lease is discarded': {
    options: { isFatal: true, reset: true },
    holders: [acquire, failing, acquire],
    may: [
      ['release', 1],
      ['discard', 1 + more],
      ['time', 1],
    ],
    plans: { reset: checks, close: ['ok', 'late', 'hangs'] },
    troubles: 1,
  },
  'the pool shrinks and grows while connections are lent, opening and being reset': {
    options: { reset: true },
    holders: [acquire, use, acquire],
    may: [
      [down, 1],
      [up, 1],
      ['release', 1 + more],
      ['time', 1],
    ],
    plans: { connect: ['ok', 'late'], reset: checks },
    troubles: 1,
  },
  'the pool is refreshed while connections are lent, opening and being checked': {
    options: { validate: true, reset: true },
    holders: [acquire, use, acquire],
    may: [
      [refresh, 1],
      ['release', 1],
      ['time', 1 + more],
    ],
    plans: { connect: ['ok', 'late'], validate: ['ok', 'late', 'hangs'], reset: ['ok', 'late', 'hangs'] },
    troubles: 1 + more,
  },
};

function run({ holders, may, plans = {}, troubles = 0, options }: LifeWalk, capacity: number, guide: Guide): void {
  let left = troubles;
  let trail = '';
  let created = false;
  // If all holders fit on one connection, a second one exists only if it must be kept open.
  const shop = new Shop({ ...usual, min: capacity === 1 ? 0 : 2, ...options, capacity }, (what) => {
    // Connections that open while the pool is created open at once: the target cannot know yet which one it was.
    const plan = created && left > 0 ? guide.choose(plans[what] ?? ['ok' as const]) : 'ok';
    if (plan !== 'ok') left--;
    trail += ` (${what}: ${plan})`;
    return plan;
  });
  created = true;
  const judge = (): void => {
    if (shop.violations.length > 0) throw new Error(`${shop.violations.join('\n')}\nafter${trail}`);
  };
  const budget = may.map(([, times]) => times);
  const ends = endsOf(capacity);
  let asked = 0;
  for (;;) {
    const ways: { action: Action; spend: () => void }[] = [];
    if (asked < holders.length) ways.push({ action: holders[asked]!, spend: () => asked++ });
    for (const [index, [what]] of may.entries()) {
      if (budget[index] === 0) continue;
      const spend = (): void => {
        budget[index]!--;
      };
      if (typeof what === 'object') ways.push({ action: what, spend });
      else if (what !== 'time') {
        for (let pick = 0; pick < shop.among(what); pick++) ways.push({ action: { do: what, pick }, spend });
      } else if (shop.clock.pending > 0) {
        ways.push({ action: { do: 'pass', ms: shop.clock.next - shop.clock.now() }, spend });
      }
    }
    const next = guide.choose([...ends, ...ways], ends.length);
    if (typeof next === 'number') {
      trail += ` destroy ${next}`;
      shop.end(next);
      judge();
      return;
    }
    next.spend();
    trail += ` ${JSON.stringify(next.action)}`;
    shop.perform(next.action);
    if (!guide.known) shop.rest();
    judge();
  }
}

function everySchedule(kind: LifeWalk, capacity: number): number {
  // The stack of an error is not needed here, and to capture it would take a third of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return walk((guide) => {
      run(kind, capacity, guide);
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

describe('the lifecycle of connections, in orders of events for two connections and three holders', () => {
  let schedules = 0;
  let seconds = 0;

  for (const capacity of [1, 3]) {
    for (const [name, kind] of Object.entries(walks)) {
      it(`capacity ${capacity}: ${name}`, () => {
        const began = performance.now();
        const done = everySchedule(kind, capacity);
        schedules += done;
        seconds += (performance.now() - began) / 1_000;
        expect(done).toBeGreaterThan(100);
      }, 600_000);
    }
  }

  afterAll(() => {
    caller.disable();
    console.log(
      `life walk: ${schedules} schedules, chosen ${chosen}, no forbidden outcome, in ${seconds.toFixed(1)} s`,
    );
  });
});
