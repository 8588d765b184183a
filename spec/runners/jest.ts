import { jest, test } from '@jest/globals';
import { forEachCase } from './cases';
import type { FakeTimers } from './cases';

declare const LOADED: 'before' | 'inside';

const everything = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

const common = {
  advance: (ms: number): void => {
    jest.advanceTimersByTime(ms);
  },
  advanceAsync: (ms: number) => jest.advanceTimersByTimeAsync(ms),
  uninstall: (): void => void jest.useRealTimers(),
};

const replacing = (
  name: string,
  moves: FakeTimers['moves'],
  ...replaced: readonly (typeof everything)[number][]
): FakeTimers => ({
  ...common,
  name,
  moves,
  install() {
    const doNotFake = replaced.length === 0 ? [] : everything.filter((each) => !replaced.includes(each));
    jest.useFakeTimers({ doNotFake });
  },
});

const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;

forEachCase(
  [
    replacing('everything', 'all'),
    replacing('timers and Date', 'all', 'Date', ...timers),
    replacing('timers alone', 'timers', ...timers),
    replacing('Date alone', 'date', 'Date'),
    {
      ...common,
      name: 'legacy fake timers',
      moves: 'timers',
      install: () => void jest.useFakeTimers({ legacyFakeTimers: true }),
      // They know of no promises.
      advanceAsync: async (ms) => {
        for (let turns = 0; turns < 20; turns++) await Promise.resolve();
        jest.advanceTimersByTime(ms);
        for (let turns = 0; turns < 20; turns++) await Promise.resolve();
      },
    },
  ],
  LOADED,
  test,
);
