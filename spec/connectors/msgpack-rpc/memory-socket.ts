import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** As much of a socket as a connection needs, in memory: what it says is kept, and what it hears is what the spec feeds to it. */
export class MemorySocket extends EventEmitter {
  destroyed = false;
  readonly writableLength = 0;
  private readonly saidChunks: Uint8Array[] = [];
  private readonly unheard: Buffer[] = [];
  private paused = false;
  private narrow: boolean;

  /** A `narrow` one is full after every write, until the next turn. */
  constructor(narrow = false) {
    super();
    this.narrow = narrow;
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }

  /** Everything that was written to it. */
  get said(): Buffer {
    return Buffer.concat(this.saidChunks);
  }

  hear(bytes: Buffer): void {
    this.unheard.push(bytes);
    this.speak();
  }

  /** The other side has closed: in order, or by breaking down. */
  hearEnd(error?: Error): void {
    if (this.destroyed) return;
    if (error === undefined) this.emit('end');
    else this.emit('error', error);
    this.destroy();
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    if (this.destroyed) return false;
    this.saidChunks.push(bytes);
    if (written !== undefined) queueMicrotask(written);
    if (this.narrow) queueMicrotask(() => this.emit('drain'));
    return !this.narrow;
  }

  end(): void {
    queueMicrotask(() => this.destroy());
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    queueMicrotask(() => this.emit('close'));
  }

  isPaused(): boolean {
    return this.paused;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    queueMicrotask(() => this.speak());
  }

  ref(): void {
    // Memory is never slow.
  }

  unref(): void {
    // Memory is never slow.
  }

  private speak(): void {
    while (!this.paused && !this.destroyed && this.unheard.length > 0) this.emit('data', this.unheard.shift());
  }
}
