import { concat, from, Observable, of } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { batchOutcomes, batchParallel } from '../../src/index';
import { poolError } from '../helpers/marbles';

describe('a batch of inners that are no tasks, without a concurrency', () => {
  for (const [name, batch] of Object.entries({ batchOutcomes, batchParallel })) {
    it(`${name} fails, and subscribes none of them`, () => {
      let subscribed = 0;
      const inner = new Observable<number>((subscriber) => {
        subscribed++;
        subscriber.complete();
      });
      for (const source of [of(inner), from([inner, inner]), concat(of(inner), of(inner))]) {
        const told: unknown[] = [];
        source.pipe((batch as () => OperatorFunction<Observable<number>, unknown>)()).subscribe({
          next: () => told.push('next'),
          error: (error: unknown) => told.push(error),
          complete: () => told.push('complete'),
        });
        expect(told).toEqual([poolError('INVALID_CONFIG')]);
      }
      expect(subscribed).toBe(0);
    });
  }
});
