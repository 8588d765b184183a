import { Observable, type OperatorFunction } from 'rxjs';
import type { FreeList } from './free-list';

/**
 * The baseline of a batch: one operator written by hand that leases from the list, runs the work (a value or a promise), and releases,
 * `concurrency` items at a time. It supports no errors, no cancellation and no inner Observables.
 */
export function leaseMap<T, R>(
  list: FreeList,
  work: (resource: object, item: T) => R | Promise<R>,
  concurrency: number,
): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      const items: T[] = [];
      let next = 0;
      let active = 0;
      let drawing = false;
      let ended = false;

      const settle = (resource: object, value: R): void => {
        active--;
        list.release(resource);
        subscriber.next(value);
        draw();
      };
      const start = (resource: object): void => {
        const value = work(resource, items[next++]!);
        if (value instanceof Promise)
          void value.then((result) => {
            settle(resource, result);
          });
        else settle(resource, value);
      };
      const draw = (): void => {
        if (drawing) return;
        drawing = true;
        while (next < items.length && active < concurrency) {
          active++;
          list.acquire(start);
        }
        drawing = false;
        if (ended && active === 0) subscriber.complete();
      };

      source.subscribe({
        next: (item) => {
          items.push(item);
          draw();
        },
        complete: () => {
          ended = true;
          draw();
        },
      });
    });
}
