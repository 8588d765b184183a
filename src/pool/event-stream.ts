import { Observable, Subject } from 'rxjs';
import type { PoolCore } from './core';
import type { PoolEvent } from './events';

/** The pool's `events$`: a Subject behind it, and a core that is told whether anybody listens. */
export class EventStream extends Observable<PoolEvent> {
  private readonly subject = new Subject<PoolEvent>();

  constructor(core: PoolCore<unknown>) {
    super((subscriber) => {
      const look = (): void => {
        core.listen(this.subject.observed);
      };
      subscriber.add(this.subject.subscribe(subscriber));
      subscriber.add(look);
      look();
    });
  }

  tell(event: PoolEvent): void {
    this.subject.next(event);
  }

  finish(): void {
    this.subject.complete();
  }
}
