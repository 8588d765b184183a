/** A sign of a marble row, and the frame at which it stands. */
export interface Mark {
  readonly frame: number;
  readonly letter: string;
}

export interface Drawing {
  /** The rows, one text each. Signs of the same frame stand below each other. */
  readonly rows: readonly string[];
  /** A row of `^` below the frames that were to be marked; empty if there are none. */
  readonly carets: string;
  /** Whether each row is a marble string of the same times. A group that is followed too soon by another sign cannot be written as one. */
  readonly toScale: boolean;
  /** The first frame that is marked; without one, the first frame that has a sign. */
  readonly first: number;
  /** The frames that are drawn. */
  readonly frames: ReadonlySet<number>;
}

/** A gap of more frames is written as a time. */
const maxDashes = 40;

/** The number of frames with signs that are drawn: a part before, and a part after, the first one that is marked. */
const maxBefore = 15;
const maxAfter = 15;

/** Draws marble rows on one axis of time, in the syntax of `TestScheduler.run`. */
export function drawRows(
  rows: readonly (readonly Mark[])[],
  isMarked: (frame: number) => boolean = () => false,
): Drawing {
  const all = [...new Set(rows.flatMap((marks) => marks.map(({ frame }) => frame)))].sort((a, b) => a - b);
  const firstMarked = Math.max(0, all.findIndex(isMarked));
  const from = Math.max(0, firstMarked - maxBefore);
  const frames = all.slice(from, firstMarked + maxAfter);
  const texts = rows.map(() => '');
  let carets = '';
  let toScale = true;
  /** The frame of the next column. */
  let column = Math.min(0, frames[0] ?? 0);
  for (const frame of frames) {
    const gap = frame - column;
    if (gap < 0) toScale = false;
    const fill = filler(gap);
    const cells = rows.map((marks) => cellOf(marks.filter((mark) => mark.frame === frame)));
    const width = Math.max(...cells.map((cell) => cell.length));
    for (const [i, cell] of cells.entries()) texts[i] = `${texts[i]!}${fill}${cell.padEnd(width, '-')}`;
    carets += ' '.repeat(fill.length) + (isMarked(frame) ? '^' : ' ').repeat(width);
    column = frame + width;
  }
  const cut = frames.length < all.length - from ? ' …' : '';
  const drawn = texts.map((text) => (text.replace(/[- ]+$/, '') || '-') + cut);
  const first = all[firstMarked] ?? 0;
  return { rows: drawn, carets: carets.trimEnd(), toScale, first, frames: new Set(frames) };
}

function filler(gap: number): string {
  if (gap <= 0) return '';
  return Number.isInteger(gap) && gap <= maxDashes ? '-'.repeat(gap) : ` ${gap}ms `;
}

function cellOf(marks: readonly Mark[]): string {
  const letters = marks.map(({ letter }) => letter).join('');
  return marks.length > 1 ? `(${letters})` : letters;
}
