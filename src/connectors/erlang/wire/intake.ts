import type { OnReadOpts } from 'node:net';
import { TermRefusal } from '../terms/limits';
import type { FrameReader } from './frame-reader';

const READ = 64 * 1024;
/** The size of a TLS record: TLS decrypts at most this much at a time. */
const RECORD = 16 * 1024;

/**
 * Where all connections read into that are not in the midst of a long message: what a read brought is looked at before the next one begins. What is
 * decrypted may come at other times too, so that each of those has memory of its own.
 */
let common: Buffer | undefined;

/** Lets a socket read into memory of ours, in place of a new piece of memory for every read. */
export class Intake {
  /** To be given to the socket as its option `onread`. */
  readonly onread: OnReadOpts;
  private readonly frames: FrameReader;
  private readonly own: Buffer | undefined;
  private readonly onBytes: () => void;
  private readonly onRefusal: (refusal: TermRefusal) => void;
  private space: Buffer | undefined;

  constructor(
    frames: FrameReader,
    isEncrypted: boolean,
    onBytes: () => void,
    onRefusal: (refusal: TermRefusal) => void,
  ) {
    this.frames = frames;
    this.onBytes = onBytes;
    this.onRefusal = onRefusal;
    this.own = isEncrypted ? Buffer.allocUnsafeSlow(RECORD) : undefined;
    this.onread = {
      buffer: () => (this.space = frames.space()) ?? this.own ?? (common ??= Buffer.allocUnsafeSlow(READ)),
      callback: (count, buffer) => {
        this.push(buffer as Buffer, count);
        return true;
      },
    };
  }

  /** Takes in the first `count` bytes of a memory. */
  push(buffer: Buffer, count: number): void {
    const frames = this.frames;
    if (frames.closed) return;
    this.onBytes();
    try {
      if (buffer === this.space) frames.filled(count);
      else frames.push(buffer, count);
    } catch (error) {
      if (!(error instanceof TermRefusal)) throw error;
      this.onRefusal(error);
    }
  }

  /** What still comes is not looked at. */
  close(): void {
    this.frames.closed = true;
  }
}
