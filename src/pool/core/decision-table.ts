import { overloaded, poolDestroyed, queueFull, targetDown } from '../reports/error-texts';
import type { Actions } from './actions';

/** One decision: it is due `when` this holds, and `take` carries it out. With `false`, `take` had nothing to do, and the next row is tried. */
export interface Row {
  readonly when: (core: Actions<unknown>) => boolean;
  readonly take: (core: Actions<unknown>) => boolean | void;
}

/** In every state of the pool, before anything else. */
const always = {
  closeConnection: {
    when: ({ connections }) => connections.anyToClose,
    take: (core) => core.closeNext(),
  },
  grantHandedOver: {
    when: ({ handedOver }) => handedOver.length > 0,
    take: (core) => core.grantHandedOver(),
  },
} satisfies Record<string, Row>;

/** From the call of `destroy`. */
const shutdown = {
  endDeferral: {
    when: ({ queue }) => queue.anyDeferred,
    take: ({ queue }) => queue.endDeferral(),
  },
  rejectWaiter: {
    when: ({ queue }) => queue.first !== null,
    take: (core) => core.reject(core.queue.first!, poolDestroyed(core.name)),
  },
  rejectWarmUps: {
    when: ({ warmUps }) => warmUps.any,
    take: (core) => core.endWarmUps(poolDestroyed(core.name)),
  },
  closeIdle: {
    when: ({ shutdown: { isIdleClosed } }) => !isIdleClosed,
    take: (core) => core.closeIdle(),
  },
  closeActive: {
    when: ({ shutdown: { isGraceOver } }) => isGraceOver,
    take: (core) => core.closeActive(),
  },
  finishDestroy: {
    when: ({ state, connections, lossGrace }) => state === 'draining' && connections.isEmpty && lossGrace === 0,
    take: (core) => core.finishDestroy(),
  },
} satisfies Record<string, Row>;

/** While the pool is open. */
const open = {
  resetConnection: {
    when: ({ connections }) => connections.anyToReset,
    take: (core) => core.resetNext(),
  },
  withdrawUnsubscribed: {
    when: ({ queue }) => queue.first?.isUnsubscribed === true,
    take: (core) => core.withdraw(core.queue.first!),
  },
  serveWaiter: {
    when: (core) => core.queue.first !== null && core.nextToLend() !== null,
    take: (core) => core.serve(core.queue.first!, core.nextToLend()!),
  },
  closeSurplus: {
    when: ({ connections }) => connections.isOverMax,
    take: (core) => core.closeSurplus(),
  },
  evictKept: {
    when: ({ evictions }) => evictions.isKeptDue,
    take: ({ evictions }) => evictions.evictKept(),
  },
  openConnection: {
    when: (core) => core.connectDue() === 0,
    take: (core) => core.openConnection(),
  },
  endWarmUps: {
    when: ({ warmUps }) => warmUps.any,
    take: (core) => core.endWarmUps(),
  },
  failWarmUps: {
    when: (core) => core.warmUps.any && core.isRefusing,
    take: (core) => core.canReject() && core.endWarmUps(targetDown(core.diagnostics.diagnose())),
  },
  failWaiter: {
    when: (core) => core.queue.pending > 0 && core.connections.total === 0 && core.isRefusing,
    take: (core) => core.canReject() && core.rejectFirst(targetDown(core.diagnostics.diagnose())),
  },
  rejectNewest: {
    when: ({ queue, options, connections }) => queue.pending > options.maxPending + connections.pendingCapacity,
    take: (core) => core.canRejectNewest() && core.rejectNewest((at) => queueFull(at, core.options.maxPending)),
  },
  shedFirst: {
    when: ({ loadShedder }) => loadShedder?.shouldShed() === true,
    take: (core) => core.shedFirst(overloaded),
  },
} satisfies Record<string, Row>;

/**
 * The decision table: what the pool does next. A step of the drain loop takes the first row that is due: of `always`, then of `open` or, from the
 * call of `destroy`, of `shutdown`. The loop ends when no row is due.
 */
export const decisionTable = { always, open, shutdown };
