import { isUtf8 } from 'node:buffer';
import { InputError } from './input-error';
import { LineSplitter, type RawLine } from './line-splitter';

/** Half of the default maximum of a message, since an outcome repeats its line. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const BOM = '\uFEFF';

/** One line of the input. Blank lines count, too. */
export interface Line {
  /** Its index in the whole input, from 0. */
  readonly index: number;
  /** Its position in texts: `line 3`, or `lines.txt:3`. */
  readonly place: string;
  /** Without the line end. */
  readonly text: string;
  /** Bytes, the line end included. */
  readonly size: number;
  readonly problem: InputError | undefined;
}

/** A source of lines. */
export interface LineSource {
  /** Undefined for the standard input. */
  readonly name: string | undefined;
  chunks(): AsyncIterable<Uint8Array | string>;
}

/** The lines of all sources, in order. Reads only when pulled. */
export async function* linesOf(
  sources: Iterable<LineSource>,
  longest = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, undefined> {
  let index = 0;
  for (const source of sources) {
    const { name } = source;
    const splitter = new LineSplitter(longest);
    let number = 0;
    const lineOf = (raw: RawLine): Line => {
      number++;
      const place = name === undefined ? `line ${number}` : `${name}:${number}`;
      return { index: index++, place, size: raw.size, ...read(raw.bytes, place, number === 1, longest) };
    };
    for await (const chunk of source.chunks()) {
      for (const raw of splitter.push(asBuffer(chunk))) yield lineOf(raw);
    }
    for (const raw of splitter.end()) yield lineOf(raw);
  }
}

function read(raw: Buffer | null, place: string, first: boolean, longest: number): Pick<Line, 'text' | 'problem'> {
  if (raw === null) {
    return { text: '', problem: new InputError('TOO_LONG', place, `has more than ${longest} bytes`) };
  }
  let text = raw.toString();
  // A byte order mark is not part of the first line.
  if (first && text.startsWith(BOM)) text = text.slice(1);
  // A line with replacement characters would be another line. The text is checked first, which is cheaper.
  const wrong = text.includes('\uFFFD') && !isUtf8(raw);
  return {
    text,
    problem: wrong
      ? new InputError('NOT_UTF8', place, 'is not UTF-8. Convert the input first, for example with iconv')
      : undefined,
  };
}

const asBuffer = (chunk: Uint8Array | string): Buffer =>
  typeof chunk === 'string'
    ? Buffer.from(chunk)
    : Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
