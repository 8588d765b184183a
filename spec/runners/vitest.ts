import { test, vi } from 'vitest';
import { forEachCase } from './cases';
import type { FakeTimers } from './cases';

declare const LOADED: 'before' | 'inside';

type Replaced = NonNullable<NonNullable<Parameters<typeof vi.useFakeTimers>[0]>['toFake']>;

const replacing = (name: string, moves: FakeTimers['moves'], toFake?: Replaced): FakeTimers => ({
  name,
  moves,
  install: () => void vi.useFakeTimers(toFake === undefined ? {} : { toFake }),
  advance: (ms) => void vi.advanceTimersByTime(ms),
  advanceAsync: (ms) => vi.advanceTimersByTimeAsync(ms),
  uninstall: () => void vi.useRealTimers(),
});

const timers: Replaced = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'];
const pinned = Date.now();

forEachCase(
  [
    replacing('as it comes', 'all'),
    replacing('everything', 'all', [
      ...timers,
      'setImmediate',
      'clearImmediate',
      'Date',
      'performance',
      'nextTick',
      'queueMicrotask',
    ]),
    replacing('timers and Date', 'all', [...timers, 'Date']),
    replacing('timers alone', 'timers', timers),
    replacing('Date alone', 'date', ['Date']),
    {
      ...replacing('setSystemTime alone', 'date'),
      install: () => void vi.setSystemTime(pinned),
      advance: (ms) => void vi.setSystemTime(Date.now() + ms),
    },
  ],
  LOADED,
  test,
);
