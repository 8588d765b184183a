import { Observable } from 'rxjs';
import type { PoolCore } from './core';
import type { PoolEvent } from './events';
import { Listeners } from './listeners';

/** The pool's `events$`: its listeners, and a core that is told whether there are any. */
export class EventStream extends Observable<PoolEvent> {
  private readonly listeners = new Listeners<PoolEvent>();
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
      this.listeners.add(subscriber);
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
