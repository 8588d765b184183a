import { Observable, Subscriber } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import type { PoolEvent } from '../pool/reports/events';
import { Histogram } from '../pool/metrics/histogram';
import { countIssue } from '../pool/option-checks';
import { describeValue } from '../pool/values/describe';

/** The load on a pool in production, and its timings: plain data for `JSON.stringify`. Times in ms. */
export interface LoadRecording {
  /** The schema of the recording. */
  readonly version: 1;
  /** From the first to the last event. */
  readonly duration: number;
  /** When leases were requested, since the beginning, in order: a value for the option `arrivals` of a load. */
  readonly arrivals: readonly number[];
  /** How long leases were held, and how long successful connects took. */
  readonly use: Histogram;
  readonly open: Histogram;
  /** Connects that failed, and connections that were lost. */
  readonly openFailures: number;
  readonly lost: number;
  /** Whether there were more requests than `limit`: then `arrivals` has the first ones, and `duration` ends with them. */
  readonly truncated: boolean;
}

/**
 * Makes a recording of the events of a pool, live or saved. `stressTest` replays it on another pool, `simulate` in virtual time. Emits once,
 * when the events complete.
 *
 * ```
 * events$      --a--r-a---r--|
 * recordLoad() --------------(x|)
 * ```
 *
 * ```ts
 * const recording = await lastValueFrom(pool.events$.pipe(takeUntil(timer(60_000)), recordLoad()));
 * await writeFile('friday.json', JSON.stringify(recording));
 * stressTest(another, { arrivals: recording.arrivals, work });
 * ```
 *
 * A request that timed out or was cancelled counts at the time at which it was made; a rejected one at the time of its rejection. Durations are
 * those that have passed, also if the date was changed meanwhile. Several pools are told apart by their names. `limit` is the maximum number of
 * arrivals (default 1 000 000, 8 MB).
 */
export function recordLoad({ limit = 1_000_000 }: { limit?: number | undefined } = {}): OperatorFunction<
  PoolEvent,
  LoadRecording
> {
  const issue = countIssue('limit', limit);
  if (issue !== null) throw new InvalidConfigError('pool', 'recordLoad was called with wrong options', [issue]);
  return (source) => new Observable((out) => source.subscribe(new Recorder(out, limit)));
}

/** A lease was asked for, whatever became of it. */
const arrivals: ReadonlySet<PoolEvent['type']> = new Set(['acquired', 'timedOut', 'cancelled', 'rejected'] as const);

class Recorder extends Subscriber<PoolEvent> {
  private readonly arrivals: number[] = [];
  private readonly use = new Histogram();
  private readonly open = new Histogram();
  private openFailures = 0;
  private lost = 0;
  private first = Infinity;
  private last = -Infinity;
  private truncated = false;
  /** For each pool, when it was created, by the date of its first event, and the last `elapsed`, which is less where the pool was created anew. */
  private readonly clocks = new Map<string, { readonly createdAt: number; last: number }>();

  constructor(
    private readonly out: Subscriber<LoadRecording>,
    private readonly limit: number,
  ) {
    super(out);
  }

  protected override _next(event: PoolEvent): void {
    if (typeof (event as Partial<PoolEvent> | null | undefined)?.at !== 'number') {
      const issue = `each value must be an event of a pool, but got ${describeValue(event)}`;
      this.error(new InvalidConfigError('pool', 'The source does not emit events of a pool', [issue]));
      return;
    }
    if (this.truncated) return;
    const isArrival = arrivals.has(event.type);
    if (isArrival && this.arrivals.length === this.limit) {
      this.truncated = true;
      return;
    }
    const time = this.timeOf(event);
    this.last = Math.max(this.last, time);
    this.first = Math.min(this.first, time);
    switch (event.type) {
      case 'acquired':
      case 'timedOut':
      case 'cancelled':
        this.arrivals.push(time - event.waited);
        break;
      case 'rejected':
        this.arrivals.push(time);
        break;
      case 'released':
      case 'discarded':
        this.use.record(event.held);
        break;
      case 'opened':
        this.open.record(event.took);
        break;
      case 'openFailed':
        this.openFailures++;
        break;
      case 'evicted':
        if (event.reason === 'lost') this.lost++;
    }
  }

  /** The date of an event, without changes of the system clock since the first event of the pool. */
  private timeOf({ pool, at, elapsed }: PoolEvent): number {
    if (typeof elapsed !== 'number') return at;
    let clock = this.clocks.get(pool);
    if (clock === undefined || elapsed < clock.last)
      this.clocks.set(pool, (clock = { createdAt: at - elapsed, last: elapsed }));
    clock.last = elapsed;
    return clock.createdAt + elapsed;
  }

  protected override _complete(): void {
    const { use, open, openFailures, lost, truncated } = this;
    const times = Float64Array.from(this.arrivals).sort();
    const beginning = Math.min(this.first, times[0] ?? Infinity);
    const duration = this.last >= beginning ? this.last - beginning : 0;
    const arrivals = Array.from(times, (at) => at - beginning);
    this.out.next({ version: 1, duration, arrivals, use, open, openFailures, lost, truncated });
    this.out.complete();
  }
}
