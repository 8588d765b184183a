// The notifications that a connection receives, and their consumers: subscribers, and iterators that pull.
import { Observable, Subject } from 'rxjs';
import type { RpcNotification } from './messages';
import { PulledNotifications } from './pulled-notifications';
import type { RefCountedKeepAlive } from './ref-counted-keep-alive';

/** Hands each notification to all consumers. They keep the process alive. */
export class IncomingNotifications {
  readonly notifications$: Observable<RpcNotification>;

  private readonly target: string;
  private readonly maxBacklogBytes: number;
  private readonly keepAlive: RefCountedKeepAlive;
  private readonly notifications = new Subject<RpcNotification>();
  /** The consumers that pull notifications. */
  private readonly pulled = new Set<PulledNotifications>();

  constructor(target: string, maxBacklogBytes: number, keepAlive: RefCountedKeepAlive) {
    this.target = target;
    this.maxBacklogBytes = maxBacklogBytes;
    this.keepAlive = keepAlive;
    this.notifications$ = new Observable((subscriber) => {
      keepAlive.ref();
      subscriber.add(() => keepAlive.unref());
      subscriber.add(this.notifications.subscribe(subscriber));
    });
  }

  /** A consumer that pulls; of a connection that is closed already, it ends at once. */
  pull(isClosed: boolean): PulledNotifications {
    const pulled = new PulledNotifications({
      target: this.target,
      maxBacklogBytes: this.maxBacklogBytes,
      onEnd: (ended) => {
        this.pulled.delete(ended);
        this.keepAlive.unref();
      },
    });
    this.keepAlive.ref();
    if (isClosed) pulled.end();
    else this.pulled.add(pulled);
    return pulled;
  }

  /** A notification of a message with `bytes` decoded bytes. */
  publish(notification: RpcNotification, bytes: number): void {
    if (this.pulled.size > 0) for (const pulled of this.pulled) pulled.push(notification, bytes);
    this.notifications.next(notification);
  }

  /** The connection has ended. */
  end(): void {
    this.notifications.complete();
    for (const pulled of [...this.pulled]) pulled.end();
  }
}
