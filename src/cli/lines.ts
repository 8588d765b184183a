import { isUtf8 } from 'node:buffer';
import { InputError } from './input-error';
import { LineSplitter, type RawLine } from './line-splitter';

/** Bytes; half of what a message may have by default, since an outcome repeats its line. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const BOM = '\uFEFF';

/** One line of the input: every line is one, a blank one too. */
export interface Line {
  /** Its place in all of the input, from 0. */
  readonly index: number;
  /** Its place for people: `line 3`, or `lines.txt:3`. */
  readonly place: string;
  /** Without its end. */
  readonly text: string;
  /** Bytes, its end included. */
  readonly size: number;
  readonly problem: InputError | undefined;
}

/** Something to read lines from. */
export interface LineSource {
  /** Undefined for the standard input: there is nothing to tell it from. */
  readonly name: string | undefined;
  chunks(): AsyncIterable<Uint8Array | string>;
}

/** The lines of all sources, one after the other. Reads only as it is pulled. */
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
  // Some editors mark a file of UTF-8 with it; it is no part of the first line.
  if (first && text.startsWith(BOM)) text = text.slice(1);
  // Sent with question marks in it the line would be another one. The text is looked at first, which costs less.
  const wrong = text.includes('\uFFFD') && !isUtf8(raw);
  return {
    text,
    problem: wrong
      ? new InputError('NOT_UTF8', place, 'is not UTF-8. Convert the input first, with iconv say')
      : undefined,
  };
}

const asBuffer = (chunk: Uint8Array | string): Buffer =>
  typeof chunk === 'string'
    ? Buffer.from(chunk)
    : Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
