import { BehaviorSubject } from 'rxjs';
import type { Measure } from '../runner/case';
import { milliseconds, warmUp } from '../runner/timed';

/** The baseline of stats: eight numbers, frozen and emitted by a BehaviorSubject at each change, with or without subscribers. */
export const snapshots =
  (subscribers: number): Measure =>
  async (changes) => {
    let acquired = 0;
    const snapshot = () =>
      Object.freeze({ max: 10, total: 10, idle: 9, inUse: 1, opening: 0, pending: 0, acquired, failed: 0 });
    const stats$ = new BehaviorSubject(snapshot());
    let seen = 0;
    for (let i = 0; i < subscribers; i++) stats$.subscribe(() => seen++);
    const change = (count: number): void => {
      for (let i = 0; i < count; i++) {
        acquired++;
        stats$.next(snapshot());
      }
    };
    await warmUp(() => {
      change(changes / 4);
    });
    const ms = await milliseconds(() => {
      change(changes);
    });
    return { ns: ms / changes / 1e-6 };
  };
