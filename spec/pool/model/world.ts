import { isPoolError } from '../../../src';
import type { ConnectionPool } from '../../../src';
import { createLastingPool as createPool } from '../../helpers/lasting-pool';
import { turnShortcutsOff } from '../../helpers/shortcuts';
import { EventLedger } from '../event-ledger';
import { brokenAtRest, brokenSums } from '../invariants';
import { Callers } from './callers';
import { Checks } from './checks';
import type { Action, React, Self } from './actions';
import { picks } from './picks';
import { PoolModel } from './pool-model';
import { ScriptedTarget } from './scripted-target';
import type { Wire } from './scripted-target';
import type { ModelOptions } from './shapes';
import { VirtualClock } from './virtual-clock';
import { Watchers } from './watchers';

export interface WorldOptions extends ModelOptions {
  /** The constant result of the random source. */
  readonly die: number;
  /** Promises call back inside the call that settles them, so that nothing has to be awaited. */
  readonly stepped: boolean;
  readonly lifetimeJitter: 0;
  /** In the end every caller leaves, before the pool is destroyed. */
  readonly calm: boolean;
  /** The number of leases that are held before anything else happens, with all connections open; 0 is a cold pool. */
  readonly crowd: number;
  /** Whether there is a subscriber to the events: it must make no difference. */
  readonly listens: boolean;
  /** Whether the drain loop uses its shortcuts: it must make no difference. */
  readonly shortcuts: boolean;
}

/** The depth of nested callbacks from which no reaction happens: work that emits inside the `next` of what it emits has no end. */
const deepest = 6;

/**
 * A real pool on a virtual clock, its callers and its target, which all follow commands, and a model that observes everything.
 * After every action `rest()` compares the two.
 */
export class World {
  readonly model: PoolModel;
  readonly clock: VirtualClock;
  readonly target: ScriptedTarget;
  readonly callers: Callers;
  readonly watchers: Watchers;
  readonly checks: Checks;
  readonly pool: ConnectionPool<Wire>;
  /** The promise of the first `destroy`. */
  destroyed: Promise<void> | null = null;

  private readonly ledger: EventLedger | null;
  private destroyedResolved = false;
  private warmUps = 0;

  constructor(options: WorldOptions) {
    this.model = new PoolModel(options);
    this.clock = new VirtualClock((now) => {
      this.model.timeIs(now);
    });
    this.target = new ScriptedTarget(this.model, options.stepped, this.react);
    this.callers = new Callers(this.model, options.stepped, this.react);
    this.checks = new Checks(this.model, this.react);
    this.watchers = new Watchers(this.model, this.react);
    const {
      stepped: _,
      crowd: _crowd,
      calm: _calm,
      listens,
      shortcuts,
      die,
      connector,
      close,
      onCancel,
      isFatal,
      validate,
      reset,
      ...asTheyAre
    } = options;
    this.pool = createPool<Wire>({
      ...asTheyAre,
      connect: this.target.connect,
      close: close ? this.target.close : undefined,
      lost: connector === 'promise' ? this.target.loss : undefined,
      onCancel: onCancel === 'clean' ? this.callers.clean : onCancel,
      isFatal: isFatal === 'none' ? undefined : this.callers.isFatal,
      validate: validate ? this.checks.validate : undefined,
      reset: reset ? this.checks.reset : undefined,
      // The ledger knows its rule; the model does not predict it.
      outlier: false,
      scheduler: this.clock,
      random: () => die,
    });
    if (!shortcuts) turnShortcutsOff(this.pool);
    this.ledger = listens ? new EventLedger(this.pool, options) : null;
  }

  // ---------------------------------------------------------------- actions

  can(action: Action): boolean {
    if ('pick' in action) return picks[action.do].among(this).length > 0;
    return action.do !== 'warm up' || action.count <= this.model.max;
  }

  /** Does nothing when there is no candidate. */
  perform(action: Action, self: Self = {}): void {
    const { model, pool, callers, target, watchers, clock } = this;
    if (model.depth === 0) model.newTask();
    else model.quiet = false;
    model.note(action);
    switch (action.do) {
      case 'acquire':
        callers.acquire(pool, action.timeout, action.reaction);
        break;
      case 'use':
        callers.use(pool, action.work, action.timeout, action.reaction);
        break;
      case 'subscribe':
        if (!model.isUnsettled) callers.subscribe(pool, action.reaction);
        break;
      case 'watch':
        watchers.watch(pool, action.reaction);
        break;
      case 'warm up':
        this.warmUp(action.count);
        break;
      case 'connect as':
        target.connectPlans.push(action);
        break;
      case 'close as':
        target.closePlans.push(action);
        break;
      case 'clean as':
        callers.cleanPlans.push(action);
        break;
      case 'resize':
        this.whileOpen(
          () => model.resizes(action.max),
          () => pool.resize(action.max),
        );
        if (model.depth === 0) model.decidesWhoGoes();
        break;
      case 'refresh':
        this.whileOpen(
          () => model.refreshes(),
          () => pool.refresh(),
        );
        break;
      case 'validate as':
        this.checks.plans.validate.push(action);
        break;
      case 'reset as':
        this.checks.plans.reset.push(action);
        break;
      case 'destroy':
        this.destroy(action.timeout);
        break;
      case 'pass':
        clock.pass(action.ms);
        break;
      case 'leave self':
        if (self.caller !== undefined) callers.leave(self.caller);
        break;
      case 'release self':
        if (self.lease !== undefined) callers.giveBack(self.lease, 'release');
        break;
      case 'discard self':
        if (self.lease !== undefined) callers.giveBack(self.lease, 'discard');
        break;
      case 'lose self':
        if (self.connect !== undefined && target.opened.includes(self.connect)) target.lose(self.connect, 'complete');
        break;
      default: {
        const { among, does } = picks[action.do];
        const ids = among(this);
        if (ids.length > 0) does(this, ids[action.pick % ids.length]!);
      }
    }
  }

  private readonly react: React = (at, reaction, self) => {
    const { model } = this;
    if (reaction?.at !== at || model.depth > deepest) return;
    const unsettles = reaction.action.do === 'resize' || model.isBeingResized;
    if (!unsettles || !model.mustNotBeUnsettled) this.perform(reaction.action, self);
  };

  private warmUp(count: number): void {
    const id = this.warmUps++;
    this.model.warmsUp(id, count);
    this.pool.warmUp(count).then(
      () => {
        this.model.warmed(id);
      },
      (error: unknown) => {
        this.model.warmingFailed(id, error);
      },
    );
  }

  /** What a pool that is being destroyed rejects. */
  private whileOpen(told: () => void, does: () => void): void {
    const { model } = this;
    const { state } = model;
    if (state === 'open') told();
    try {
      does();
      model.check(state === 'open', 'it was not refused after destroy');
    } catch (error) {
      model.check(state !== 'open' && isPoolError(error, 'INVALID_POOL'), `it was refused: ${String(error)}`);
    }
  }

  private destroy(timeout: number): void {
    this.model.destroys(timeout);
    const promise = this.pool.destroy({ timeout });
    this.destroyed = promise;
    promise.then(
      () => {
        this.destroyedResolved = true;
      },
      (error: unknown) => {
        // Inside work that holds a connection, for whose end it would wait.
        if (this.destroyed === promise) this.destroyed = null;
        this.model.check(isPoolError(error, 'INVALID_POOL'), `destroy() rejected: ${String(error)}`);
      },
    );
  }

  // ---------------------------------------------------------------- comparison

  /** The pool has nothing left to decide: throws if anything is wrong. */
  rest(): void {
    const { model, clock } = this;
    const { stats } = this.pool;
    const nothingIsDue = clock.next > clock.now();
    model.looksAtLine();
    for (const sentence of brokenSums(stats, model.sums)) model.check(false, sentence);
    for (const sentence of brokenAtRest(model, stats, nothingIsDue)) model.check(false, sentence);
    this.watchers.look(stats);
    this.callers.lookAtLeases();
    this.callers.lookAtSignals();
    this.lookAtHolders();
    this.ledger?.look(this.pool);
    for (const sentence of this.ledger?.violations ?? []) model.check(false, sentence);
    if (stats.state === 'destroyed' && nothingIsDue) {
      // A promised connection that arrived after the end is still closed in time.
      const strays = model.connections.filter(({ stray, state }) => stray && state === 'closing').length;
      model.check(clock.pending <= strays, `${clock.pending} timers are left after destroy`);
    }
    // While there is no demand and no activity, one timer for all idle connections and one for all lifetimes are enough.
    const { idleTimeout, maxLifetime } = model.options;
    const forAll = Number(idleTimeout < Infinity) + Number(maxLifetime < Infinity);
    const isQuiet = nothingIsDue && model.isQuiet;
    if (isQuiet) model.check(clock.pending <= forAll, `${clock.pending} timers are set while nothing goes on`);
    if (model.violations.length > 0) throw new Error(`${model.violations.join('\n')}\n${model.story}`);
  }

  /** The pool numbers its connections from 1, the model from 0, both in the order in which the connects began. */
  private lookAtHolders(): void {
    const held = this.model.leases.map(({ connection }) => connection.id + 1).sort((a, b) => a - b);
    const shown = this.pool.holders().map(({ connection }) => connection);
    shown.sort((a, b) => a - b);
    this.model.check(shown.join() === held.join(), `holders() shows ${shown.join()}, and held are ${held.join()}`);
  }

  /** At the end: everything that was begun has ended, once. */
  restForGood(): void {
    const { model, target } = this;
    model.check(model.callers.length === 0, `callers without an outcome: ${model.callers.map(({ id }) => id).join()}`);
    model.check(model.leases.length === 0, `leases that never ended: ${model.leases.length}`);
    model.check(target.leaked.length === 0, `connections that were not closed just once: ${target.leaked.join()}`);
    model.check(this.pool.stats.state === 'destroyed', 'the pool is not destroyed');
    model.check(this.clock.pending === 0, `${this.clock.pending} timers are left`);
    this.rest();
  }

  /** Lets promises settle, where they are real. */
  async settle(): Promise<void> {
    const { history } = this.model;
    for (let quietTurns = 0; quietTurns < 4; quietTurns++) {
      const before = history.length;
      this.model.letStreamsRest();
      await Promise.resolve();
      if (history.length > before) quietTurns = -1;
    }
    if (this.destroyed === null) return;
    const done = this.pool.stats.state === 'destroyed';
    this.model.check(this.destroyedResolved === done, 'destroy resolves when all is closed, and not before');
  }
}
