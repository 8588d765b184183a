import { openSource } from '../../src/ix/internal/open-source';
import type { Receiver } from '../../src/ix/internal/source';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import { countingScheduler } from '../helpers/counting-scheduler';
import { microtasks } from '../helpers/turns';

const ignoring: Receiver<number> = {
  next: () => undefined,
  complete: () => undefined,
  error: () => undefined,
};

/** Its answers come when the spec says so. */
function scripted() {
  let answer!: (result: IteratorResult<number>) => void;
  let refuse!: (error: unknown) => void;
  let returned!: (result: IteratorResult<number>) => void;
  let refuseReturn!: (error: unknown) => void;
  const iterator: AsyncIterator<number> = {
    next: () =>
      new Promise((resolve, reject) => {
        answer = resolve;
        refuse = reject;
      }),
    return: () =>
      new Promise((resolve, reject) => {
        returned = resolve;
        refuseReturn = reject;
      }),
  };
  const counting = countingScheduler();
  const source = openSource(
    { [Symbol.asyncIterator]: () => iterator },
    ignoring,
    undefined,
    schedulerClock(counting.scheduler),
  );
  return {
    source,
    counting,
    answer: (value: IteratorResult<number>) => {
      answer(value);
    },
    refuse: (error: unknown) => {
      refuse(error);
    },
    returned: (value: IteratorResult<number>) => {
      returned(value);
    },
    refuseReturn: (error: unknown) => {
      refuseReturn(error);
    },
  };
}

describe('an iterator that is stopped while a pull waits', () => {
  const done = { done: true, value: undefined } as const;
  type Scripted = ReturnType<typeof scripted>;
  const ends: Record<string, [end: (run: Scripted) => void, outcome: unknown]> = {
    'its pull is answered by a value, which is too late': [({ answer }) => answer({ done: false, value: 1 }), 1],
    'its pull is answered by the end': [({ answer }) => answer(done), 0],
    'its pull fails': [({ refuse }) => refuse(new Error('too late')), 0],
    'its return() has settled': [({ returned }) => returned(done), 0],
    'its return() fails': [({ refuseReturn }) => refuseReturn(new Error('not closed')), 'not closed'],
  };
  for (const [when, [end, outcome]] of Object.entries(ends)) {
    it(`leaves no timer when ${when}`, async () => {
      const run = scripted();
      run.source.pull();
      let ended: unknown = 'not yet';
      run.source.stop().then(
        (late) => (ended = late),
        (error: unknown) => (ended = (error as Error).message),
      );
      await microtasks(10);
      expect([ended, run.counting.live]).toEqual(['not yet', 1]);
      end(run);
      // A return() that is not settled does not keep it, once the pull is answered.
      run.returned(done);
      await microtasks(10);
      expect(ended).toBe(outcome);
      expect(run.counting.live).toBe(0);
    });
  }
});
