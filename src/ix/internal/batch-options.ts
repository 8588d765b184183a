import { resolveBatchOptions, resolveSequentialOptions } from '../../operators/internal/batch-options';
import type { BatchOptions, ResolvedBatchOptions } from '../../operators/internal/batch-options';
import { InvalidConfigError } from '../../pool/errors';
import { isSignal } from '../../pool/option-checks';
import { describeValue } from '../../pool/values/describe';

/** How a batch runs that is pulled. */
export interface PullBatchOptions extends BatchOptions {
  /**
   * Stops the batch when it is aborted: what runs is cancelled, and the pull fails with the signal's reason when all is back.
   */
  signal?: AbortSignal | undefined;
}

export interface ResolvedPullOptions extends ResolvedBatchOptions {
  readonly signal: AbortSignal | undefined;
}

export function resolvePullOptions(operator: string, given: number | PullBatchOptions = {}): ResolvedPullOptions {
  const options = resolveBatchOptions(operator, given, ['signal']);
  const signal = typeof given === 'number' ? undefined : (given as PullBatchOptions | null)?.signal;
  if (signal === undefined || isSignal(signal)) return { ...options, signal };
  throw new InvalidConfigError('pool', `${operator} cannot run`, [
    `signal must be an AbortSignal, but got ${describeValue(signal)}`,
  ]);
}

/** `batchSequential` has nothing to choose but when to stop, and how long to wait. */
export function resolvePullSequential(
  operator: string,
  options: Pick<PullBatchOptions, 'signal' | 'patience'> | undefined,
): ResolvedPullOptions {
  resolveSequentialOptions(operator, options, ['patience', 'signal']);
  return resolvePullOptions(operator, options);
}
