import { asyncScheduler } from 'rxjs';
import { CoarseClock } from '../../src/pool/time/coarse-clock';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import type { Clock } from '../../src/pool/time/clock';
import { marbles } from '../helpers/marbles';

/** A clock that counts its readings, and whose time the spec sets. */
function handClock(): Clock & { time: number; reads: number; due: (() => void)[] } {
  const clock = {
    time: 1_000,
    reads: 0,
    due: [] as (() => void)[],
    now: () => {
      clock.reads++;
      return clock.time;
    },
    date: () => clock.time,
    dateBefore: () => clock.time,
    leaps: () => 0,
    fired: () => 0,
    after: (_ms: number, callback: () => void) => {
      clock.due.push(callback);
      return () => {
        clock.due = clock.due.filter((other) => other !== callback);
      };
    },
  };
  return clock;
}

describe('the coarse clock', () => {
  it('returns the milliseconds since it was created, and the date of the underlying clock', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    inner.time = 1_007;
    expect([clock.now(), clock.stamp(), clock.peek()]).toEqual([7, 1_007, 7]);
  });

  it('is exact for the first calls of a turn', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    for (let i = 0; i < 48; i++) {
      inner.time++;
      expect(clock.now()).toBe(i + 1);
    }
  });

  it('reads the underlying clock once in 32 calls when it is called more often', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    for (let i = 0; i < 48; i++) clock.now();
    inner.reads = 0;
    for (let i = 0; i < 3_200; i++) clock.now();
    expect(inner.reads).toBe(100);
  });

  it('is at most 32 calls late while the event loop is blocked', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    for (let i = 0; i < 1_000; i++) {
      inner.time++;
      expect(inner.time - 1_000 - clock.now()).toBeLessThanOrEqual(32);
    }
  });

  it('is exact again in the next turn, and in the callback of every timer', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    for (let i = 0; i < 60; i++) clock.now();
    inner.time = 2_000;
    expect(clock.now()).toBe(0);
    inner.due.shift()!();
    expect(clock.now()).toBe(1_000);

    for (let i = 0; i < 60; i++) clock.now();
    let seen = -1;
    clock.after(
      5,
      () => {
        seen = clock.now();
      },
      true,
    );
    inner.time = 3_000;
    inner.due.pop()!();
    expect(seen).toBe(2_000);
  });

  it('leaves no timer after it has ended', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    for (let i = 0; i < 60; i++) clock.now();
    expect(inner.due.length).toBe(1);
    clock.end();
    expect(inner.due.length).toBe(0);
    inner.time = 1_234;
    expect(clock.now()).toBe(234);
  });

  it('calls back at once for deferrable callbacks, and at the end of a turn that had many of them', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    const called: number[] = [];
    const callBack = (times: number): void => {
      for (let i = 0; i < times; i++) clock.onTurnEnd(() => called.push(i));
    };
    callBack(8);
    expect(called).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    callBack(3);
    expect(called.length).toBe(8);
    inner.due.shift()!();
    expect(called.slice(8)).toEqual([0, 1, 2]);
    callBack(1);
    expect(called.slice(11)).toEqual([0]);
    expect(inner.due.length).toBe(0);
  });

  it('considers a turn over after a second: the timer that ends it may be lost', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    for (let i = 0; i < 60; i++) clock.now();
    let called = 0;
    for (let i = 0; i < 9; i++) clock.onTurnEnd(() => called++);
    inner.due = [];
    inner.time += 1_000;
    for (let i = 0; i < 32; i++) clock.now();
    expect(called).toBe(8);
    inner.time++;
    for (let i = 0; i < 32 && called < 9; i++) clock.now();
    expect(called).toBe(9);
    inner.time += 5;
    expect(clock.now()).toBe(1_006);
  });

  it('does not call a callback that was removed', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    const called: number[] = [];
    const callbacks = Array.from({ length: 10 }, (_, i) => () => void called.push(i));
    for (const callback of callbacks) clock.onTurnEnd(callback);
    clock.forget(callbacks[8]!);
    inner.due.shift()!();
    expect(called).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  });

  it('defers no callback after it has ended', () => {
    const inner = handClock();
    const clock = new CoarseClock(inner);
    let called = 0;
    const callBack = (): void => {
      for (let i = 0; i < 20; i++) clock.onTurnEnd(() => called++);
    };
    callBack();
    expect(called).toBe(8);
    clock.end();
    expect(called).toBe(20);
    callBack();
    expect(called).toBe(40);
    expect(inner.due.length).toBe(0);
  });

  it('in real time is late by at most its limits: exact in each turn, and by 32 readings during a turn', async () => {
    const real: number[] = [];
    const behind = schedulerClock(asyncScheduler);
    const clock = new CoarseClock({ ...behind, now: () => real[real.push(behind.now()) - 1]! });
    const [epoch] = real;
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      const before = behind.now();
      expect(clock.now() + epoch!).toBeGreaterThanOrEqual(before);
      // Busy for some milliseconds: the time is what one of the last 32 calls would have read.
      const since: number[] = [];
      for (const start = behind.now(); behind.now() - start < 4;) {
        since.push(behind.now());
        expect(clock.now() + epoch!).toBeGreaterThanOrEqual(since[Math.max(0, since.length - 32)]!);
      }
    }
    clock.end();
  });

  it('is exact in virtual time, for any number of calls in one frame', () => {
    marbles(({ at, flush }) => {
      const clock = new CoarseClock(schedulerClock(asyncScheduler));
      for (let frame = 0; frame < 50; frame++) {
        at(frame, () => {
          for (let i = 0; i < 100; i++) expect(clock.now()).toBe(frame);
        });
      }
      flush();
    });
  });
});
