import type { Slot } from '../state/claim-and-slot';

/** What a connection is doing. */
export type ConnectionPhase = 'opening' | 'idle' | 'lent' | 'validating' | 'resetting' | 'closing';

/** What the stats only count, one by one; and what is known of the waits and the connects. Times in ms. */
export interface CloseUp {
  /** `since`: how long it has been opening, idle or closing; undefined where that is not kept. */
  readonly connections: readonly {
    readonly connection: number;
    readonly phase: ConnectionPhase;
    readonly since: number | undefined;
  }[];
  /** How long the first caller in the queue has waited; 0 where none waits. */
  readonly oldestWait: number;
  /** Connects that failed in a row, what the last one failed with, and in what. */
  readonly attempts: number;
  readonly lastFailure: unknown;
  readonly failedPhase: 'open' | 'validate';
  /** When the next connect may begin; 0 is now. */
  readonly nextConnectIn: number;
}

export function phaseOf<C>(slot: Slot<C>, now: number): CloseUp['connections'][number] {
  const { id: connection, state } = slot;
  if (state === 'opening' || state === 'closing') {
    return { connection, phase: state, since: Math.max(0, now - slot.since) };
  }
  const { checking } = slot;
  if (checking !== null) {
    return { connection, phase: checking === 'validate' ? 'validating' : 'resetting', since: undefined };
  }
  if (slot.holders.size > 0) return { connection, phase: 'lent', since: undefined };
  return { connection, phase: 'idle', since: Math.max(0, now - slot.idleSince) };
}
