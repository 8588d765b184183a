import fc from 'fast-check';
import type { AsyncCommand } from 'fast-check';
import { picks } from './picks';
import type { AtPick, Action, Reaction } from './actions';
import { told } from './actions';
import type { World, WorldOptions } from './world';

/** The number of actions that were really done, by all runs together. */
export const steps = { done: 0 };

/** One action, and then a check of everything. The world is both sides at once: it holds the model and the pool. */
class Step implements AsyncCommand<World, World> {
  constructor(readonly action: Action) {}

  check(world: Readonly<World>): boolean {
    return world.can(this.action);
  }

  async run(world: World): Promise<void> {
    await doAndRest(world, this.action);
    steps.done++;
  }

  toString(): string {
    return told(this.action);
  }
}

async function doAndRest(world: World, action: Action): Promise<void> {
  if (action.do === 'pass') {
    // Promises settle between one timer and the next, as in production.
    const limit = world.clock.now() + action.ms;
    world.model.note(action);
    while (world.clock.fire(limit)) await world.settle();
  } else {
    world.perform(action);
  }
  await world.settle();
  world.rest();
}

/** Begins every history: with a pool that is in use already, or a cold one. */
export async function beginningOf(world: World, crowd: number): Promise<void> {
  if (crowd === 0) return;
  const { max } = world.model;
  for (let connect = 0; connect < max; connect++) await doAndRest(world, { do: 'connect as', plan: 'opens' });
  await doAndRest(world, { do: 'warm up', count: max });
  for (let caller = 0; caller < crowd; caller++) await doAndRest(world, { do: 'acquire', timeout: Infinity });
}

/** Every caller releases and leaves, one after the other: after that only time changes anything. */
export async function calmDown(world: World): Promise<void> {
  for (const action of ['leave', 'finish', 'finish clean', 'finish check', 'release'] as const) {
    while (picks[action].among(world).length > 0) {
      await doAndRest(world, { do: action, pick: 0 });
      await doAndRest(world, { do: 'pass', ms: 3 });
    }
  }
  for (const ms of [7, 15, 30, 300]) await doAndRest(world, { do: 'pass', ms });
}

/** Ends every history: destroys the pool, releases everything, and runs all timers. */
export async function endOf(world: World): Promise<void> {
  await doAndRest(world, { do: 'destroy', timeout: 5 });
  await doAndRest(world, { do: 'pass', ms: 100_000 });
  for (const action of ['finish', 'finish clean', 'finish check', 'release'] as const) {
    while (picks[action].among(world).length > 0) await doAndRest(world, { do: action, pick: 0 });
  }
  await doAndRest(world, { do: 'pass', ms: 100_000 });
  world.restForGood();
}

// Two invisible events that are caused by time alone must not happen in the same instant: the model would have to guess which came first.
// So the times of each end in a different fraction. Binary fractions, because those add up exactly.
const endOfPatience = 1 / 16;
const endOfCancelled = 1 / 128;
const endOfUnwanted = 1 / 1024;
const endOfConnect = 1 / 8192;

export const worlds: fc.Arbitrary<WorldOptions> = fc
  .record({
    max: fc.integer({ min: 1, max: 4 }),
    capacity: fc.constantFrom(1, 1, 3),
    order: fc.constantFrom('lifo' as const, 'fifo' as const),
    min: fc.constantFrom(0, 0, 0, 1, 2),
    idleTimeout: fc.constantFrom(Infinity, Infinity, 0, 20, 300),
    maxLifetime: fc.constantFrom(Infinity, Infinity, 15, 400),
    maxUses: fc.constantFrom(Infinity, Infinity, 1, 3),
    validate: fc.boolean(),
    validateAfter: fc.constantFrom(0, 0, 10),
    reset: fc.constantFrom(false, false, true),
    isFatal: fc.constantFrom('none' as const, 'says yes' as const, 'says yes' as const, 'throws' as const),
    maxPending: fc.constantFrom(10_000, 10_000, 0, 2),
    maxOpening: fc.constantFrom(16, 1, 2),
    acquireTimeout: fc.constantFrom(30_000, 60),
    connectTimeout: fc.constantFrom(10_000, 40 + endOfConnect),
    closeTimeout: fc.constantFrom(5_000 + endOfUnwanted, 30 + endOfUnwanted),
    cancelTimeout: fc.constantFrom(5_000 + endOfCancelled, 25 + endOfCancelled),
    retryDelay: fc.constantFrom({ initial: 50, max: 5_000 }, { initial: 5, max: 10 }, { initial: 0, max: 0 }),
    breaker: fc.constantFrom({ failures: 5, probeAfter: 1_000 }, { failures: 2, probeAfter: 20 }, false as const),
    onCancel: fc.constantFrom('release' as const, 'discard' as const, 'clean' as const),
    connector: fc.constantFrom('observable' as const, 'observable' as const, 'promise' as const),
    close: fc.boolean(),
    die: fc.constantFrom(0, 0.5, 0.999),
    stepped: fc.boolean(),
    calm: fc.boolean(),
    crowd: fc.constantFrom(0, 0, 1, 3, 5),
    listens: fc.boolean(),
    shortcuts: fc.boolean(),
  })
  .map((options) => ({
    ...options,
    min: Math.min(options.min, options.max),
    lifetimeJitter: 0,
    close: options.close || options.connector === 'promise',
  }));

const pick = fc.nat({ max: 7 });
const waits = fc.constantFrom(Infinity, Infinity, 1_000, 30, 5, 0);
const works = fc.constantFrom(
  'manual' as const,
  'manual' as const,
  'instant' as const,
  'failing' as const,
  'throwing' as const,
  'promise' as const,
  'resolved' as const,
  'rejected' as const,
);
const endPlans = fc.constantFrom(
  'manual' as const,
  'empty' as const,
  'at once' as const,
  'throws' as const,
  'fails' as const,
);
const patience = fc.constantFrom(0, 20 + endOfPatience, 500 + endOfPatience, Infinity);

const resize = fc.integer({ min: 1, max: 4 }).map((max): Action => ({ do: 'resize', max }));

/** Each with the given weight, at a random candidate. */
const atPick: Record<AtPick, number> = {
  open: 10,
  release: 8,
  finish: 8,
  leave: 6,
  fail: 2,
  'fail fatally': 2,
  discard: 2,
  emit: 2,
  refuse: 3,
  end: 1,
  'open late': 3,
  'refuse late': 1,
  lose: 3,
  break: 1,
  'emit more': 1,
  'finish close': 3,
  'fail close': 1,
  'finish clean': 3,
  'fail clean': 1,
  'finish check': 5,
  'refuse check': 1,
  'fail check': 1,
  'release again': 2,
  'discard again': 1,
  unwatch: 1,
};

const picked = Object.entries(atPick).map(([name, weight]) => ({
  weight,
  arbitrary: pick.map((at): Action => ({ do: name as AtPick, pick: at })),
}));

/** What is done inside a callback. */
const reentrant: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom<Action>({ do: 'release self' }, { do: 'release self' }, { do: 'leave self' }),
  fc.constantFrom<Action>({ do: 'discard self' }, { do: 'lose self' }, { do: 'leave self' }),
  fc.record({ do: fc.constant('acquire' as const), timeout: waits }),
  fc.record({ do: fc.constant('use' as const), work: works, timeout: waits }),
  fc.oneof(...picked),
  { weight: 2, arbitrary: resize },
  { weight: 2, arbitrary: fc.constant<Action>({ do: 'refresh' }) },
  { weight: 1, arbitrary: patience.map((timeout): Action => ({ do: 'destroy', timeout })) },
);

const reaction: fc.Arbitrary<Reaction | undefined> = fc.option(
  fc.record({
    at: fc.constantFrom('granted' as const, 'granted' as const, 'value' as const, 'end' as const),
    action: reentrant,
  }),
  { nil: undefined, freq: 2 },
);
const reactionWhenCalled: fc.Arbitrary<Reaction | undefined> = fc.option(
  fc.record({ at: fc.constant('called' as const), action: reentrant }),
  { nil: undefined, freq: 2 },
);

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant('acquire' as const), timeout: waits, reaction }) },
  { weight: 16, arbitrary: fc.record({ do: fc.constant('use' as const), work: works, timeout: waits, reaction }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('subscribe' as const), reaction }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('watch' as const), reaction: reactionWhenCalled }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('warm up' as const), count: fc.integer({ min: 0, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('connect as' as const),
      plan: fc.constantFrom(
        'opens' as const,
        'opens' as const,
        'fails' as const,
        'throws' as const,
        'ends' as const,
        'flashes' as const,
        'manual' as const,
      ),
      reaction: reactionWhenCalled,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('close as' as const), plan: endPlans, reaction: reactionWhenCalled }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('clean as' as const), plan: endPlans, reaction: reactionWhenCalled }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('validate as' as const, 'validate as' as const, 'reset as' as const),
      plan: fc.oneof(
        endPlans,
        fc.constantFrom('manual' as const, 'manual' as const, 'resolved' as const, 'says no' as const),
      ),
      reaction: reactionWhenCalled,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.constantFrom(0, 0, 1, 5, 10, 50, 200, 2_000).map((ms): Action => ({ do: 'pass', ms })),
  },
  { weight: 3, arbitrary: resize },
  { weight: 2, arbitrary: fc.constant<Action>({ do: 'refresh' }) },
  // Rarely: after it little is left to happen.
  { weight: 1, arbitrary: patience.map((timeout): Action => ({ do: 'destroy', timeout })) },
  ...picked,
);

const replayPath = process.env['FC_REPLAY'];

export const histories = fc.commands<World, World, false>([actions.map((action) => new Step(action))], {
  size: 'max',
  maxCommands: 120,
  ...(replayPath === undefined ? {} : { replayPath }),
});
