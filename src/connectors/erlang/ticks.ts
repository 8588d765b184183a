import type { Socket } from 'node:net';

/** A node counts as silent after this number of intervals, as between Erlang nodes. */
export const INTERVALS = 4;
/** Ticks are answered at most this often, in ms. */
const ANSWER_EVERY = 200;

const TICK = Buffer.alloc(4);

/** Keeps a connection known as alive at both ends: frames without content, when there is nothing else. Its timer keeps no process alive. */
export class Ticks {
  /** Something has come in. */
  heard = true;
  private readonly socket: Socket;
  private readonly interval: number;
  private readonly onSilence: () => void;
  private readonly timer: NodeJS.Timeout;
  private lastLook: NodeJS.Immediate | undefined;
  private silent = 0;
  private written = 0;
  private answered = 0;

  constructor(socket: Socket, interval: number, onSilence: () => void) {
    this.socket = socket;
    this.interval = interval;
    this.onSilence = onSilence;
    // Real time, not the scheduler of a pool: the node at the other end counts in it too.
    this.timer = setInterval(() => this.look(), interval).unref();
  }

  /** A tick has come in: it is answered, since the node may expect more of them than this side sends. */
  answer(): void {
    const now = performance.now();
    if (now - this.answered < Math.min(ANSWER_EVERY, this.interval)) return;
    this.answered = now;
    this.tick();
  }

  stop(): void {
    clearInterval(this.timer);
    clearImmediate(this.lastLook);
  }

  private look(): void {
    if (this.socket.bytesWritten === this.written) this.tick();
    this.written = this.socket.bytesWritten;
    if (this.heard) this.silent = 0;
    else this.silent++;
    this.heard = false;
    // Where this process was too busy to read, or was stopped, what the node sent is there: it is read before an immediate.
    if (this.silent >= INTERVALS) this.lastLook = setImmediate(() => this.decide());
  }

  private decide(): void {
    if (!this.heard) this.onSilence();
  }

  private tick(): void {
    // What is full will be written later, and tells as much.
    if (!this.socket.writableNeedDrain) this.socket.write(TICK);
  }
}
