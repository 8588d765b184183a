import { InvalidConfigError } from '../../pool/errors';
import { countIssue, timeIssue } from '../../pool/option-checks';
import { describeValue } from '../../pool/values/describe';
import { readOptions } from '../../pool/values/read-options';
import { unknownOption } from '../../pool/values/unknown-option';

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
  /**
   * How long (ms) the batch holds tasks that were refused a connection because the target is unreachable; their work has not begun. Meanwhile
   * the batch starts no other task; when a connection can be lent again, it goes on with the held ones. When the time is over, they fail with
   * the error of the pool, and so does each task that is refused after them, at once, until a connection is lent. With 0 no task is held. A
   * task whose work has begun fails in any case. Default: the `acquireTimeout` of the pool.
   *
   * ```
   * target          up |  down for 2 s  | up
   * tasks           AB CD.................cdEF    C and D are held; A and B were at work, and fail
   * ```
   */
  patience?: number | undefined;
}

export interface ResolvedBatchOptions {
  readonly concurrency: number | undefined;
  readonly ordered: boolean;
  readonly stopOnError: boolean;
  readonly patience: number | undefined;
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
  const from: unknown = typeof given === 'number' ? { concurrency: given } : given;
  const names = ['concurrency', 'ordered', 'stopOnError', 'patience', ...more];
  const options = typeof from === 'object' && from !== null && !Array.isArray(from) ? readOptions(from, names) : null;
  const issues: string[] = [];
  if (options === null) {
    issues.push(`concurrency must be a positive integer or Infinity, but got ${describeValue(given)}`);
  } else {
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue;
      if (name === 'concurrency') issues.push(...[countIssue(name, value, { infinite: true }) ?? []].flat());
      else if (name === 'patience') issues.push(...[timeIssue(name, value) ?? []].flat());
      else if (more.includes(name)) continue;
      else if (name !== 'ordered' && name !== 'stopOnError') {
        issues.push(unknownOption(name, names));
      } else if (typeof value !== 'boolean')
        issues.push(`${name} must be true or false, but got ${describeValue(value)}`);
    }
  }
  if (issues.length > 0) throw new InvalidConfigError('pool', `${operator} cannot run`, issues);
  const { concurrency, ordered = false, stopOnError = false, patience } = options as unknown as BatchOptions;
  return { concurrency, ordered, stopOnError, patience };
}

/** `batchSequential` has less to choose. */
export function resolveSequentialOptions(
  operator: string,
  options: Pick<BatchOptions, 'patience'> | undefined,
  names: readonly string[],
): ResolvedBatchOptions {
  const odd =
    typeof options === 'object' && options !== null
      ? Object.keys(readOptions(options, names)).filter((name) => !names.includes(name))
      : [];
  if (odd.length === 0) return resolveBatchOptions(operator, options, names);
  throw new InvalidConfigError(
    'pool',
    `${operator} cannot run`,
    odd.map((name) => unknownOption(name, names)),
  );
}
