import { besides, readStream } from '../client/stream';
import type { StreamStatus } from '../client/stream';
import type { DashboardState, Frame, PoolHistory, Tick } from '../frames';
import { readRecording } from '../recordings';
import { worstFirst } from '../series';

/** What the page shows now. */
export interface View {
  readonly state: DashboardState;
  /** The selected pool, and the frame of it that is shown: the last one, unless a time in the past is selected. */
  readonly pool: number;
  readonly frame: number;
  readonly isPaused: boolean;
  readonly status: StreamStatus;
  /** The content of a file that was opened in the page. It replaces what the server sends. */
  readonly isFile: boolean;
  /** The date of the moment that is shown; null: now. */
  readonly at: number | null;
  /** The text of the last error. */
  readonly problem: string;
  /** The length of the past that is drawn, in ms. */
  readonly span: number;
}

/** The state of the page: what the server sends, and which part of it is shown. */
export class Store {
  private live: DashboardState | null = null;
  private shown: DashboardState | null = null;
  private isFile = false;
  private pool = 0;
  private picked = false;
  /** The date of the frame that is shown; null: the last one. */
  private at: number | null = null;
  private status: StreamStatus = 'connecting';
  private problem = '';
  private span = 120_000;
  private isDue = false;
  private readonly listeners = new Set<() => void>();

  readonly base = document.baseURI.split(/[?#]/)[0] ?? '';

  connect(): void {
    readStream(
      besides(this.base, 'frames'),
      {
        onMessage: (event, data) => {
          if (event === 'state') this.begin(data as DashboardState);
          else if (event === 'tick') this.add(data as Tick);
        },
        onStatus: (status) => {
          if (status === this.status) return;
          this.status = status;
          this.changed();
        },
        onRefused: (error) => {
          this.problem = error.message;
          this.changed();
        },
      },
      { staleAfter: 10_000, maxRetryDelay: 3_000 },
    );
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  view(): View | null {
    const state = this.shown ?? this.live;
    if (state === null) return null;
    const pool = Math.min(this.pool, state.pools.length - 1);
    const frames = state.pools[pool]?.frames ?? [];
    const found = this.at === null ? -1 : frames.findIndex(({ at }) => at >= this.at!);
    const frame = found < 0 ? frames.length - 1 : found;
    return {
      state,
      pool,
      frame,
      isPaused: this.shown !== null && !this.isFile,
      status: this.status,
      isFile: this.isFile,
      at: this.shown === null ? null : (frames[frame]?.at ?? null),
      problem: this.problem,
      span: this.span,
    };
  }

  get problemOnly(): string {
    return this.problem;
  }

  get connection(): StreamStatus {
    return this.status;
  }

  select(pool: number): void {
    this.pool = pool;
    this.picked = true;
    this.changed();
  }

  setSpan(span: number): void {
    this.span = span;
    this.changed();
  }

  /** Stops at the current frame: later frames are stored, and not shown. */
  pause(): void {
    if (this.live === null || this.isFile) return;
    // Otherwise old frames would be dropped while they are shown.
    const pools = this.live.pools.map((pool) => ({ ...pool, frames: [...pool.frames] }));
    this.shown = { ...this.live, pools };
    this.changed();
  }

  resume(): void {
    this.shown = null;
    this.isFile = false;
    this.at = null;
    this.problem = '';
    this.changed();
  }

  /** Shows a frame of the past. */
  goTo(at: number): void {
    if (this.shown === null) this.pause();
    this.at = at;
    this.changed();
  }

  open(text: string, name: string): void {
    try {
      this.shown = readRecording(JSON.parse(text), name);
      this.isFile = true;
      this.pool = 0;
      this.at = null;
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }

  private begin(state: DashboardState): void {
    this.live = { ...state, pools: state.pools.map((pool) => ({ ...pool, frames: [...pool.frames] })) };
    if (!this.picked) this.pool = worstOf(state.pools);
    document.title = `${state.title} – connection pools`;
    this.changed();
  }

  private add({ frames }: Tick): void {
    const { live } = this;
    if (live === null) return;
    for (const [index, frame] of frames.entries()) {
      const list = live.pools[index]?.frames as Frame[] | undefined;
      if (frame === null || list === undefined) continue;
      list.push(frame);
      if (list.length > live.keep) list.splice(0, list.length - live.keep);
    }
    if (this.shown === null) this.changed();
  }

  /** Notifies once per animation frame, whatever the number of changes; not at all while the page is hidden. */
  private changed(): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      for (const listener of this.listeners) listener();
    });
  }
}

/** The worst pool is selected first. */
function worstOf(pools: readonly PoolHistory[]): number {
  const [worst] = [...pools].sort(worstFirst);
  return Math.max(0, worst === undefined ? 0 : pools.indexOf(worst));
}
