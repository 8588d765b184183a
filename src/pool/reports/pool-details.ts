import type { Slot } from '../state/claim-and-slot';
import type { Holder } from './holders';

/** The current state of a connection. */
export type ConnectionPhase = 'opening' | 'idle' | 'lent' | 'validating' | 'resetting' | 'closing';

/** The state of each connection, which the stats only count, and that of the first waiter and of the connects. Times in ms. */
export interface PoolDetails {
  /** `since`: how long it has been opening, idle or closing; undefined in the other phases, for which no time is recorded. */
  readonly connections: readonly {
    readonly connection: number;
    readonly phase: ConnectionPhase;
    readonly since: number | undefined;
  }[];
  /** How long the first waiter has waited; 0 if no caller waits. */
  readonly oldestWait: number;
  /** The number of failed connects in a row, the last error, and the phase that failed. */
  readonly attempts: number;
  readonly lastFailure: unknown;
  readonly failedPhase: 'open' | 'validate';
  /** The time until the next connect may begin; 0: now. */
  readonly nextConnectIn: number;
  /** Leases that were garbage-collected without a release: their number since the pool was created, and the last ten, the newest last. */
  readonly abandoned: { readonly count: number; readonly last: readonly Holder[] };
}

export function phaseOf<C>(slot: Slot<C>, now: number): PoolDetails['connections'][number] {
  const { id: connection, state } = slot;
  if (state === 'opening') return { connection, phase: state, since: Math.max(0, now - slot.connectingSince) };
  if (state === 'closing') return { connection, phase: state, since: Math.max(0, now - slot.closingSince) };
  const { checking } = slot;
  if (checking !== null) {
    return { connection, phase: checking === 'validate' ? 'validating' : 'resetting', since: undefined };
  }
  if (slot.holders.size > 0) return { connection, phase: 'lent', since: undefined };
  return { connection, phase: 'idle', since: Math.max(0, now - slot.idleSince) };
}
