import { isPoolError } from '../pool/errors';

/**
 * How an operation can end: it `succeeded`; its work `failed`; it `timedOut` waiting for a connection, or was `rejected` (the queue was full
 * or overloaded, or the pool destroyed); there was `noConnection`; its connection was `lost` during the work; or it was `unfinished` when the
 * run ended.
 */
export type Outcome = 'succeeded' | 'failed' | 'timedOut' | 'rejected' | 'noConnection' | 'lost' | 'unfinished';

export const outcomes = [
  'succeeded',
  'failed',
  'timedOut',
  'rejected',
  'noConnection',
  'lost',
  'unfinished',
] as const satisfies readonly Outcome[];

/** The outcome that an error means. `wasLent`: the operation had a connection. Work may fail with errors of other pools. */
export function outcomeOf(error: unknown, pool: string, wasLent: boolean): Outcome {
  if (!isPoolError(error) || error.pool !== pool) return 'failed';
  if (wasLent) return error.code === 'CONNECTION_FAILED' && error.phase === 'use' ? 'lost' : 'failed';
  if (error.code === 'CONNECTION_FAILED') return 'noConnection';
  return error.code === 'POOL_EXHAUSTED' && error.reason === 'timeout' ? 'timedOut' : 'rejected';
}
