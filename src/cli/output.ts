import type { OutputStream } from './io';
import { wrapWords } from './wrap-words';

/**
 * Writes to a stream. Joins the texts of one turn into one write, and calls back when each is written, so that a slow reader slows down the
 * writer. A closed reader is no error of the program: later texts are dropped.
 */
export class Output {
  /** The error of a write, such as `EPIPE` of a closed reader. After it nothing is written. */
  failure: NodeJS.ErrnoException | undefined;

  private texts: string[] = [];
  private callbacks: (() => void)[] = [];
  private pendingWrites = 0;
  private flushWaiters: (() => void)[] = [];

  constructor(
    private readonly stream: OutputStream,
    private readonly hooks: { before?: () => void; after?: () => void; failed?: () => void } = {},
  ) {
    stream.on('error', (error) => this.fail(error));
  }

  write(text: string, onWritten?: () => void): void {
    if (this.texts.length === 0) {
      this.pendingWrites++;
      setImmediate(() => this.flush());
    }
    this.texts.push(text);
    if (onWritten !== undefined) this.callbacks.push(onWritten);
  }

  /** Writes prose: on a terminal, lines are broken between words. */
  writeText(text: string): void {
    const { isTTY = false, columns = 0 } = this.stream;
    this.write(isTTY ? wrapWords(text, columns) : text);
  }

  /** Whether some text is not written yet. */
  get busy(): boolean {
    return this.pendingWrites > 0;
  }

  /** Resolves when everything is written. */
  async flushed(): Promise<void> {
    if (this.busy) await new Promise<void>((resolve) => this.flushWaiters.push(resolve));
  }

  private flush(): void {
    const { texts, callbacks } = this;
    this.texts = [];
    this.callbacks = [];
    const onWritten = () => {
      this.pendingWrites--;
      for (const each of callbacks) each();
      if (this.pendingWrites === 0) for (const resolve of this.flushWaiters.splice(0)) resolve();
    };
    if (this.failure !== undefined) {
      onWritten();
      return;
    }
    this.hooks.before?.();
    const pieces = joined(texts);
    for (const [index, piece] of pieces.entries()) {
      this.stream.write(piece, (error) => {
        if (error != null) this.fail(error);
        if (index === pieces.length - 1) onWritten();
      });
    }
    this.hooks.after?.();
  }

  private fail(error: NodeJS.ErrnoException): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.hooks.failed?.();
  }
}

const MAX_PIECE = 1024 * 1024;

/** Joins texts into few pieces, each below the maximum length of a string. */
function joined(texts: readonly string[]): string[] {
  const pieces: string[] = [];
  let from = 0;
  let length = 0;
  for (const [index, text] of texts.entries()) {
    if (index > from && length + text.length > MAX_PIECE) {
      pieces.push(texts.slice(from, index).join(''));
      from = index;
      length = 0;
    }
    length += text.length;
  }
  pieces.push(texts.slice(from).join(''));
  return pieces;
}
