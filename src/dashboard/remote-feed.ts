import type { PoolStats } from '../pool/rx/stats';
import type { LoadRecording } from '../stress/record-load';
import { besides, readStream } from './client/stream';
import type { StreamOptions, StreamStatus } from './client/stream';
import type { Feed } from './feed';
import type { DashboardState, Frame, Tick } from './frames';
import { readRecording } from './recordings';

export interface RemoteFeedOptions extends StreamOptions {
  /** Told of each state and tick, and of what becomes of the connection. */
  readonly onStatus?: ((status: StreamStatus) => void) | undefined;
  readonly onRefused?: ((error: Error) => void) | undefined;
}

/** The frames of a dashboard in another process. */
export class RemoteFeed implements Feed {
  private known: DashboardState | null = null;
  private isDone = false;
  private close = (): void => undefined;

  constructor(
    private readonly url: string,
    private readonly options: RemoteFeedOptions = {},
  ) {}

  get isOver(): boolean {
    return this.isDone;
  }

  state(): DashboardState {
    return this.known ?? { ...nothing, title: this.url };
  }

  stats(): readonly (PoolStats | null)[] {
    return this.state().pools.map(({ frames }) => frames.at(-1)?.stats ?? null);
  }

  async load(pool: number): Promise<LoadRecording | undefined> {
    const load = this.options.fetch ?? fetch;
    const response = await load(besides(this.url, 'recording', { pool: String(pool) }), {
      headers: this.options.headers ?? {},
    });
    return response.ok ? ((await response.json()) as LoadRecording) : undefined;
  }

  start(onTick: (tick: Tick | null) => void): void {
    const { onStatus, onRefused } = this.options;
    this.close = readStream(
      besides(this.url, 'frames'),
      {
        onMessage: (event, data) => {
          if (event === 'state') {
            // Only what a page can draw goes on to one.
            const state = readRecording(data, this.url);
            this.known = { ...state, source: (data as DashboardState).source };
            onTick(null);
          } else if (event === 'tick' && this.known !== null) {
            this.add(data as Tick);
            onTick(data as Tick);
          }
        },
        onStatus: (status) => {
          this.isDone = status === 'closed';
          onStatus?.(status);
        },
        onRefused: (error) => onRefused?.(error),
      },
      this.options,
    );
  }

  stop(): void {
    this.close();
  }

  private add({ frames }: Tick): void {
    const { pools, keep } = this.known!;
    for (const [index, frame] of frames.entries()) {
      const list = pools[index]?.frames as Frame[] | undefined;
      if (frame === null || list === undefined) continue;
      list.push(frame);
      if (list.length > keep) list.splice(0, list.length - keep);
    }
  }
}

const nothing: DashboardState = {
  format: 'rxjs-connection-pool dashboard',
  version: 1,
  source: 'pools',
  title: '',
  period: 1_000,
  keep: 600,
  pools: [],
};
