import { Observable } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import { InvalidConfigError } from '../pool/errors';
import { internalsOf } from '../pool/rx/internals';
import { describeValue } from '../pool/values/describe';
import { resolveLoad } from './options';
import type { StressOptions } from './options';
import type { StressReport } from './report';
import { runLoad } from './run-load';

/**
 * Puts a load on a pool and reports the result. Cold: each subscription is a run. Emits a report at once and every `interval`; the last value
 * is the report of the whole run. Unsubscribing cancels operations in flight. The pool stays open, unless `destroy` is given.
 *
 * There are two kinds of load. With `workers` alone each worker does one operation after the other as fast as it can: that measures the
 * throughput of the pool. With `rate` operations arrive independently of how fast earlier ones end: that measures how long callers wait. Latency
 * counts from the planned start, so that a pool that stalls cannot hide it.
 *
 * ```
 * interval 3   ---------------
 * operations   abcdefghijkl
 * reports      r--r--r--r---(r|)
 * ```
 *
 * ```ts
 * const report = await lastValueFrom(
 *   stressTest(pool, {
 *     rate: 500,
 *     duration: 30_000,
 *     warmup: 2_000,
 *     work: (node) => node.call('word_count', 'to be or not to be'),
 *     thresholds: ['wait.p99<20ms', 'errors<1%'],
 *   }),
 * );
 * console.log(report.verdict, report.passed);
 * ```
 *
 * Throws an `InvalidConfigError` that names every invalid option at once. The Observable errors only if the load itself is not valid, such as
 * a trace that goes back in time. Failures in the pool or in `work` are in the report.
 */
export function stressTest<C>(pool: ConnectionPool<C>, options: StressOptions<C>): Observable<StressReport> {
  if (internalsOf(pool) === undefined) {
    throw new InvalidConfigError('pool', 'stressTest was called with a wrong pool', [
      `the first argument must be a pool made by createPool, but got ${describeValue(pool)}`,
    ]);
  }
  const load = resolveLoad(pool.name, options);
  return new Observable((subscriber) => runLoad(pool, load()).subscribe(subscriber));
}
