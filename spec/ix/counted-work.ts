import { Observable } from 'rxjs';
import { deferred, microtasks } from '../helpers/turns';
import type { Deferred } from '../helpers/turns';

/** Work, as `withConnection` takes it. */
export type Work = (connection: unknown, item: number) => Observable<number> | Promise<number>;

/** Work that counts itself: how much of it was begun, runs now, was cancelled. */
export class CountedWork {
  begun = 0;
  /** Using a connection now. */
  inside = 0;
  most = 0;
  cancelled = 0;

  /** Ends inside of its own beginning. */
  readonly atOnce = (_connection: unknown, item: number): Observable<number> =>
    new Observable((subscriber) => {
      this.enter();
      this.inside--;
      subscriber.next(item);
      subscriber.complete();
    });

  /** An Observable that takes some microtasks, and stops when it is told to. */
  readonly stoppable = (_connection: unknown, item: number): Observable<number> =>
    new Observable((subscriber) => {
      this.enter();
      let open = true;
      subscriber.add(() => {
        if (open) this.cancelled++;
        if (open) this.inside--;
        open = false;
      });
      void microtasks(2 + (item % 3)).then(() => {
        if (!open) return;
        open = false;
        this.inside--;
        subscriber.next(item);
        subscriber.complete();
      });
    });

  /** A promise, which cannot be cancelled. */
  readonly deaf = async (_connection: unknown, item: number): Promise<number> => {
    this.enter();
    await microtasks(3 + (item % 4));
    this.inside--;
    return item;
  };

  /** A promise that takes longer than any source. */
  readonly slow = async (_connection: unknown, item: number): Promise<number> => {
    this.enter();
    await microtasks(60);
    this.inside--;
    return item;
  };

  /** What `byHand` waits for, by item. */
  readonly hands = new Map<number, Deferred<number>>();

  /** Ends when the spec says so. */
  readonly byHand = (_connection: unknown, item: number): Observable<number> =>
    new Observable((subscriber) => {
      this.enter();
      const hand = deferred<number>();
      this.hands.set(item, hand);
      let open = true;
      subscriber.add(() => {
        if (open) this.cancelled++;
        if (open) this.inside--;
        open = false;
      });
      const end = (): boolean => {
        if (!open) return false;
        open = false;
        this.inside--;
        return true;
      };
      hand.promise.then(
        (value) => {
          if (!end()) return;
          subscriber.next(value);
          subscriber.complete();
        },
        (error: unknown) => {
          if (end()) subscriber.error(error);
        },
      );
    });

  finish(item: number, value = item): void {
    this.hands.get(item)!.resolve(value);
  }

  break(item: number, error: unknown): void {
    this.hands.get(item)!.reject(error);
  }

  private enter(): void {
    this.begun++;
    this.most = Math.max(this.most, ++this.inside);
  }
}
