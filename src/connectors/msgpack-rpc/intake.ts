import type { OnReadOpts } from 'node:net';
import { Inbox } from './inbox';
import type { MessageLimits } from './limits';

/** As much as the system is asked for at a time, unless it is known that more of one message is to come; then so much of that. */
const READ = 64 * 1024;
const LONG_READ = 1024 * 1024;
/** As much as TLS decrypts at a time. */
const RECORD = 16 * 1024;

/**
 * Where all connections read into that are not in the midst of a long message: a read is over, and what it brought looked at, before the
 * next one begins. What is decrypted may come at other times too, so that each of those has memory of its own.
 */
let common: Buffer | undefined;

/** Lets a socket read into memory of ours, in place of a new piece of memory for every read. */
export class Intake {
  readonly inbox: Inbox;
  /** To be given to the socket as its option `onread`. */
  readonly onread: OnReadOpts;
  readonly #own: Buffer | undefined;
  #space: Buffer | undefined;
  #onBytes: (() => void) | undefined;
  #closed = false;

  constructor(limits: MessageLimits, encrypted: boolean) {
    this.inbox = new Inbox(limits);
    this.#own = encrypted ? Buffer.allocUnsafeSlow(RECORD) : undefined;
    this.onread = {
      buffer: () => this.#nextBuffer(),
      callback: (count, buffer) => this.#read(count, buffer as Buffer),
    };
  }

  /** `onBytes` is called whenever something has come in. */
  open(onBytes: () => void): void {
    this.#onBytes = onBytes;
  }

  /** Nobody wants what still comes. */
  close(): void {
    this.#closed = true;
    this.#onBytes = undefined;
  }

  #nextBuffer(): Buffer {
    this.#space = this.#closed ? undefined : this.inbox.space(LONG_READ);
    return this.#space ?? this.#own ?? (common ??= Buffer.allocUnsafeSlow(READ));
  }

  #read(count: number, buffer: Buffer): boolean {
    if (this.#closed) return true;
    if (buffer === this.#space) this.inbox.filled(count);
    else this.inbox.borrow(buffer, count);
    this.#onBytes?.();
    this.inbox.settle();
    return true;
  }
}
