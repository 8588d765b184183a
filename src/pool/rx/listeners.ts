import type { Subscriber } from 'rxjs';
import { reportUnhandled } from './report-unhandled';

/**
 * Multicasts values to subscribers like a Subject, but reports an error that one of them throws (for example in a teardown that its own
 * `take` runs). A Subject would stop, skip the other subscribers, and throw at the code that made the change.
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

  /** A subscriber that is added meanwhile does not receive this value. */
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
