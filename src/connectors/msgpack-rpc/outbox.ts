import type { Socket } from 'node:net';
import { giveBack } from './spare';

/** Frames are joined up to this many bytes for one write. */
const LARGEST_JOIN = 1024 * 1024;
/** A frame as long as this is written by itself: copying it would cost more than a write of its own. */
const LONG_FRAME = 128 * 1024;
/** What a frame that waits counts beside its bytes: about what keeps it, so that a million of five bytes each are not taken for little. */
const PLACE = 128;
/** Frames taken back are cleared away when there are more of them than this, and more than of the others. */
const MANY = 1024;

/** Something to be sent: a call, an answer or a notification is its own place in the queue. */
export abstract class Outgoing {
  /** Its bytes until they are handed to the socket; null afterwards, or when it was taken back. */
  frame: Uint8Array | null;

  constructor(frame: Uint8Array) {
    this.frame = frame;
  }

  /** What it counts for while it waits. */
  get weight(): number {
    return this.frame === null ? 0 : this.frame.length + PLACE;
  }

  /** The socket has taken it, which was of this weight. */
  sent(_weight: number): void {
    // Most need not know.
  }

  /** Called when the frame has left for the operating system, if there is such a function. */
  readonly written: (() => void) | undefined;
}

/**
 * The way out. What is sent in one turn leaves in one write, a microtask later, because a write costs more than everything else
 * about a small message. While the socket is full nothing is handed to it, so that what has not left can be taken back.
 */
export class Outbox {
  readonly #socket: Socket;
  #queue: Outgoing[] = [];
  /** Where in the queue the next one stands. */
  #head = 0;
  /** Those in the queue that were taken back. */
  #dropped = 0;
  /** The weight of the others. */
  #weight = 0;
  #flushing = false;
  #full = false;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('drain', () => {
      this.#full = false;
      this.flush();
    });
  }

  /** Whether the socket has taken as much as it wants for now. */
  get full(): boolean {
    return this.#full;
  }

  /** Bytes that the other side has still to take: those in the queue, and those that the socket holds. */
  get waitingBytes(): number {
    return this.#full ? this.#weight + this.#socket.writableLength : this.#weight;
  }

  push(item: Outgoing): void {
    if (this.#closed) return;
    this.#queue.push(item);
    this.#weight += item.weight;
    if (this.#flushing || this.#full) return;
    this.#flushing = true;
    void turn.then(() => this.flush());
  }

  /** Takes back what has not been handed to the socket. */
  drop(item: Outgoing): void {
    this.#weight -= item.weight;
    item.frame = null;
    if (++this.#dropped < MANY || 2 * this.#dropped < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head).filter((kept) => kept.frame !== null);
    this.#head = 0;
    this.#dropped = 0;
  }

  /** Nothing is written from here on. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#head = 0;
    this.#weight = 0;
  }

  /** Writes what there is as far as the socket takes it; otherwise that happens when the turn is over. */
  flush(): void {
    this.#flushing = false;
    while (!this.#full && !this.#closed && this.#head < this.#queue.length) this.#writeSome();
    if (this.#head >= this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
      this.#dropped = 0;
    } else if (this.#head > MANY && 2 * this.#head > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** One write: a long frame by itself, or as many others as fit. */
  #writeSome(): void {
    const frames: Uint8Array[] = [];
    const written: (() => void)[] = [];
    let bytes = 0;
    while (this.#head < this.#queue.length && bytes < LARGEST_JOIN) {
      const item = this.#queue[this.#head]!;
      const { frame } = item;
      if (frame !== null && frame.length >= LONG_FRAME && frames.length > 0) break;
      this.#head++;
      if (frame === null) continue;
      frames.push(frame);
      bytes += frame.length;
      const { weight } = item;
      this.#weight -= weight;
      item.frame = null;
      item.sent(weight);
      if (item.written !== undefined) written.push(item.written);
      if (frame.length >= LONG_FRAME) break;
    }
    if (frames.length === 0) return;
    const joined = frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes);
    if (bytes >= LONG_FRAME) written.push(() => giveBack(joined));
    this.#full = !(written.length === 0 ? this.#socket.write(joined) : this.#socket.write(joined, allOf(written)));
  }
}

const turn = Promise.resolve();

const allOf = (callbacks: (() => void)[]) => (error?: Error | null) => {
  if (error == null) for (const callback of callbacks) callback();
};
