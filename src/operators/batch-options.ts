import { InvalidConfigError } from '../pool/errors';
import { notACount, shown } from '../pool/options';

/** How a batch runs. */
export interface BatchOptions {
  /**
   * Tasks at a time. Default, and at the most: as many leases as the pool of the tasks can lend. Must be given for
   * inners that are no tasks of `withConnection`.
   */
  concurrency?: number | undefined;
  /** Outcomes in the order of the source, not as they come. Holds back what overtakes. Default `false`. */
  ordered?: boolean | undefined;
  /** After the first failure start no more, and let what runs end. Default `false`. */
  stopOnError?: boolean | undefined;
}

export interface ResolvedBatchOptions {
  readonly concurrency: number | undefined;
  readonly ordered: boolean;
  readonly stopOnError: boolean;
}

/**
 * Fills in the defaults, or throws an `InvalidConfigError`: a `mergeMap` of 0 or NaN would never say anything. Options named by `more`
 * are for the caller to look at.
 */
export function resolveBatchOptions(
  operator: string,
  given: number | BatchOptions = {},
  more: readonly string[] = [],
): ResolvedBatchOptions {
  const options: unknown = typeof given === 'number' ? { concurrency: given } : given;
  const issues: string[] = [];
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    issues.push(`concurrency must be a positive integer or Infinity, but got ${shown(given)}`);
  } else {
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue;
      if (name === 'concurrency') issues.push(...[notACount(name, value, { infinite: true }) ?? []].flat());
      else if (more.includes(name)) continue;
      else if (name !== 'ordered' && name !== 'stopOnError') {
        const names = ['concurrency', 'ordered', 'stopOnError', ...more];
        issues.push(`${name} is not an option; the options are ${names.join(', ')}`);
      } else if (typeof value !== 'boolean') issues.push(`${name} must be true or false, but got ${shown(value)}`);
    }
  }
  if (issues.length > 0) throw new InvalidConfigError('pool', `${operator} cannot run`, issues);
  const { concurrency, ordered = false, stopOnError = false } = options as BatchOptions;
  return { concurrency, ordered, stopOnError };
}
