import type { PoolDetails } from '../../pool/reports/pool-details';
import type { PoolEvent } from '../../pool/reports/events';
import type { Holder } from '../../pool/reports/holders';
import { pieceKinds } from '../frames';
import type { Mark, Piece, PieceKind } from '../frames';
import { causeOf, textOf } from '../../diagnosis/texts';

/** A lease that has not ended. */
interface Held {
  readonly since: number;
  readonly label: string;
}

interface Row {
  readonly held: Held[];
  /** When it last came back, and since when a check has been seen. */
  returnedAt: number;
  checkedSince: number;
}

interface Drawn {
  readonly connection: number;
  readonly kind: PieceKind;
  readonly from: number;
  to: number;
  leases: number;
  label: string;
  readonly open: boolean;
}

/** In ms: two times of one lease differ by less. */
const same = 2;
const mostMarks = 100;

/** What the lanes of a page show: for each connection its leases, and what else it was busy with, cut into frames. */
export class Lanes {
  private readonly lanes = new Map<number, Row>();
  private drawn: Drawn[] = [];
  private marks: Mark[] = [];
  /** When the frame began, by the pool's clock. */
  private begin: number;

  /** `most`: the number of pieces a frame from which short leases that follow each other are drawn as one. */
  constructor(
    now: number,
    private readonly most: number,
  ) {
    this.begin = now;
  }

  add(event: PoolEvent): void {
    const { at } = event;
    switch (event.type) {
      case 'opened':
        this.draw(event.connection, 'connect', at - event.took, at);
        break;
      case 'acquired':
        this.laneOf(event.connection).held.push({ since: at, label: textOf(event.label) });
        break;
      case 'released':
      case 'discarded':
        this.returned(event.connection, at, at - event.held, textOf(event.label));
        break;
      case 'evicted':
        this.mark(event.connection, at, event.reason, causeOf(event.error));
        break;
      case 'closed':
        this.draw(event.connection, 'close', at - event.took, at);
        this.lanes.delete(event.connection);
        break;
      case 'openFailed':
        this.mark(event.connection, at, 'openFailed', causeOf(event.error));
        this.lanes.delete(event.connection);
        break;
    }
  }

  /** What is held now, whether or not all events were looked at. How leases ended that are held no more is not known then. */
  correct(holders: readonly Holder[], now: number): void {
    const before = new Map([...this.lanes].map(([connection, { held }]) => [connection, [...held]]));
    for (const lane of this.lanes.values()) lane.held.length = 0;
    for (const { connection, age, label } of holders) {
      const since = now - age;
      const known = before.get(connection)?.find((each) => Math.abs(each.since - since) < same);
      this.laneOf(connection).held.push(known ?? { since, label: textOf(label) });
    }
  }

  /** Ends the frame. `gap`: from when on events were not looked at, if they were not. */
  cut(now: number, gap: number | null, phases: PoolDetails['connections']) {
    const { begin } = this;
    const end = gap ?? now;
    for (const [connection, { held }] of this.lanes) {
      for (const { since, label } of held) this.draw(connection, 'lease', since, end, label, true);
    }
    for (const { connection, phase, since } of phases) this.drawPhase(connection, phase, since, now);
    const frame = { ...packed(joined(this.drawn, this.most, now - begin), begin), marks: this.marks };
    this.drawn = [];
    this.marks = [];
    this.begin = now;
    return frame;
  }

  private drawPhase(
    connection: number,
    phase: PoolDetails['connections'][number]['phase'],
    since: number | undefined,
    now: number,
  ): void {
    if (phase === 'opening') this.draw(connection, 'connect', now - since!, now, '', true);
    else if (phase === 'closing') this.draw(connection, 'close', now - since!, now, '', true);
    else if (phase === 'validating' || phase === 'resetting') {
      const lane = this.laneOf(connection);
      // When it began is not kept: after the last lease, and not long before it was seen first.
      if (lane.checkedSince < 0) lane.checkedSince = Math.max(lane.returnedAt, this.begin);
      this.draw(connection, phase === 'validating' ? 'validate' : 'reset', lane.checkedSince, now, '', true);
      return;
    }
    const lane = this.lanes.get(connection);
    if (lane !== undefined) lane.checkedSince = -1;
  }

  private returned(connection: number, at: number, since: number, label: string): void {
    const lane = this.laneOf(connection);
    // With several leases on one connection: the one that began then, as well as a coarse clock knows it.
    const distances = lane.held.map((each) => Math.abs(each.since - since) + (each.label === label ? 0 : same));
    if (distances.length > 0) lane.held.splice(distances.indexOf(Math.min(...distances)), 1);
    lane.returnedAt = at;
    lane.checkedSince = -1;
    this.draw(connection, 'lease', since, at, label);
  }

  private draw(connection: number, kind: PieceKind, from: number, to: number, label = '', open = false): void {
    if (to < this.begin) return;
    this.drawn.push({ connection, kind, from: Math.max(from, this.begin), to, leases: 1, label, open });
  }

  private mark(connection: number, at: number, reason: string, cause: string): void {
    if (this.marks.length < mostMarks) this.marks.push([connection, tenth(at - this.begin), reason, cause]);
  }

  private laneOf(connection: number): Row {
    let lane = this.lanes.get(connection);
    if (lane === undefined) this.lanes.set(connection, (lane = { held: [], returnedAt: -1, checkedSince: -1 }));
    return lane;
  }
}

/** Short leases of one lane and one label that follow each other closely become one piece, until there are few enough. */
function joined(drawn: Drawn[], most: number, length: number): Drawn[] {
  let pieces = drawn;
  for (let distance = length / 250; distance <= length; distance *= 2) {
    pieces = joinedWithin(pieces, distance, distance >= length / 60);
    if (pieces.length <= most) break;
  }
  return pieces.length > most ? pieces.sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, most) : pieces;
}

/** `mixed`: also those of different labels. */
function joinedWithin(pieces: readonly Drawn[], distance: number, mixed: boolean): Drawn[] {
  const last = new Map<number, Drawn>();
  const result: Drawn[] = [];
  for (const piece of [...pieces].sort((a, b) => a.from - b.from)) {
    const before = last.get(piece.connection);
    const isShort = piece.kind === 'lease' && !piece.open && piece.to - piece.from <= 4 * distance;
    const follows =
      before?.kind === 'lease' &&
      !before.open &&
      (mixed || before.label === piece.label) &&
      piece.from - before.to <= distance &&
      (before.leases > 1 || before.to - before.from <= 4 * distance);
    if (isShort && follows) {
      before.to = Math.max(before.to, piece.to);
      before.leases += piece.leases;
      if (before.label !== piece.label) before.label = '';
    } else {
      const own = { ...piece };
      result.push(own);
      last.set(piece.connection, own);
    }
  }
  return result;
}

function packed(drawn: readonly Drawn[], begin: number): { pieces: Piece[]; labels: string[] } {
  const labels: string[] = [];
  const indexOf = (label: string): number => {
    if (label === '') return -1;
    const index = labels.indexOf(label);
    return index >= 0 ? index : labels.push(label) - 1;
  };
  const pieces = drawn.map(({ connection, kind, from, to, leases, label, open }): Piece => [
    connection,
    pieceKinds.indexOf(kind),
    tenth(from - begin),
    tenth(to - begin),
    leases,
    indexOf(label),
    open ? 1 : 0,
  ]);
  return { pieces, labels };
}

const tenth = (ms: number): number => Math.round(ms * 10) / 10;

/** The pieces of an old frame, so few that many frames fit. */
export function thinned(pieces: readonly Piece[], most: number): readonly Piece[] {
  if (pieces.length <= most) return pieces;
  return [...pieces].sort((a, b) => b[6] - a[6] || b[3] - b[2] - (a[3] - a[2])).slice(0, most);
}
