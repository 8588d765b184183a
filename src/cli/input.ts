import { accessSync, constants, createReadStream, fstatSync, open, statSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { messageOf } from '../pool/values/describe';
import type { Io } from './io';
import { linesOf, type Line } from './lines';

const opened = promisify(open);

type Chunk = Uint8Array | string;

/** A file that has been checked, so that a wrong name is reported before anything is sent. */
interface InputFile {
  readonly name: string;
  /** Undefined for `-`, the standard input. */
  readonly stats?: Stats;
  readonly problem?: string;
}

/** The input: the named files, or else the standard input. */
export class Input {
  private readonly files: readonly InputFile[];
  private current: Readable | undefined;
  private closed = false;

  constructor(
    names: readonly string[],
    private readonly stdin: Io['stdin'],
  ) {
    this.files = names.map(checkFile);
  }

  /** Why files cannot be read, a sentence each. */
  get problems(): string[] {
    return this.files.flatMap(({ problem }) => problem ?? []);
  }

  /** Whether it is read from a terminal. */
  get isTerminal(): boolean {
    const readsStdin = this.files.length === 0 || this.files.some(({ stats }) => stats === undefined);
    return readsStdin && this.stdin().isTTY === true;
  }

  /** Its total bytes; undefined where they cannot be known. */
  get size(): number | undefined {
    const all = this.files.length === 0 ? [undefined] : this.files.map(({ stats }) => stats);
    let size = 0;
    for (const stats of all.map((one) => one ?? statsOf(this.stdin().fd))) {
      if (stats?.isFile() !== true) return undefined;
      size += stats.size;
    }
    return size;
  }

  lines(): AsyncGenerator<Line, void, undefined> {
    const files = this.files.map(({ name, stats }) => ({
      name,
      chunks: () => this.read(() => this.open(name, stats)),
    }));
    const stdin = { name: undefined, chunks: () => this.read(() => this.stdin()) };
    return linesOf(files.length > 0 ? files : [stdin]);
  }

  /** Stops reading, so that the input does not keep the process alive. */
  close(): void {
    this.closed = true;
    this.current?.destroy();
  }

  private async *read(stream: () => Readable | Promise<Readable>): AsyncGenerator<Chunk, void, undefined> {
    if (this.closed) return;
    this.current = await stream();
    if (this.closed) this.current.destroy();
    yield* this.current as AsyncIterable<Chunk>;
  }

  private async open(name: string, stats: Stats | undefined): Promise<Readable> {
    if (stats === undefined) return this.stdin();
    if (!stats.isFIFO()) return createReadStream(name);
    // A pipe read as a file blocks a thread that cannot be stopped: the process could not end before data arrives.
    return new Socket({ fd: await opened(name, 'r'), readable: true, writable: false });
  }
}

function checkFile(name: string): InputFile {
  if (name === '-') return { name };
  try {
    const stats = statSync(name);
    accessSync(name, constants.R_OK);
    return stats.isDirectory() ? { name, stats, problem: `cannot read '${name}': it is a directory` } : { name, stats };
  } catch (error) {
    return { name, problem: unreadable(name, error) };
  }
}

/** A sentence on a file that could not be read. */
export function unreadable(name: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return `cannot read '${name}': ${reasons[code ?? ''] ?? messageOf(error)}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'that is not allowed',
  EISDIR: 'it is a directory',
};

function statsOf(fd: number | undefined): Stats | undefined {
  return fd === undefined ? undefined : fstatSync(fd);
}
