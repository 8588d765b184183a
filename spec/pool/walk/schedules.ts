import type { AtPick, Action } from '../model/actions';
import { picks } from '../model/picks';
import { World } from '../model/world';
import type { WorldOptions } from '../model/world';
import { walk } from './walk';
import type { Guide } from './walk';

/** A walk: three holders, two connections, and the events that may happen to them. */
export interface Walk {
  readonly options?: Partial<WorldOptions>;
  /** What is set before anything happens: how the closes end. */
  readonly before?: readonly Action[];
  /** The order of the acquires is fixed; everything else may happen in between. */
  readonly holders: readonly Action[];
  /** The maximum number of each of these in one schedule. What is not named may not happen. */
  readonly budget: Partial<Record<AtPick | 'time passes', number>>;
  /** How the pool may be destroyed, at every point. */
  readonly ends: readonly number[];
}

const usual: WorldOptions = {
  max: 2,
  capacity: 1,
  order: 'lifo',
  min: 0,
  idleTimeout: Infinity,
  maxLifetime: Infinity,
  lifetimeJitter: 0,
  maxUses: Infinity,
  validate: false,
  validateAfter: 0,
  reset: false,
  isFatal: 'none',
  maxPending: 10_000,
  maxOpening: 16,
  acquireTimeout: 30_000,
  connectTimeout: 100,
  closeTimeout: 50,
  cancelTimeout: 70,
  retryDelay: { initial: 10, max: 10 },
  breaker: false,
  onCancel: 'release',
  connector: 'observable',
  close: false,
  die: 0.5,
  stepped: true,
  crowd: 0,
  calm: false,
  listens: false,
  shortcuts: true,
};

/** The last event of a schedule: all holders release, or none does and the timeout of destroy expires. */
interface Ending {
  readonly timeout: number;
  readonly givenBack: boolean;
}

/** Every schedule of the walk, with all the checks at every point of it. Returns the remaining worlds, all of them destroyed. */
export function everySchedule(kind: Walk, ended: (world: World) => void): number {
  const endings: Ending[] = kind.ends.flatMap((timeout) =>
    timeout === 0 ? [{ timeout, givenBack: false }] : [true, false].map((givenBack) => ({ timeout, givenBack })),
  );
  // The stack of an error is not needed here, and to capture it would take a third of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return walk((guide) => {
      const world = new World({ ...usual, ...kind.options });
      for (const action of kind.before ?? []) world.perform(action);
      end(world, happen(world, kind, guide, endings));
      ended(world);
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function happen(world: World, kind: Walk, guide: Guide, endings: readonly Ending[]): Ending {
  const budget = { ...kind.budget };
  let asked = 0;
  for (;;) {
    const actions: (Action | Ending)[] = [...endings];
    if (asked < kind.holders.length) actions.push(kind.holders[asked]!);
    for (const name of Object.keys(budget) as (keyof typeof budget)[]) {
      if (budget[name] === 0) continue;
      if (name !== 'time passes') {
        for (const pick of picks[name].among(world).keys()) actions.push({ do: name, pick });
      } else if (world.clock.pending > 0) {
        actions.push({ do: 'pass', ms: world.clock.next - world.clock.now() });
      }
    }
    const next = guide.choose(actions, endings.length);
    if (!('do' in next)) return next;
    if (next === kind.holders[asked]) asked++;
    else if (next.do === 'pass') budget['time passes']--;
    else budget[next.do as AtPick]--;
    world.perform(next);
    if (!guide.known) world.rest();
  }
}

function end(world: World, { timeout, givenBack }: Ending): void {
  const step = (action: Action): void => {
    world.perform(action);
    world.rest();
  };
  step({ do: 'destroy', timeout });
  for (const name of ['release', 'finish', 'finish close', 'finish clean'] as const) {
    while (givenBack && picks[name].among(world).length > 0) step({ do: name, pick: 0 });
  }
  step({ do: 'pass', ms: 100_000 });
  for (const name of ['open late', 'finish', 'finish close'] as const) {
    while (picks[name].among(world).length > 0) step({ do: name, pick: 0 });
  }
  step({ do: 'pass', ms: 100_000 });
  world.restForGood();
}
