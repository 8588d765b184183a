import type { Sink } from './io';
import { wrapWords } from './wrap-words';

/**
 * Writes to a stream: what comes in one turn in one piece, and says of everything when it has left, so that whoever writes can wait for
 * a slow reader. A reader that is gone is no error of ours: everything then leaves into nothing.
 */
export class Output {
  /** What writing failed with; a reader that is gone counts. Afterwards nothing is written any more. */
  failure: NodeJS.ErrnoException | undefined;

  private texts: string[] = [];
  private leaving: (() => void)[] = [];
  private underWay = 0;
  private idle: (() => void)[] = [];

  constructor(
    private readonly stream: Sink,
    private readonly hooks: { before?: () => void; after?: () => void; failed?: () => void } = {},
  ) {
    stream.on('error', (error) => this.fail(error));
  }

  write(text: string, left?: () => void): void {
    if (this.texts.length === 0) {
      this.underWay++;
      setImmediate(() => this.flush());
    }
    this.texts.push(text);
    if (left !== undefined) this.leaving.push(left);
  }

  /** The same for sentences: on a terminal they are broken between words. */
  writeText(text: string): void {
    const { isTTY = false, columns = 0 } = this.stream;
    this.write(isTTY ? wrapWords(text, columns) : text);
  }

  /** Whether something has not left yet. */
  get busy(): boolean {
    return this.underWay > 0;
  }

  /** Resolves when everything has left. */
  async flushed(): Promise<void> {
    if (this.busy) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private flush(): void {
    const { texts, leaving } = this;
    this.texts = [];
    this.leaving = [];
    const left = () => {
      this.underWay--;
      for (const each of leaving) each();
      if (this.underWay === 0) for (const resolve of this.idle.splice(0)) resolve();
    };
    if (this.failure !== undefined) {
      left();
      return;
    }
    this.hooks.before?.();
    const pieces = joined(texts);
    for (const [index, piece] of pieces.entries()) {
      this.stream.write(piece, (error) => {
        if (error != null) this.fail(error);
        if (index === pieces.length - 1) left();
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

const LONGEST_PIECE = 1024 * 1024;

/** As few texts as may be, none of which is made so long that there can be no such text. */
function joined(texts: readonly string[]): string[] {
  const pieces: string[] = [];
  let from = 0;
  let length = 0;
  for (const [index, text] of texts.entries()) {
    if (index > from && length + text.length > LONGEST_PIECE) {
      pieces.push(texts.slice(from, index).join(''));
      from = index;
      length = 0;
    }
    length += text.length;
  }
  pieces.push(texts.slice(from).join(''));
  return pieces;
}
