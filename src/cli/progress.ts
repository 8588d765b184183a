import { asyncScheduler, combineLatest, map, throttleTime, type Observable, type SchedulerLike } from 'rxjs';
import type { BatchProgress } from '../operators/track-progress';
import type { PoolStats } from '../pool/rx/stats';
import { duration } from './duration';

/** In ms; often enough to look alive. */
const REDRAW_MS = 100;

export interface ProgressState {
  readonly progress: BatchProgress;
  /** Milliseconds since the beginning. */
  readonly elapsed: number;
  /** How much of the input is finished, from 0 to 1, where that is known. */
  readonly share: number | undefined;
}

/** What the line of progress says, from moment to moment. */
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
    // The lines that are left are not counted, which would be to read them all; their bytes are known.
    ...(share === undefined || share === 0 ? [] : [`${duration((elapsed / share) * (1 - share))} left`]),
    `${stats.inUseConnections}/${stats.maxConnections} connections in use`,
  ].join(', ');
}
