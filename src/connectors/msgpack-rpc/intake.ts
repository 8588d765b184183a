import type { OnReadOpts } from 'node:net';
import { Inbox } from './inbox';
import type { MessageLimits } from './limits';

/** The size of one read; and of one read within a message that is known to be long. */
const READ = 64 * 1024;
const LONG_READ = 1024 * 1024;
/** The maximum size of a TLS record. */
const RECORD = 16 * 1024;

/**
 * The buffer that all connections share which are not within a long message: each read is handled before the next one begins. Decrypted data
 * may arrive at other times, so that TLS connections have a buffer of their own.
 */
let common: Buffer | undefined;

/** Lets a socket read into reused memory, instead of new memory for each read. */
export class Intake {
  readonly inbox: Inbox;
  /** The option `onread` of the socket. */
  readonly onread: OnReadOpts;
  private readonly own: Buffer | undefined;
  private space: Buffer | undefined;
  private onBytes: (() => void) | undefined;
  private closed = false;

  constructor(limits: MessageLimits, encrypted: boolean) {
    this.inbox = new Inbox(limits);
    this.own = encrypted ? Buffer.allocUnsafeSlow(RECORD) : undefined;
    this.onread = {
      buffer: () => this.nextBuffer(),
      callback: (count, buffer) => this.read(count, buffer as Buffer),
    };
  }

  /** `onBytes` is called for each read. */
  open(onBytes: () => void): void {
    this.onBytes = onBytes;
  }

  /** Drops all data from now on. */
  close(): void {
    this.closed = true;
    this.onBytes = undefined;
  }

  private nextBuffer(): Buffer {
    this.space = this.closed ? undefined : this.inbox.space(LONG_READ);
    return this.space ?? this.own ?? (common ??= Buffer.allocUnsafeSlow(READ));
  }

  private read(count: number, buffer: Buffer): boolean {
    if (this.closed) return true;
    if (buffer === this.space) this.inbox.filled(count);
    else this.inbox.borrow(buffer, count);
    this.onBytes?.();
    this.inbox.settle();
    return true;
  }
}
