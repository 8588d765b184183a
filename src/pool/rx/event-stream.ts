import { Observable, skip } from 'rxjs';
import type { PoolCore } from '../core/pool-core';
import type { PoolEvent } from '../reports/events';
import { Listeners } from './listeners';

/** The pool's `events$`: keeps its listeners, and tells the core whether there are any. */
export class EventStream extends Observable<PoolEvent> {
  private readonly listeners = new Listeners<PoolEvent>();
  private readonly following$ = new Observable<PoolEvent>((subscriber) => {
    this.listeners.add(subscriber);
  });
  private finished = false;

  constructor(core: PoolCore<unknown>) {
    super((subscriber) => {
      const updateListening = (): void => {
        core.listen(this.listeners.any);
      };
      if (this.finished) {
        subscriber.complete();
        return;
      }
      // Events that are not delivered yet happened before this subscription.
      if (core.undeliveredEvents === 0) this.listeners.add(subscriber);
      else this.following$.pipe(skip(core.undeliveredEvents)).subscribe(subscriber);
      subscriber.add(updateListening);
      updateListening();
    });
  }

  tell(event: PoolEvent): void {
    this.listeners.next(event);
  }

  finish(): void {
    this.finished = true;
    this.listeners.complete();
  }
}
