import { pieceKinds } from './frames';
import type { Frame, PieceKind } from './frames';

/** A bar: times are dates in ms. */
export interface Bar {
  readonly connection: number;
  readonly kind: PieceKind;
  readonly from: number;
  to: number;
  /** The number of short leases that it stands for. */
  leases: number;
  readonly label: string;
  /** Whether it had not ended at the end of what is shown. */
  open: boolean;
}

export interface End {
  readonly connection: number;
  readonly at: number;
  readonly reason: string;
  readonly cause: string;
}

/** The place of one connection, and of those that came after it. */
export interface LaneRow {
  /** The connection that has it now; null where there is none. */
  connection: number | null;
  readonly bars: Bar[];
  readonly ends: End[];
  /** Which part of the time it was lent. */
  busy: number;
}

export interface Lanes {
  readonly rows: readonly LaneRow[];
  readonly begin: number;
  readonly end: number;
  /** When events were not looked at, since there were too many. */
  readonly gaps: readonly (readonly [from: number, to: number])[];
}

/** In ms: pieces of different frames that are closer than this are one. */
const seam = 1;

/**
 * The lanes of some frames. A connection takes the place of one that has ended, so that there are as many lanes as there were connections at a
 * time, and a pool that opens connections again and again is seen as lanes of short pieces.
 */
export function lanesOf(frames: readonly Frame[]): Lanes {
  const rows: LaneRow[] = [];
  const places = new Map<number, number>();
  const free: number[] = [];
  const gaps: [number, number][] = [];
  const rowOf = (connection: number): LaneRow => {
    let place = places.get(connection);
    if (place === undefined) {
      free.sort((a, b) => a - b);
      place = free.shift() ?? rows.push({ connection: null, bars: [], ends: [], busy: 0 }) - 1;
      places.set(connection, place);
    }
    const row = rows[place]!;
    row.connection = connection;
    return row;
  };
  for (const frame of frames) {
    const begin = frame.at - frame.length;
    for (const connection of frame.connections) rowOf(connection);
    for (const [connection, kind, from, to, leases, label, open] of frame.pieces) {
      addBar(rowOf(connection), {
        connection,
        kind: pieceKinds[kind] ?? 'lease',
        from: begin + from,
        to: begin + to,
        leases,
        label: frame.labels[label] ?? '',
        open: open === 1,
      });
    }
    for (const [connection, at, reason, cause] of frame.marks) {
      rowOf(connection).ends.push({ connection, at: begin + at, reason, cause });
    }
    if (frame.gap >= 0) gaps.push([begin + frame.gap, frame.at]);
    const staying = new Set(frame.connections);
    for (const [connection, place] of places) {
      if (staying.has(connection)) continue;
      places.delete(connection);
      free.push(place);
      rows[place]!.connection = null;
    }
  }
  const first = frames[0];
  const end = frames.at(-1)?.at ?? 0;
  const begin = first === undefined ? 0 : first.at - first.length;
  for (const row of rows) {
    for (const bar of row.bars) if (bar.to < end - seam) bar.open = false;
    const lent = row.bars.reduce((sum, { kind, from, to }) => (kind === 'lease' ? sum + to - from : sum), 0);
    row.busy = end > begin ? Math.min(1, lent / (end - begin)) : 0;
  }
  return { rows, begin, end, gaps };
}

/** What goes on from one frame to the next is one bar. */
function addBar(row: LaneRow, bar: Bar): void {
  for (let i = row.bars.length - 1; i >= 0 && i >= row.bars.length - 4; i--) {
    const before = row.bars[i]!;
    const isSame = before.connection === bar.connection && before.kind === bar.kind && before.label === bar.label;
    if (isSame && before.open && Math.abs(bar.from - before.to) <= seam) {
      before.to = bar.to;
      before.open = bar.open;
      before.leases += bar.leases - 1;
      return;
    }
  }
  row.bars.push(bar);
}

/** Lanes that are drawn as one. */
export interface Fold {
  readonly rows: readonly LaneRow[];
  readonly title: string;
}

/** The maximum number of lanes that are drawn one by one. */
const mostLanes = 60;

/** More lanes than can be drawn are folded, those of like load together. */
export function folded(rows: readonly LaneRow[]): readonly Fold[] {
  if (rows.length <= mostLanes) {
    return rows.map((row) => ({ rows: [row], title: row.connection === null ? '–' : `${row.connection}` }));
  }
  const sorted = [...rows].sort((a, b) => b.busy - a.busy);
  const each = Math.ceil(rows.length / (mostLanes / 2));
  const folds: Fold[] = [];
  for (let i = 0; i < sorted.length; i += each) {
    const part = sorted.slice(i, i + each);
    const busy = part.reduce((sum, row) => sum + row.busy, 0) / part.length;
    folds.push({ rows: part, title: `${part.length} × ${Math.round(busy * 100)} %` });
  }
  return folds;
}

/** The labels of the bars, those that were held longest in all first. */
export function labelsOf(rows: readonly LaneRow[]): readonly string[] {
  const held = new Map<string, number>();
  for (const { bars } of rows) {
    for (const { kind, label, from, to } of bars) {
      if (kind === 'lease') held.set(label, (held.get(label) ?? 0) + to - from);
    }
  }
  return [...held].sort(([, a], [, b]) => b - a).map(([label]) => label);
}

/** The entries of the legend. With more labels than colours, the last colour is that of all other labels. */
export function legendOf(labels: readonly string[], colors: number): readonly string[] {
  const texts = labels.map((label) => (label === '' ? 'no label' : label));
  if (texts.length <= colors) return texts;
  return [...texts.slice(0, colors - 1), `${texts.length - colors + 1} other labels`];
}
