import type { Subscriber } from 'rxjs';
import type { RefCountedKeepAlive } from './ref-counted-keep-alive';
import type { CloseReason } from './close-reason';
import { Outgoing, type Outbox } from './outbox';

class OutgoingNotification extends Outgoing {
  readonly method: string;
  readonly subscriber: Subscriber<never>;
  override readonly written = () => this.subscriber.complete();

  constructor(frame: Uint8Array, method: string, subscriber: Subscriber<never>) {
    super(frame);
    this.method = method;
    this.subscriber = subscriber;
  }
}

/** The notifications of this side that are not written yet. */
export class OutgoingNotifications {
  private readonly outbox: Outbox;
  private readonly keepAlive: RefCountedKeepAlive;
  private readonly unwritten = new Set<OutgoingNotification>();

  constructor(outbox: Outbox, keepAlive: RefCountedKeepAlive) {
    this.outbox = outbox;
    this.keepAlive = keepAlive;
  }

  start(frame: Uint8Array, method: string, subscriber: Subscriber<never>): void {
    const notification = new OutgoingNotification(frame, method, subscriber);
    this.unwritten.add(notification);
    this.keepAlive.ref();
    subscriber.add(() => {
      this.unwritten.delete(notification);
      this.keepAlive.unref();
      if (notification.frame !== null) this.outbox.drop(notification);
    });
    this.outbox.push(notification);
  }

  /** The connection has ended: notifications that are not written fail. */
  fail(ending: CloseReason): void {
    for (const { subscriber, method } of [...this.unwritten]) subscriber.error(ending.errorFor(method));
  }
}
