import { defer, EMPTY, from, NEVER, Observable, of, takeUntil, throwError, timer } from 'rxjs';
import { expectBlame, expectNoBlame, holdersOf } from './broken-pool';
import type { Scenario, Wire } from './broken-pool';

/** One operation on each of two connections, the first of which is lost after five frames. */
const load = {
  arrivals: [0, 0],
  grace: 100,
  work: (wire: Wire, index: number) => {
    if (index === 0) timer(5).subscribe(() => wire.lose(new Error('reset')));
    return timer(20);
  },
};

/** Replaces what a pool does with the holders of a lost connection. */
const instead =
  (revoked: (claim: any, error: unknown, core: any) => void) =>
  (core: any): void => {
    const lost = core.lost.bind(core);
    const holders = holdersOf(core);
    core.lost = (slot: unknown, cause: unknown) => {
      for (const claim of holders(slot)) claim.revoked = (error: unknown) => revoked(claim, error, core);
      lost(slot, cause);
    };
  };
const settle = (outcome: string, error?: unknown) =>
  instead((claim, _error, core) => {
    claim.abort(new Error('lost'));
    core.clock.after(0, () => claim.settle({ outcome, error }), true);
  });

describe('a stress test, of connections that are lost under their work', () => {
  describe('blames a pool', () => {
    it('that does not report it', () => {
      const { operations } = expectBlame(
        {
          load: { ...load, work: (wire, index) => (load.work(wire, index), NEVER) },
          sabotage: instead(() => undefined),
        },
        'operation 0 lost its connection, but had not failed a turn later',
      );
      expect(operations.lost).toBe(0);
    });

    it('whose signal does not abort, whether or not it was asked for before', () => {
      const sabotage = (core: any): void => {
        const lost = core.lost.bind(core);
        const holders = holdersOf(core);
        core.lost = (slot: unknown, cause: unknown) => {
          for (const claim of holders(slot)) claim.abort = () => undefined;
          lost(slot, cause);
        };
      };
      const loseBoth = (wire: Wire) => {
        timer(5).subscribe(() => wire.lose());
        return NEVER;
      };
      expectBlame(
        { load: { ...load, work: loseBoth }, sabotage },
        'operation 0 lost its connection, but its signal did not abort',
        'operation 1 lost its connection, but its signal did not abort',
      );
    });

    it('that lets the work succeed', () => {
      expectBlame(
        { load, sabotage: settle('successfulOperations') },
        'operation 0 succeeded before its work had ended',
      );
    });

    it('that reports another error', () => {
      expectBlame(
        { load, sabotage: settle('failedOperations', new Error('sorry')) },
        'operation 0 lost its connection, but failed with another error: Error: sorry',
      );
    });

    it('that fails others for it', () => {
      const sabotage = (core: any): void => {
        const lost = core.lost.bind(core);
        const holders = holdersOf(core);
        core.lost = (slot: any, cause: unknown) => {
          const others = core.connections.all().filter((other: any) => other !== slot);
          lost(slot, cause);
          for (const claim of others.flatMap(holders)) claim.settle({ outcome: 'failedOperations', error: cause });
        };
      };
      expectBlame(
        { load, sabotage },
        'operation 1 failed while its work was running, without an event that its connection was lost: Error: reset',
      );
    });

    it('that closes others with it', () => {
      const sabotage = (core: any): void => {
        const revoke = core.revoke.bind(core);
        core.revoke = (_slot: unknown, reason: string, error: unknown) => {
          for (const slot of core.connections.all()) revoke(slot, reason, error);
        };
      };
      expectBlame({ load, sabotage }, 'connection 2 was revoked for the loss of connection 1');
    });
  });

  describe('does not blame a pool', () => {
    const each = (work: (wire: Wire, index: number, signal: AbortSignal) => any): Scenario['load'] => ({
      workers: 6,
      operations: 60,
      work: (wire, index, { signal }) => {
        if (index % 3 === 0)
          timer(index % 7).subscribe(() => wire.lose(index % 2 === 0 ? new Error('reset') : undefined));
        return work(wire, index, signal);
      },
    });
    const aborted = (signal: AbortSignal) =>
      new Observable<never>((out) => signal.addEventListener('abort', () => out.error(signal.reason)));
    const works: Readonly<Record<string, Scenario['load']>> = {
      'where no work ends by itself': each(() => timer(5)),
      'where work hears its signal': each((_wire, _index, signal) => aborted(signal).pipe(takeUntil(timer(5)))),
      'where work ends well in the turn that it has': each(
        (_wire, _index, signal) =>
          new Observable((out) => {
            const cancel = timer(5).subscribe(out);
            signal.addEventListener('abort', () => out.complete());
            return cancel;
          }),
      ),
      'where the connection is lost inside of the work': each((wire) => {
        wire.lose();
        return timer(3);
      }),
      'where it is lost inside of work that throws': each((wire) => {
        wire.lose();
        throw new Error('no');
      }),
      'where it is lost when the work ends': each((wire) =>
        defer(() => {
          wire.lose();
          return EMPTY;
        }),
      ),
      'where work is an iterable': each(() => from([1, 2])),
      'where work is a string': each(() => 'text'),
      'where work fails at once': each(() => throwError(() => new Error('no'))),
    };
    for (const [what, load] of Object.entries(works)) {
      for (const capacity of [1, 3]) {
        it(`${what}, with ${capacity} on each connection`, () => {
          const { operations } = expectNoBlame({
            load,
            pool: () => ({ capacity, isFatal: () => true, retryDelay: 1 }),
          });
          expect(operations.ended).toBe(60);
        });
      }
    }

    it('whose work asks the pool for a second connection, and fails with what becomes of that', () => {
      let pool: any;
      const { operations } = expectNoBlame({
        load: {
          workers: 2,
          operations: 40,
          work: (_wire, index) =>
            pool.use((other: Wire) => {
              if (index % 2 === 0) timer(1).subscribe(() => other.lose());
              return timer(3);
            }),
        },
        pool: () => ({ max: 4, isFatal: () => true, retryDelay: 1 }),
        meanwhile: (made) => (pool = made),
      });
      expect(operations.lost + operations.failed).toBeGreaterThan(5);
    });

    it('whose work is of promises', () => {
      const { operations } = expectNoBlame({
        load: { ...load, work: (wire, index) => (load.work(wire, index), of(1)) },
      });
      expect(operations.succeeded).toBe(2);
    });
  });
});
