import { from } from 'rxjs';
import type { LoadRecording } from '../stress/record-load';
import { recordLoad } from '../stress/record-load';
import { Histogram } from '../pool/metrics/histogram';
import type { HistogramJSON } from '../pool/metrics/histogram';
import type { PoolEvent } from '../pool/reports/events';
import { show } from './show';

/** A recording of `recordLoad`, as it is or as its JSON. */
export type SavedRecording = Pick<LoadRecording, 'version' | 'duration' | 'arrivals' | 'openFailures' | 'lost'> & {
  readonly use: Histogram | HistogramJSON;
  readonly open: Histogram | HistogramJSON;
};

/** A request: times in ms. */
export interface ReplayedRequest {
  readonly at: number;
  /** How long the lease is held. */
  readonly holds: number;
  /** After which time the caller leaves the queue; `Infinity` for never. */
  readonly leavesAfter: number;
}

export interface ReplayedConnect {
  readonly takes: number;
  /** The error with which it fails; undefined if it opens. */
  readonly error?: unknown;
  /** The age at which the connection is lost. */
  readonly livesFor: number;
}

export interface ReplayPlan {
  readonly requests: readonly ReplayedRequest[];
  readonly connect: (index: number) => ReplayedConnect;
  readonly duration: number;
}

/** Reads a recording, or throws and says what it should be. */
export function planOf(recording: SavedRecording | readonly PoolEvent[], random: () => number): ReplayPlan {
  if (Array.isArray(recording)) return planOfEvents(recording as readonly PoolEvent[], random);
  const { version, arrivals, duration } = recording as Partial<SavedRecording>;
  if (version !== 1 || !Array.isArray(arrivals) || typeof duration !== 'number') {
    throw new TypeError(
      `replay takes a recording of recordLoad(), of 'rxjs-connection-pool/stress', or an array of events of a pool, but got ${show(recording)}`,
    );
  }
  const saved = recording as SavedRecording;
  const holds = durationsOf(readHistogram('use', saved.use), arrivals.length, random);
  return {
    requests: saved.arrivals.map((at, i) => ({ at, holds: holds[i]!, leavesAfter: Infinity })),
    connect: connectsOf(saved, random),
    duration,
  };
}

/** The duration of a lease whose end is not among the events, or that no caller got. */
const unknownHold = -1;

/** Events say more than a recording: which lease was held for how long, and which connect failed. */
function planOfEvents(events: readonly PoolEvent[], random: () => number): ReplayPlan {
  let recording: LoadRecording | undefined;
  let failure: unknown;
  from(events)
    .pipe(recordLoad({ limit: Number.MAX_SAFE_INTEGER }))
    .subscribe({ next: (made) => (recording = made), error: (error: unknown) => (failure = error) });
  if (recording === undefined) throw failure;
  const pools = [...new Set(events.map(({ pool }) => pool))];
  if (pools.length > 1) {
    throw new Error(
      `replay takes the events of one pool, but these are of ${pools.join(', ')}: filter them by event.pool`,
    );
  }
  const requests: { at: number; holds: number; leavesAfter: number }[] = [];
  const held = new Map<number, number[]>();
  const connects = new Map<number, ReplayedConnect>();
  let beginning = Infinity;
  for (const event of events) {
    beginning = Math.min(beginning, event.elapsed);
    const request = (waited: number, leavesAfter = Infinity): void => {
      const at = event.elapsed - waited;
      beginning = Math.min(beginning, at);
      requests.push({ at, holds: unknownHold, leavesAfter });
    };
    if (event.type === 'acquired') {
      const leases = held.get(event.connection);
      if (leases === undefined) held.set(event.connection, [requests.length]);
      else leases.push(requests.length);
      request(event.waited);
    } else if (event.type === 'released' || event.type === 'discarded') {
      const index = held.get(event.connection)?.shift();
      // Work that is cut off by the loss of its connection would have gone on.
      const cut = event.type === 'discarded' ? 1 : 0;
      if (index !== undefined) requests[index]!.holds = event.held + cut;
    } else if (event.type === 'timedOut') request(event.waited);
    else if (event.type === 'cancelled') request(event.waited, event.waited);
    else if (event.type === 'rejected') request(0);
    else if (event.type === 'opened') connects.set(event.connection, { takes: event.took, livesFor: Infinity });
    else if (event.type === 'openFailed') {
      connects.set(event.connection, { takes: 0, error: event.error, livesFor: Infinity });
    } else if (event.type === 'evicted' && event.reason === 'lost') {
      connects.set(event.connection, { takes: connects.get(event.connection)?.takes ?? 0, livesFor: event.age });
    }
  }
  const incomplete = requests.filter(({ holds }) => holds === unknownHold);
  const durations = durationsOf(recording.use, incomplete.length, random);
  incomplete.forEach((request, i) => (request.holds = durations[i]!));
  const further = connectsOf({ open: recording.open, openFailures: 0, lost: 0, duration: 0 }, random);
  const inOrder = [...connects].sort(([a], [b]) => a - b).map(([, connect]) => connect);
  return {
    requests: requests.map((one) => ({ ...one, at: one.at - beginning })).sort((a, b) => a.at - b.at),
    connect: (index) => inOrder[index] ?? further(index),
    duration: recording.duration,
  };
}

/**
 * As many durations as there are requests, which together are distributed exactly as the histogram, in a random order: of a hundred requests one
 * takes as long as the longest.
 */
function durationsOf(histogram: Histogram, count: number, random: () => number): number[] {
  const durations = new Array<number>(count).fill(0);
  // A percentile takes a pass over the buckets, and all values of one bucket have the same: it is taken once for each bucket.
  let covered = 0;
  let duration = 0;
  for (let i = 0; i < count && histogram.count > 0; i++) {
    const percent = ((i + 0.5) / count) * 100;
    if ((percent / 100) * histogram.count > covered) {
      duration = histogram.percentile(percent);
      // The last value of the last bucket is the exact maximum.
      covered = Math.min(histogram.countUpTo(duration), histogram.count - 1);
    }
    durations[i] = duration;
  }
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [durations[i], durations[other]] = [durations[other]!, durations[i]!];
  }
  return durations;
}

function connectsOf(
  { open, openFailures, lost, duration }: Pick<SavedRecording, 'open' | 'openFailures' | 'lost' | 'duration'>,
  random: () => number,
): ReplayPlan['connect'] {
  const histogram = readHistogram('open', open);
  const failing = openFailures / Math.max(1, openFailures + histogram.count);
  const losing = Math.min(1, lost / Math.max(1, histogram.count));
  return () => {
    const takes = histogram.count === 0 ? 0 : histogram.percentile(random() * 100);
    if (random() < failing)
      return { takes, error: new Error('the connect fails, as some did in the recording'), livesFor: Infinity };
    return { takes, livesFor: random() < losing ? random() * duration : Infinity };
  };
}

function readHistogram(name: string, saved: Histogram | HistogramJSON): Histogram {
  try {
    // Also one of another copy of the package.
    return Histogram.fromJSON('toJSON' in saved ? saved.toJSON() : saved);
  } catch (error) {
    throw new TypeError(`replay got a recording whose '${name}' is no histogram: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
