import type { Subscription } from 'rxjs';
import { diagnose } from '../../diagnosis/index';
import type { PoolFacts } from '../../diagnosis/index';
import type { ConnectionPool } from '../../pool/connection-pool';
import type { PoolTimings } from '../../pool/metrics/timings';
import type { CloseUp } from '../../pool/reports/close-up';
import type { EvictReason } from '../../pool/state/claim-and-slot';
import type { PoolEvent } from '../../pool/reports/events';
import type { Holder } from '../../pool/reports/holders';
import { internals } from '../../pool/rx/internals';
import type { PoolInternals } from '../../pool/rx/internals';
import type { PoolStats } from '../../pool/rx/stats';
import type { LoadRecording } from '../../stress/record-load';
import type { Frame, HolderRow, RunRow } from '../frames';
import { EventRows } from './event-rows';
import { heatOf } from './heat';
import { Lanes, thinned } from './lanes';
import { LoadLog } from './load-log';
import { causeOf, stackOf, textOf } from './texts';

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
/** Of so many frames, twice as many at the most, is what is diagnosed. */
const window = 15;

interface Look {
  readonly stats: PoolStats;
  readonly timings: PoolTimings;
  readonly evicted: Partial<Record<EvictReason, number>>;
}

/** Looks at a pool once a period, and makes a frame of what has happened since. */
export class Collector {
  readonly frames: Frame[] = [];
  readonly name: string;
  private readonly core: PoolInternals<unknown>['core'];
  private readonly lanes: Lanes;
  private readonly rows: EventRows;
  private readonly load: LoadLog;
  private readonly evicted: Partial<Record<EvictReason, number>> = {};
  private readonly leaked = new Set<number>();
  /** The beginnings of windows, the oldest first. */
  private readonly looks: Look[];
  private listening: Subscription | null = null;
  private events = 0;
  private gap: number | null = null;
  private sinceLook = 0;
  private saturatedSince = -1;
  private last: PoolStats;
  private lastTimings: PoolTimings;
  private isOver = false;

  constructor(
    private readonly pool: ConnectionPool<unknown>,
    private readonly options: CollectorOptions,
  ) {
    this.name = textOf(pool.name);
    this.core = (pool as unknown as { readonly [internals]: PoolInternals<unknown> })[internals].core;
    const stats = pool.stats;
    const timings = pool.timings();
    const at = this.now;
    this.last = stats;
    this.lastTimings = timings;
    this.looks = [{ stats, timings, evicted: {} }];
    this.lanes = new Lanes(at, mostPieces);
    this.rows = new EventRows(at);
    this.load = new LoadLog({ ...stats, at }, timings, options.random);
    this.lanes.correct(pool.holders(), at);
    this.listen();
  }

  /** Ends the period; null once the pool has ended and its last frame was made. */
  tick(run?: RunRow): Frame | null {
    if (this.isOver) return null;
    const { pool } = this;
    const now = this.now;
    const stats = { ...pool.stats, name: this.name, at: now };
    const length = now - this.last.at;
    const timings = pool.timings();
    const closeUp = this.core.closeUp();
    const holders = pool.holders();
    const { wait, use, open } = differenceOf(timings, this.lastTimings);
    if (this.gap !== null) {
      for (const connection of this.leaked) {
        if (!holders.some((holder) => holder.connection === connection)) this.leaked.delete(connection);
      }
    }
    if (this.gap === null) this.lanes.correct(holders, now);
    const frame: Frame = {
      at: now,
      length,
      stats,
      diagnosis: diagnose(this.factsOf(stats, timings, holders, closeUp)),
      wait: heatOf(wait),
      use: heatOf(use),
      open: heatOf(open),
      connections: closeUp.connections.map(({ connection }) => connection),
      ...this.lanes.cut(now, this.gap, closeUp.connections),
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
    return this.load.recording({ ...this.pool.stats, at: this.now }, this.pool.timings());
  }

  stop(): void {
    this.listening?.unsubscribe();
    this.listening = null;
  }

  /** The date, by the pool's scheduler: snapshots have it of their last change only. */
  private get now(): number {
    return this.core.clock.stamp();
  }

  private listen(): void {
    this.listening ??= this.pool.events$.subscribe((event) => this.add(event));
  }

  private add(event: PoolEvent): void {
    this.lanes.add(event);
    this.rows.add(event);
    this.load.add(event);
    if (event.type === 'evicted') this.evicted[event.reason] = (this.evicted[event.reason] ?? 0) + 1;
    else if (event.type === 'leaked' && !event.collected) this.leaked.add(event.connection);
    else if (event.type === 'released' || event.type === 'discarded') this.leaked.delete(event.connection);
    if (++this.events < mostEvents) return;
    this.stop();
    this.gap = event.at;
  }

  private factsOf(stats: PoolStats, timings: PoolTimings, holders: Holder[], closeUp: CloseUp): PoolFacts {
    if (++this.sinceLook >= window) {
      this.sinceLook = 0;
      this.looks.push({ stats, timings, evicted: { ...this.evicted } });
      if (this.looks.length > 3) this.looks.shift();
    }
    const { stats: since, timings: before, evicted } = this.looks[0]!;
    const recent = differenceOf(timings, before);
    const isFull = stats.pendingAcquires > 0 && stats.activeLeases >= stats.leaseCapacity;
    if (!isFull) this.saturatedSince = -1;
    else if (this.saturatedSince < 0) this.saturatedSince = this.last.at;
    const checking = (phase: string): number =>
      closeUp.connections.filter((connection) => connection.phase === phase).length;
    return {
      stats,
      since,
      holders: holders.map((holder) => ({
        ...holder,
        ...labelOf(holder),
        ...(holder.stack === undefined ? {} : { stack: stackOf(holder.stack) }),
      })),
      // Where nothing has ended lately, what came before is what is usual.
      timings: recent.use.count < 10 ? { ...recent, use: timings.use } : recent,
      usualUse: before.use.count < 50 ? undefined : before.use.mean,
      saturatedFor: isFull ? stats.at - this.saturatedSince : 0,
      oldestWait: closeUp.oldestWait,
      failure:
        closeUp.attempts === 0
          ? undefined
          : {
              attempts: closeUp.attempts,
              cause: causeOf(closeUp.lastFailure),
              phase: closeUp.failedPhase,
              nextConnectIn: closeUp.nextConnectIn,
            },
      validating: checking('validating'),
      resetting: checking('resetting'),
      evicted: minus(this.evicted, evicted),
      leaked: [...this.leaked],
    };
  }

  private keep(frame: Frame): void {
    const { frames } = this;
    frames.push(frame);
    if (frames.length > this.options.keep) frames.shift();
    const old = frames.length - fineFrames - 1;
    if (old >= 0) frames[old] = { ...frames[old]!, pieces: thinned(frames[old]!.pieces, oldPieces) };
  }
}

const labelOf = ({ label }: Holder): { label?: string } => (label === undefined ? {} : { label: textOf(label) });

const rowOf = ({ connection, label, age, stack }: Holder): HolderRow => ({
  connection,
  label: textOf(label),
  age: Math.round(age),
  stack: stackOf(stack),
});

const differenceOf = (now: PoolTimings, before: PoolTimings) => ({
  wait: now.wait.minus(before.wait),
  use: now.use.minus(before.use),
  open: now.open.minus(before.open),
});

function minus(now: Readonly<Partial<Record<EvictReason, number>>>, before: typeof now): PoolFacts['evicted'] {
  const entries = Object.entries(now) as [EvictReason, number][];
  return Object.fromEntries(entries.map(([reason, times]) => [reason, times - (before[reason] ?? 0)]));
}
