import { asyncScheduler, combineLatest, map, throttleTime, type Observable, type SchedulerLike } from 'rxjs';
import type { BatchProgress } from '../operators/track-progress';
import type { PoolStats } from '../pool/rx/stats';
import { duration } from './duration';

/** In ms: between two updates. */
const REDRAW_MS = 100;

export interface ProgressState {
  readonly progress: BatchProgress;
  /** Ms since the beginning. */
  readonly elapsed: number;
  /** The finished share of the input, from 0 to 1, if known. */
  readonly share: number | undefined;
}

/** The texts of the status line. */
export function progressTexts(
  moments$: Observable<ProgressState>,
  stats$: Observable<PoolStats>,
  scheduler: SchedulerLike = asyncScheduler,
): Observable<string> {
  return combineLatest([moments$, stats$]).pipe(
    throttleTime(REDRAW_MS, scheduler, { leading: true, trailing: true }),
    map(([moment, stats]) => progressText(moment, stats)),
  );
}

function progressText({ progress, elapsed, share }: ProgressState, stats: PoolStats): string {
  const { succeeded, failed, ratePerSecond, waiting } = progress;
  return [
    `${succeeded} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(waiting === undefined ? [] : ['waiting for a connection']),
    `${Math.round(ratePerSecond)}/s`,
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    // By bytes, since counting the remaining lines would mean reading them all.
    ...(share === undefined || share === 0 ? [] : [`${duration((elapsed / share) * (1 - share))} left`]),
    `${stats.inUseConnections}/${stats.maxConnections} connections in use`,
  ].join(', ');
}
