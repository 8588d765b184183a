import type { Subscriber } from 'rxjs';
import { reportUnhandled } from './report-unhandled';

/**
 * Subscribers that are all told the same, as those of a Subject; but what one of them throws (a teardown that its own `take` runs, say) is
 * reported, where a Subject would stop, tell the others nothing, and throw at whatever made the change.
 */
export class Listeners<T> {
  private subscribers: readonly Subscriber<T>[] = [];

  get any(): boolean {
    return this.subscribers.length > 0;
  }

  add(subscriber: Subscriber<T>): void {
    if (subscriber.closed) return;
    this.subscribers = [...this.subscribers, subscriber];
    subscriber.add(() => {
      this.subscribers = this.subscribers.filter((other) => other !== subscriber);
    });
  }

  /** Those that subscribe meanwhile are not told of this one. */
  next(value: T): void {
    for (const subscriber of this.subscribers) {
      try {
        subscriber.next(value);
      } catch (error) {
        reportUnhandled(error);
      }
    }
  }

  complete(): void {
    for (const subscriber of this.subscribers) {
      try {
        subscriber.complete();
      } catch (error) {
        reportUnhandled(error);
      }
    }
  }
}
