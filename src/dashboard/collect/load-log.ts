import type { Histogram } from '../../pool/metrics/histogram';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolTimings } from '../../pool/metrics/timings';
import type { PoolStats } from '../../pool/rx/stats';
import type { LoadRecording } from '../../stress/record-load';

/** In ms: a part of the log, which is dropped as a whole. */
const partLength = 30_000;
const parts = 10;
/** Arrivals that are kept: as many as are simulated within some seconds. */
const mostArrivals = 60_000;
/** Arrivals of one period that are made up: each takes some of the time of the pool's own thread. */
const mostUnseen = 20_000;

interface Part {
  readonly begin: number;
  readonly arrivals: number[];
  readonly before: PoolTimings;
  readonly stats: PoolStats;
  lost: number;
}

/** What was asked of a pool in the last minutes, as `recordLoad` records it. */
export class LoadLog {
  private readonly log: Part[] = [];
  /** Arrivals of the period that have been seen. */
  private seen = 0;
  private asked: number;

  constructor(
    stats: PoolStats,
    timings: PoolTimings,
    private readonly random: () => number,
  ) {
    this.asked = askedOf(stats);
    this.begin(stats, timings);
  }

  add(event: PoolEvent): void {
    const part = this.log.at(-1)!;
    switch (event.type) {
      case 'acquired':
      case 'timedOut':
        this.arrived(part, event.at - event.waited);
        break;
      case 'rejected':
        this.arrived(part, event.at);
        break;
      case 'evicted':
        if (event.reason === 'lost') part.lost++;
    }
  }

  /** Ends a period. `unseen`: from when on events were not looked at; callers that came since are taken to have come at random. */
  cut(stats: PoolStats, timings: PoolTimings, unseen: number | null): void {
    const asked = askedOf(stats);
    const missing = unseen === null ? 0 : asked - this.asked - this.seen;
    if (missing > 0) this.fill(missing, unseen!, stats.at);
    this.asked = asked;
    this.seen = 0;
    if (stats.at - this.log.at(-1)!.begin >= partLength) this.begin(stats, timings);
    while (this.log.length > 2 && (this.log.length > parts || this.size > mostArrivals)) this.log.shift();
  }

  /** What was asked since the oldest part began; undefined while that is nothing. */
  recording(stats: PoolStats, timings: PoolTimings): LoadRecording | undefined {
    const [first] = this.log as [Part];
    const all = Float64Array.from(this.log.flatMap(({ arrivals }) => arrivals)).sort();
    const cut = all.length > mostArrivals;
    const times = all.subarray(Math.max(0, all.length - mostArrivals));
    if (times.length === 0) return undefined;
    const beginning = cut ? times[0]! : Math.min(first.begin, times[0]!);
    return {
      version: 1,
      duration: Math.max(stats.at, times[times.length - 1]!) - beginning,
      arrivals: Array.from(times, (at) => Math.round((at - beginning) * 100) / 100),
      use: since(timings.use, first.before.use),
      open: since(timings.open, first.before.open),
      openFailures: stats.openFailures - first.stats.openFailures,
      lost: this.log.reduce((sum, { lost }) => sum + lost, 0),
      truncated: cut,
    };
  }

  /** Adds a number of callers that were not seen. Of a very busy pool the last of them are load enough, and the log begins with those. */
  private fill(missing: number, from: number, to: number): void {
    const kept = Math.min(missing, mostUnseen);
    const begin = to - ((to - from) * kept) / missing;
    if (kept < missing) this.log.splice(0, this.log.length, { ...this.log.at(-1)!, begin, arrivals: [] });
    const part = this.log.at(-1)!;
    for (let i = 0; i < kept; i++) this.arrived(part, begin + this.random() * (to - begin));
  }

  private begin(stats: PoolStats, before: PoolTimings): void {
    this.log.push({ begin: stats.at, arrivals: [], before, stats, lost: 0 });
  }

  private get size(): number {
    return this.log.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
  }

  private arrived(part: Part, at: number): void {
    this.seen++;
    // One part alone may be too much.
    if (part.arrivals.length < 2 * mostArrivals) part.arrivals.push(at);
  }
}

const askedOf = ({ acquired, timeouts, rejected }: PoolStats): number => acquired + timeouts + rejected;

/** Of a pool whose leases all last longer than the log there is only what came before: better that than nothing. */
function since(now: Histogram, before: Histogram): Histogram {
  const recent = now.minus(before);
  return recent.count > 0 ? recent : now;
}
