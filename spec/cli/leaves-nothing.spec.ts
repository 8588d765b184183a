import { Subject } from 'rxjs';
import { Interruption } from '../../src/cli/interruption';
import type { Io } from '../../src/cli/io';
import { untilSignal } from '../../src/cli/until-signal';
import { withTimeout } from '../../src/cli/with-timeout';
import { simulate } from '../../src/simulation/index';
import { start } from './fake-io';

/** The timers of this process. Compared within one turn of the event loop: no other spec runs meanwhile. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('a signal', () => {
  it('is not listened to any more when the command has ended, and the grace that it began is over', () => {
    const signals$ = new Subject<NodeJS.Signals>();
    const before = timers();
    let begun = 0;
    let ended = 0;
    const interruption = new Interruption(
      signals$,
      () => begun++,
      () => ended++,
      60_000,
    );
    signals$.next('SIGINT');
    expect([begun, ended, timers() - before]).toEqual([1, 0, 1]);
    interruption.stopListening();
    expect([signals$.observed, timers() - before]).toEqual([false, 0]);
  });

  it('is awaited by a process that stays, until it comes or is not awaited any more', async () => {
    for (const end of [
      (signals$: Subject<NodeJS.Signals>) => {
        signals$.next('SIGTERM');
      },
      (_: unknown, stop: () => void) => {
        stop();
      },
    ]) {
      const signals$ = new Subject<NodeJS.Signals>();
      const before = timers();
      const { came, stop } = untilSignal({ signals$ } as unknown as Io);
      expect([signals$.observed, timers() - before]).toEqual([true, 1]);
      end(signals$, stop);
      expect([signals$.observed, timers() - before]).toEqual([false, 0]);
      await came;
    }
  });

  it('is not listened to by a node that has been served', async () => {
    const command = start(['serve']);
    while (!command.stdout.text.includes('Listening')) await new Promise(setImmediate);
    command.signals$.next('SIGTERM');
    expect((await command.done).code).toBe(0);
    expect(command.signals$.observed).toBeFalse();
  });
});

describe('a wait with a timeout', () => {
  it('leaves no timer when it ends earlier', async () => {
    let before = 0;
    const ended = new Promise<void>((resolve) => {
      setImmediate(() => {
        before = timers() - 1;
        resolve();
      });
    });
    await withTimeout(60_000, ended);
    expect(timers()).toBe(before);
  });
});

describe('a simulation that is ended early', () => {
  it('leaves no timer when it is unsubscribed', () => {
    const before = timers();
    const running = simulate({ pool: { max: 1 }, arrivals: { rate: 1 }, work: 1, duration: '1h' }).subscribe();
    expect(timers() - before).toBe(1);
    running.unsubscribe();
    expect(timers() - before).toBe(0);
  });
});
