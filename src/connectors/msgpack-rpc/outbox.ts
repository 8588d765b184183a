import type { Socket } from 'node:net';
import { LinkedList, type Linked } from '../../pool/collections/linked-list';
import { releaseBuffer } from './buffer-pool';

/** Frames are joined up to this many bytes for one write. */
const LARGEST_JOIN = 1024 * 1024;
/** A frame of this size is written alone: copying it would cost more than a separate write. */
const LONG_FRAME = 128 * 1024;
/** Bytes that a waiting frame counts besides its own: about its objects, so that a million frames of five bytes count. */
const ENTRY_OVERHEAD = 128;

/** A call, an answer or a notification to send. It is its own node in the queue. */
export abstract class Outgoing implements Linked<Outgoing> {
  ahead: Outgoing | null = null;
  behind: Outgoing | null = null;
  /** Its bytes until the socket has them; null afterwards, or when it was dropped. */
  frame: Uint8Array | null;

  constructor(frame: Uint8Array | null) {
    this.frame = frame;
  }

  /** The bytes that it counts while it waits. */
  get weight(): number {
    return this.frame === null ? 0 : this.frame.length + ENTRY_OVERHEAD;
  }

  /** Called when the socket has it; `weight` is what it counted. */
  sent(_weight: number): void {
    // Only answers need it.
  }

  /** Called when the operating system has the frame, if defined. */
  readonly written: (() => void) | undefined;
}

/**
 * The queue of outgoing frames. Frames of one turn are joined into one write, a microtask later, because a write costs more than everything else
 * about a small message. While the socket is full it gets no frames, so that waiting frames can still be dropped.
 */
export class Outbox {
  private readonly socket: Socket;
  private queue = new LinkedList<Outgoing>();
  /** The total weight of the queue. */
  private weight = 0;
  private flushing = false;
  private socketFull = false;
  private closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('drain', () => {
      this.socketFull = false;
      this.flush();
    });
  }

  /** Whether the buffer of the socket is full. */
  get full(): boolean {
    return this.socketFull;
  }

  /** Bytes that the other side has not received: those in the queue, and those in the socket. */
  get waitingBytes(): number {
    return this.socketFull ? this.weight + this.socket.writableLength : this.weight;
  }

  push(item: Outgoing): void {
    if (this.closed) return;
    this.queue.push(item);
    this.weight += item.weight;
    if (this.flushing || this.socketFull) return;
    this.flushing = true;
    void turn.then(this.flushNow);
  }

  /** Removes an item that the socket does not have yet. */
  drop(item: Outgoing): void {
    if (!this.closed) {
      this.queue.remove(item);
      this.weight -= item.weight;
    }
    item.frame = null;
  }

  /** Drops the queue. Nothing is written any more. */
  close(): void {
    this.closed = true;
    this.queue = new LinkedList();
    this.weight = 0;
  }

  /** Writes the queue now, as far as the socket accepts it, instead of at the end of the turn. */
  flush(): void {
    this.flushing = false;
    while (!this.socketFull && !this.closed && this.queue.first !== null) this.writeSome(this.queue.first);
  }

  private readonly flushNow = (): void => {
    this.flush();
  };

  /** One write: a long frame alone, or as many shorter ones as fit. */
  private writeSome(first: Outgoing): void {
    const { written } = first;
    const frame = this.take(first, first.frame!);
    // The usual case: a single frame.
    if (this.queue.first === null || frame.length >= LONG_FRAME) this.write(frame, written);
    else this.writeJoined(frame, written);
  }

  private writeJoined(first: Uint8Array, firstWritten: (() => void) | undefined): void {
    const frames = [first];
    const written = firstWritten === undefined ? [] : [firstWritten];
    let bytes = first.length;
    for (let item = this.queue.first; item !== null && bytes < LARGEST_JOIN; item = this.queue.first) {
      const frame = item.frame!;
      if (frame.length >= LONG_FRAME) break;
      frames.push(frame);
      bytes += frame.length;
      if (item.written !== undefined) written.push(item.written);
      this.take(item, frame);
    }
    const all = written.length === 0 ? undefined : () => written.forEach((callback) => callback());
    this.write(frames.length === 1 ? first : Buffer.concat(frames, bytes), all);
  }

  private take(item: Outgoing, frame: Uint8Array): Uint8Array {
    const { weight } = item;
    this.queue.remove(item);
    this.weight -= weight;
    item.frame = null;
    item.sent(weight);
    return frame;
  }

  private write(bytes: Uint8Array, written: (() => void) | undefined): void {
    const { length } = bytes;
    if (written === undefined && length < LONG_FRAME) {
      this.socketFull = !this.socket.write(bytes);
      return;
    }
    this.socketFull = !this.socket.write(bytes, (error) => {
      if (error != null) return;
      written?.();
      if (length >= LONG_FRAME) releaseBuffer(bytes);
    });
  }
}

const turn = Promise.resolve();
