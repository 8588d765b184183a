import { Observable, skip } from 'rxjs';
import type { PoolCore } from '../core/pool-core';
import type { PoolEvent } from '../reports/events';
import { Listeners } from './listeners';

/** The pool's `events$`: its listeners, and a core that is told whether there are any. */
export class EventStream extends Observable<PoolEvent> {
  private readonly listeners = new Listeners<PoolEvent>();
  private readonly following$ = new Observable<PoolEvent>((subscriber) => {
    this.listeners.add(subscriber);
  });
  private finished = false;

  constructor(core: PoolCore<unknown>) {
    super((subscriber) => {
      const look = (): void => {
        core.listen(this.listeners.any);
      };
      if (this.finished) {
        subscriber.complete();
        return;
      }
      // What has happened and is not told yet was before its time.
      if (core.undeliveredEvents === 0) this.listeners.add(subscriber);
      else this.following$.pipe(skip(core.undeliveredEvents)).subscribe(subscriber);
      subscriber.add(look);
      look();
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
