import type { Subscription } from 'rxjs';
import { diagnose } from '../../diagnosis/index';
import { PoolWatch } from '../../diagnosis/pool-watch';
import type { ConnectionPool } from '../../pool/connection-pool';
import { timingsBetween } from '../../pool/metrics/timings';
import type { PoolTimings } from '../../pool/metrics/timings';
import type { PoolEvent } from '../../pool/reports/events';
import type { Holder } from '../../pool/reports/holders';
import type { PoolStats } from '../../pool/rx/stats';
import type { LoadRecording } from '../../stress/record-load';
import type { Frame, HolderRow, RunRow } from '../frames';
import { EventRows } from './event-rows';
import { heatOf } from './heat';
import { Lanes, thinned } from './lanes';
import { LoadLog } from './load-log';
import { stackOf, textOf } from '../../diagnosis/texts';

export interface CollectorOptions {
  /** How many frames are kept. */
  readonly keep: number;
  readonly random: () => number;
}

/** Events that are looked at in a period. Beyond that the collector stops listening, so that a busy pool pays no more for it. */
const mostEvents = 2_000;
const mostPieces = 400;
/** Frames that keep all of their pieces; of older ones few are left. */
const fineFrames = 120;
const oldPieces = 60;
const mostHolders = 20;

/** Looks at a pool once a period, and makes a frame of what has happened since. */
export class Collector {
  readonly frames: Frame[] = [];
  readonly name: string;
  private readonly watch: PoolWatch;
  private readonly lanes: Lanes;
  private readonly rows: EventRows;
  private readonly load: LoadLog;
  private listening: Subscription | null = null;
  private events = 0;
  private gap: number | null = null;
  private last: PoolStats;
  private lastTimings: PoolTimings;
  private isOver = false;

  constructor(
    private readonly pool: ConnectionPool<unknown>,
    private readonly options: CollectorOptions,
  ) {
    this.watch = new PoolWatch(pool);
    this.name = this.watch.name;
    const timings = pool.timings();
    const at = this.watch.now;
    // A snapshot has the date of the pool's last change, which may be long ago.
    const stats = { ...pool.stats, at };
    this.last = stats;
    this.lastTimings = timings;
    this.lanes = new Lanes(at, mostPieces);
    this.rows = new EventRows(at);
    this.load = new LoadLog(stats, timings, options.random);
    this.lanes.correct(pool.holders(), at);
    this.listen();
  }

  /** Ends the period; null once the pool has ended and its last frame was made. */
  tick(run?: RunRow): Frame | null {
    if (this.isOver) return null;
    const { stats, timings, holders, details, facts } = this.watch.observe();
    const now = stats.at;
    const length = now - this.last.at;
    const { wait, use, open } = timingsBetween(this.lastTimings, timings);
    if (this.gap === null) this.lanes.correct(holders, now);
    const frame: Frame = {
      at: now,
      length,
      stats,
      diagnosis: diagnose(facts),
      wait: heatOf(wait),
      use: heatOf(use),
      open: heatOf(open),
      connections: details.connections.map(({ connection }) => connection),
      ...this.lanes.cut(now, this.gap, details.connections),
      gap: this.gap === null ? -1 : Math.max(0, this.gap - this.last.at),
      holders: holders.slice(0, mostHolders).map(rowOf),
      moreHolders: Math.max(0, holders.length - mostHolders),
      events: this.rows.cut(now),
      ...(run === undefined ? {} : { run }),
    };
    this.load.cut(stats, timings, this.gap);
    this.keep(frame);
    this.last = stats;
    this.lastTimings = timings;
    this.isOver = stats.state === 'destroyed';
    if (this.gap !== null) this.lanes.correct(holders, now);
    this.events = 0;
    this.gap = null;
    if (!this.isOver) this.listen();
    return frame;
  }

  /** The pool now, as it is sent. */
  get stats(): PoolStats {
    return { ...this.pool.stats, name: this.name };
  }

  /** What was asked of the pool in the last minutes. */
  recording(): LoadRecording | undefined {
    return this.load.recording({ ...this.pool.stats, at: this.watch.now }, this.pool.timings());
  }

  stop(): void {
    this.listening?.unsubscribe();
    this.listening = null;
  }

  private listen(): void {
    this.listening ??= this.pool.events$.subscribe((event) => this.add(event));
  }

  private add(event: PoolEvent): void {
    this.lanes.add(event);
    this.rows.add(event);
    this.load.add(event);
    if (++this.events < mostEvents) return;
    this.stop();
    this.gap = event.at;
  }

  private keep(frame: Frame): void {
    const { frames } = this;
    frames.push(frame);
    if (frames.length > this.options.keep) frames.shift();
    const old = frames.length - fineFrames - 1;
    if (old >= 0) frames[old] = { ...frames[old]!, pieces: thinned(frames[old]!.pieces, oldPieces) };
  }
}

const rowOf = ({ connection, label, age, stack }: Holder): HolderRow => ({
  connection,
  label: textOf(label),
  age: Math.round(age),
  stack: stackOf(stack),
});
