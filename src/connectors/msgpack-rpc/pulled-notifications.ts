import { RpcBacklogError } from './errors';
import type { RpcNotification } from './messages';

/** A notification that is kept until it is pulled. */
interface Kept {
  readonly notification: RpcNotification;
  readonly weight: number;
  next: Kept | undefined;
}

/** Bytes that a notification counts besides its decoded bytes: about its objects. */
const ENTRY_OVERHEAD = 128;

export interface PulledNotificationsConfig {
  readonly target: string;
  readonly maxBacklogBytes: number;
  /** Called when the consumer has returned, or the connection has ended. */
  readonly onEnd: (pulled: PulledNotifications) => void;
}

/** The notifications of a connection for one consumer, which pulls them. They are kept until then, up to a limit. */
export class PulledNotifications implements AsyncIterableIterator<RpcNotification> {
  private readonly config: PulledNotificationsConfig;
  private first: Kept | undefined;
  private last: Kept | undefined;
  /** The total weight of the kept notifications. */
  private weight = 0;
  /** Notifications dropped at the limit. The consumer gets an error in their place, and nothing after it. */
  private dropped = 0;
  private isOver = false;
  /** Pulls that wait for a notification. */
  private pulls: ((result: IteratorResult<RpcNotification, undefined>) => void)[] = [];

  constructor(config: PulledNotificationsConfig) {
    this.config = config;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Adds a notification of a message with `bytes` decoded bytes. */
  push(notification: RpcNotification, bytes: number): void {
    const pull = this.pulls.shift();
    if (pull !== undefined) {
      pull({ done: false, value: notification });
      return;
    }
    if (this.dropped > 0 || this.weight >= this.config.maxBacklogBytes) {
      this.dropped++;
      return;
    }
    const kept: Kept = { notification, weight: bytes + ENTRY_OVERHEAD, next: undefined };
    this.weight += kept.weight;
    if (this.last === undefined) this.first = kept;
    else this.last.next = kept;
    this.last = kept;
  }

  /** The connection has ended. Kept notifications can still be pulled. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.config.onEnd(this);
    for (const pull of this.pulls.splice(0)) pull({ done: true, value: undefined });
  }

  async next(): Promise<IteratorResult<RpcNotification, undefined>> {
    const kept = this.first;
    if (kept !== undefined) {
      this.first = kept.next;
      if (kept.next === undefined) this.last = undefined;
      this.weight -= kept.weight;
      return { done: false, value: kept.notification };
    }
    if (this.dropped > 0) {
      const { target, maxBacklogBytes } = this.config;
      const reason = `sent ${this.dropped} notifications that were dropped: ${maxBacklogBytes} bytes of those before had not been pulled (maxBacklogBytes)`;
      this.dropped = 0;
      this.end();
      throw new RpcBacklogError(target, reason);
    }
    if (this.isOver) return { done: true, value: undefined };
    return new Promise((resolve) => this.pulls.push(resolve));
  }

  return(): Promise<IteratorResult<RpcNotification, undefined>> {
    this.first = this.last = undefined;
    this.dropped = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
