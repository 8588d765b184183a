import type { Socket } from 'node:net';
import { LinkedList, type Linked } from '../../pool/collections/linked-list';
import { releaseBuffer } from './buffer-pool';

/** Frames are joined up to this many bytes for one write. */
const LARGEST_JOIN = 1024 * 1024;
/** A frame as long as this is written by itself: copying it would cost more than a write of its own. */
const LONG_FRAME = 128 * 1024;
/** What a frame that waits counts beside its bytes: about what keeps it, so that a million of five bytes each are not taken for little. */
const ENTRY_OVERHEAD = 128;

/** Something to be sent: a call, an answer or a notification is its own place in the queue. */
export abstract class Outgoing implements Linked<Outgoing> {
  ahead: Outgoing | null = null;
  behind: Outgoing | null = null;
  /** Its bytes until they are handed to the socket; null afterwards, or when it was taken back. */
  frame: Uint8Array | null;

  constructor(frame: Uint8Array | null) {
    this.frame = frame;
  }

  /** What it counts for while it waits. */
  get weight(): number {
    return this.frame === null ? 0 : this.frame.length + ENTRY_OVERHEAD;
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
  #queue = new LinkedList<Outgoing>();
  /** The weight of all in the queue. */
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
    void turn.then(this.#flushNow);
  }

  /** Takes back what has not been handed to the socket. */
  drop(item: Outgoing): void {
    if (!this.#closed) {
      this.#queue.remove(item);
      this.#weight -= item.weight;
    }
    item.frame = null;
  }

  /** Nothing is written from here on. */
  close(): void {
    this.#closed = true;
    this.#queue = new LinkedList();
    this.#weight = 0;
  }

  /** Writes what there is as far as the socket takes it; otherwise that happens when the turn is over. */
  flush(): void {
    this.#flushing = false;
    while (!this.#full && !this.#closed && this.#queue.first !== null) this.#writeSome(this.#queue.first);
  }

  readonly #flushNow = (): void => {
    this.flush();
  };

  /** One write: a long frame by itself, or as many others as fit. */
  #writeSome(first: Outgoing): void {
    const { written } = first;
    const frame = this.#take(first, first.frame!);
    // Where calls are small it is alone, most of the time.
    if (this.#queue.first === null || frame.length >= LONG_FRAME) this.#write(frame, written);
    else this.#writeJoined(frame, written);
  }

  #writeJoined(first: Uint8Array, firstWritten: (() => void) | undefined): void {
    const frames = [first];
    const written = firstWritten === undefined ? [] : [firstWritten];
    let bytes = first.length;
    for (let item = this.#queue.first; item !== null && bytes < LARGEST_JOIN; item = this.#queue.first) {
      const frame = item.frame!;
      if (frame.length >= LONG_FRAME) break;
      frames.push(frame);
      bytes += frame.length;
      if (item.written !== undefined) written.push(item.written);
      this.#take(item, frame);
    }
    const all = written.length === 0 ? undefined : () => written.forEach((callback) => callback());
    this.#write(frames.length === 1 ? first : Buffer.concat(frames, bytes), all);
  }

  #take(item: Outgoing, frame: Uint8Array): Uint8Array {
    const { weight } = item;
    this.#queue.remove(item);
    this.#weight -= weight;
    item.frame = null;
    item.sent(weight);
    return frame;
  }

  #write(bytes: Uint8Array, written: (() => void) | undefined): void {
    const { length } = bytes;
    if (written === undefined && length < LONG_FRAME) {
      this.#full = !this.#socket.write(bytes);
      return;
    }
    this.#full = !this.#socket.write(bytes, (error) => {
      if (error != null) return;
      written?.();
      if (length >= LONG_FRAME) releaseBuffer(bytes);
    });
  }
}

const turn = Promise.resolve();
