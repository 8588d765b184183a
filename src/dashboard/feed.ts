import type { Observable, Subscription } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import type { PoolStats } from '../pool/rx/stats';
import type { LoadRecording } from '../stress/record-load';
import type { StressReport } from '../stress/report';
import { Collector } from './collect/collector';
import type { DashboardState, Frame, RunRow, Tick } from './frames';
import { runRowOf } from './recordings';

/** Where a dashboard has its frames from. */
export interface Feed {
  /** Whether there will be another tick. */
  readonly isOver: boolean;
  /** Everything that a page is shown that opens now. */
  state(): DashboardState;
  /** The last stats of each pool; null for one that there is none of. */
  stats(): readonly (PoolStats | null)[];
  /** What was asked of a pool lately; undefined where that is not known. */
  load(pool: number): Promise<LoadRecording | undefined>;
  /** Begins; `onTick` gets each further tick, or null where everything is new. */
  start(onTick: (tick: Tick | null) => void): void;
  stop(): void;
}

export interface PoolFeedOptions {
  readonly period: number;
  readonly keep: number;
  readonly title: string;
  readonly random: () => number;
  readonly run$: Observable<StressReport> | undefined;
}

/** The frames of pools of this process, one a period, for all clients. */
export class PoolFeed implements Feed {
  private readonly collectors: readonly Collector[];
  private timer: NodeJS.Timeout | undefined;
  private following: Subscription | undefined;
  private run: RunRow | undefined;
  private last: readonly (Frame | null)[];

  constructor(
    pools: readonly ConnectionPool<unknown>[],
    private readonly options: PoolFeedOptions,
  ) {
    this.collectors = pools.map((pool) => new Collector(pool, options));
    this.last = pools.map(() => null);
  }

  get isOver(): boolean {
    return this.last.every((frame) => frame?.stats.state === 'destroyed');
  }

  start(onTick: (tick: Tick | null) => void): void {
    this.following = this.options.run$?.subscribe({
      next: (report) => (this.run = runRowOf(report)),
      error: () => undefined,
    });
    this.timer = setInterval(() => onTick(this.tick()), this.options.period);
    // A page that is open does not keep the process alive.
    this.timer.unref();
  }

  /** Ends the period. */
  tick(): Tick {
    const { run } = this;
    const frames = this.collectors.map((collector, index) => collector.tick(index === 0 ? run : undefined));
    this.last = frames.map((frame, index) => frame ?? this.last[index]!);
    if (this.isOver) this.stop();
    return { frames };
  }

  state(): DashboardState {
    const { period, keep, title } = this.options;
    const pools = this.collectors.map(({ name, frames }) => ({ name, frames }));
    return { format: 'rxjs-connection-pool dashboard', version: 1, source: 'pools', title, period, keep, pools };
  }

  stats(): readonly (PoolStats | null)[] {
    return this.collectors.map((collector, index) => this.last[index]?.stats ?? collector.stats);
  }

  load(pool: number): Promise<LoadRecording | undefined> {
    return Promise.resolve(this.collectors[pool]?.recording());
  }

  stop(): void {
    clearInterval(this.timer);
    this.following?.unsubscribe();
    for (const collector of this.collectors) collector.stop();
  }
}

/** What was recorded. */
export class RecordingFeed implements Feed {
  readonly isOver = true;

  constructor(private readonly recording: DashboardState) {}

  state(): DashboardState {
    return this.recording;
  }

  stats(): readonly (PoolStats | null)[] {
    return this.recording.pools.map(({ frames }) => frames.at(-1)?.stats ?? null);
  }

  load(pool: number): Promise<LoadRecording | undefined> {
    return Promise.resolve(this.recording.loads?.[pool] as LoadRecording | undefined);
  }

  start(): void {
    // There is nothing more to come.
  }

  stop(): void {
    // Nothing was begun.
  }
}
