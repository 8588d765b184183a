const LF = 0x0a;
const CR = 0x0d;

export interface RawLine {
  /** Without the line end; null if the line is too long. */
  readonly bytes: Buffer | null;
  /** Number of bytes, the line end included. */
  readonly size: number;
}

/**
 * Splits chunks of bytes into lines. In UTF-8 a line feed is never part of another character, so that nothing has to be decoded to find it. The
 * chunks of a line are kept in a list, so that a long one is not copied with each chunk.
 */
export class LineSplitter {
  private parts: Buffer[] = [];
  private size = 0;

  constructor(private readonly maxBytes: number) {}

  *push(chunk: Buffer): Generator<RawLine, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.keep(chunk.subarray(start, end));
      start = end + 1;
      yield this.take();
    }
    if (start < chunk.length) this.keep(chunk.subarray(start));
  }

  /** The last line, if it has no line end. */
  *end(): Generator<RawLine, void, undefined> {
    if (this.size > 0) yield this.take();
  }

  private keep(part: Buffer): void {
    this.size += part.length;
    // One more for the carriage return.
    if (this.size > this.maxBytes + 1) this.parts = [];
    else this.parts.push(part);
  }

  private take(): RawLine {
    const { parts, size } = this;
    this.parts = [];
    this.size = 0;
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const length = size > 0 && line[size - 1] === CR ? size - 1 : size;
    return { bytes: length > this.maxBytes ? null : line.subarray(0, length), size: size + 1 };
  }
}
