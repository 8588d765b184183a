import type { Clock } from '../time/clock';
import { InvalidConfigError } from '../errors';
import { describeValue } from '../values/describe';
import { reportUnhandled } from './report-unhandled';

/**
 * Carries the async context of a caller across its wait. Called in the context of a caller that begins to wait (`'caller'`), and once when
 * the pool is created (`'pool'`), for the timers and the connections, which belong to no caller. Returns what enters that context later: it
 * calls `run` once, before it returns; or null where there is nothing to enter.
 *
 * ```ts
 * // zone.js
 * context: (of) => {
 *   const zone = of === 'pool' ? Zone.root : Zone.current;
 *   return (run) => zone.run(run);
 * },
 * ```
 */
export type ContextCarrier = (of: 'caller' | 'pool') => ((run: () => void) => void) | null;

/** A context that can be entered: what an `AsyncResource` is. */
export interface Context {
  runInAsyncScope<R>(fn: () => R): R;
}

/** Where contexts come from. */
export interface Contexts {
  /** That of no caller. */
  readonly outside: Context;
  /** The one of now. */
  capture(): Context | null;
}

/** What there is of Node, and of zone.js, where they are. */
interface Surroundings {
  readonly process?: { readonly getBuiltinModule?: (id: string) => AsyncHooks | undefined };
  readonly Zone?: { readonly root?: Zone; readonly current: Zone };
}

interface AsyncHooks {
  readonly AsyncResource: new (type: string) => Context;
}

interface Zone {
  run(run: () => void): void;
}

type Enter = (run: () => void) => void;

const type = 'rxjs-connection-pool';
const surroundings = globalThis as Surroundings;

// Asked for by name: a bundle for browsers contains nothing of it, and needs no replacement for it.
const hooks = surroundings.process?.getBuiltinModule?.('node:async_hooks');

/** Of when this module was loaded: the pool itself may be created by the first request. */
const atLoad = hooks === undefined ? null : new hooks.AsyncResource(type);

/** The contexts by the option `context`; null where none is carried. */
export function contextsOf(name: string, option: false | ContextCarrier | undefined): Contexts | null {
  if (option === false) return null;
  if (option !== undefined) return carried(name, option);
  const zones = surroundings.Zone?.root === undefined ? null : carried(name, zoneCarrier);
  const stores = hooks === undefined || atLoad === null ? null : storesOf(hooks, atLoad);
  return stores !== null && zones !== null ? both(stores, zones) : (stores ?? zones);
}

/** Those of `AsyncLocalStorage`. */
function storesOf({ AsyncResource }: AsyncHooks, outside: Context): Contexts {
  return { outside, capture: () => new AsyncResource(type) };
}

function zoneCarrier(of: 'caller' | 'pool'): Enter {
  const { Zone } = surroundings;
  const zone = of === 'pool' ? Zone!.root! : Zone!.current;
  return (run) => {
    zone.run(run);
  };
}

function carried(name: string, carrier: ContextCarrier): Contexts {
  const outside: unknown = carrier('pool');
  if (outside !== null && typeof outside !== 'function') {
    throw new InvalidConfigError(name, `Pool '${name}' cannot be created`, [
      `context must return a function that calls what it is given, or null, but returned ${describeValue(outside)}`,
    ]);
  }
  return {
    outside: outside === null ? nowhere : new CarriedContext(outside as Enter),
    capture: () => captured(carrier),
  };
}

/** What is wrong with a carrier is reported: the caller that waits is served without it. */
function captured(carrier: ContextCarrier): Context | null {
  try {
    const enter = carrier('caller');
    return enter === null ? null : new CarriedContext(enter);
  } catch (error) {
    reportUnhandled(error);
    return null;
  }
}

class CarriedContext implements Context {
  constructor(private readonly enter: Enter) {}

  runInAsyncScope<R>(fn: () => R): R {
    let outcome: Outcome<R> | null = null;
    const run = (): void => {
      outcome ??= outcomeOf(fn);
    };
    try {
      this.enter(run);
    } catch (error) {
      reportUnhandled(error);
    }
    // Unless it was called: what the pool has to say must not be lost.
    run();
    return valueOf<R>(outcome!);
  }
}

type Outcome<R> = { readonly value: R } | { readonly error: unknown };

/** No error passes through a carrier, which might keep it. */
function outcomeOf<R>(fn: () => R): Outcome<R> {
  try {
    return { value: fn() };
  } catch (error) {
    return { error };
  }
}

function valueOf<R>(outcome: Outcome<R>): R {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

const nowhere: Context = {
  runInAsyncScope: (fn) => fn(),
};

function both(outer: Contexts, inner: Contexts): Contexts {
  return {
    outside: nested(outer.outside, inner.outside),
    capture: () => nested(outer.capture()!, inner.capture()!),
  };
}

function nested(outer: Context, inner: Context): Context {
  return {
    runInAsyncScope: (fn) => outer.runInAsyncScope(() => inner.runInAsyncScope(fn)),
  };
}

/** A clock whose timers are set outside of every caller's context: a timer keeps the one that it was set in. */
export function clockOutside(clock: Clock, contexts: Contexts | null): Clock {
  if (contexts === null) return clock;
  const { outside } = contexts;
  return {
    ...clock,
    after: (ms, callback, held) => outside.runInAsyncScope(() => clock.after(ms, callback, held)),
  };
}
