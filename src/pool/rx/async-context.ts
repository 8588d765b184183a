import type { Context, Contexts } from '../state/context';
import type { Clock } from '../time/clock';
import { builtinModule } from './builtin-module';
import { InvalidConfigError } from '../errors';
import { describeValue } from '../values/describe';
import { reportUnhandled } from './report-unhandled';

/**
 * Carries the async context of a caller across its wait. Called in the context of a caller that begins to wait (`'caller'`), and once when
 * the pool is created (`'pool'`), for the timers and the connections, which belong to no caller. Returns a function that enters that context
 * later: it must call `run` once, before it returns. Returns null if there is no context to enter.
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

/** The part of zone.js that is used where it exists. */
interface HostGlobals {
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
const host = globalThis as HostGlobals;

const hooks = builtinModule('node:async_hooks') as AsyncHooks | undefined;

/** Made when this module is loaded: the pool itself may be created inside the first request. */
const stores = storesOf(hooks);

/** The contexts that the option `context` selects; null if none is carried. */
export function contextsOf(name: string, option: false | ContextCarrier | undefined): Contexts | null {
  if (option === false) return null;
  if (option !== undefined) return carriedContexts(name, option);
  const zones = host.Zone?.root === undefined ? null : carriedContexts(name, zoneCarrier);
  return stores !== null && zones !== null ? both(stores, zones) : (stores ?? zones);
}

/** The contexts of `AsyncLocalStorage`, whose `outside` is the current one; null where there is no `AsyncLocalStorage`. */
export function storesOf(hooks: AsyncHooks | undefined): Contexts | null {
  if (hooks === undefined) return null;
  const { AsyncResource } = hooks;
  return { outside: new AsyncResource(type), capture: () => new AsyncResource(type) };
}

function zoneCarrier(of: 'caller' | 'pool'): Enter {
  const { Zone } = host;
  const zone = of === 'pool' ? Zone!.root! : Zone!.current;
  return (run) => {
    zone.run(run);
  };
}

function carriedContexts(name: string, carrier: ContextCarrier): Contexts {
  const outside: unknown = carrier('pool');
  if (outside !== null && typeof outside !== 'function') {
    throw new InvalidConfigError(name, `Pool '${name}' cannot be created`, [
      `context must return a function that calls its argument, or null, but returned ${describeValue(outside)}`,
    ]);
  }
  return {
    outside: outside === null ? noContext : new CarriedContext(outside as Enter),
    capture: () => captureBy(carrier),
  };
}

/** An error of the carrier is reported; the waiting caller is served without a context. */
function captureBy(carrier: ContextCarrier): Context | null {
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
    // Does nothing if `enter` has called it: a notification of the pool must not be lost.
    run();
    return valueOf<R>(outcome!);
  }
}

type Outcome<R> = { readonly value: R } | { readonly error: unknown };

/** The result or error of `fn`, so that no error passes through a carrier, which might swallow it. */
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

const noContext: Context = {
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

/** A clock whose timers are set outside of every caller's context: a timer keeps the context in which it was set. */
export function clockOutside(clock: Clock, contexts: Contexts | null): Clock {
  if (contexts === null) return clock;
  const { outside } = contexts;
  return {
    ...clock,
    after: (ms, callback, held) => outside.runInAsyncScope(() => clock.after(ms, callback, held)),
  };
}
