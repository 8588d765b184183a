import type { Observable } from 'rxjs';
import { concat, EMPTY, ignoreElements, NEVER, of, throwError, timer } from 'rxjs';
import { targetDown } from '../../src/pool/reports/error-texts';
import { expectBlame, expectNoBlame, Wire, wires } from './broken-pool';
import type { Scenario } from './broken-pool';

const refused = () => throwError(() => new Error('refused'));
const refusedAfter = (ms: number) => () => concat(timer(ms).pipe(ignoreElements()), refused());
/** Connects that are refused, but for those with these numbers, from 1. */
const refusedBut = (...numbers: number[]) => {
  const connect = wires();
  let dials = 0;
  return (): Observable<Wire> => (numbers.includes(++dials) ? connect() : refusedAfter(2)());
};

/** Connects whenever a caller waits, as if nothing had ever failed. */
const impatient = (core: any): void => {
  core.connectPolicy.due = ({ waiting, opening }: any) => (opening < waiting ? 0 : Infinity);
};

describe('a stress test, of failed connects', () => {
  describe('blames a pool', () => {
    const load = { rate: 400, arrivals: 'even', duration: 100, acquireTimeout: 100, work: () => timer(5) } as const;

    it('that connects again without a pause', () => {
      const report = expectBlame(
        { load, pool: () => ({ connect: refusedAfter(2) }), sabotage: impatient },
        /^a hot loop: 10 /,
      );
      expect(report.abortReason).toBeNull();
    });

    it('whose connects never pause: the load is aborted', () => {
      const report = expectBlame({ load, pool: () => ({ connect: refused }), sabotage: impatient }, /^a hot loop: 10 /);
      expect(report.abortReason).toBe('the pool was in a hot loop of connects');
    });

    it('that connects again and again to a target that accepts and closes', () => {
      const work = (wire: Wire) => {
        wire.lose();
        return NEVER;
      };
      const pool = () => ({ max: 30 });
      const closingAtOnce: Scenario = { load: { workers: 30, operations: 90, duration: 1_000, work }, pool };
      expectNoBlame(closingAtOnce);
      const sabotage = (core: any): void => {
        core.connectPolicy.lostEarly = () => undefined;
      };
      expectBlame({ ...closingAtOnce, sabotage }, /^a hot loop: 10 /);
    });

    it('that does not count a loss before the first lease as a failed connect', () => {
      const sabotage = (core: any): void => {
        core.recordOpenFailure = () => undefined;
      };
      const report = expectBlame(
        { load, pool: () => ({ connect: () => of(new Wire(1, undefined as never)) }), sabotage },
        'connection 1 was lost after 0 ms, before its first lease, but did not count as a failed connect',
      );
      // Even then the pool begins only so much in one turn.
      expect(report.abortReason).toBeNull();
    });

    it('that rejects a waiter because one connect has failed', () => {
      const sabotage = (core: any): void => {
        const openFailed = core.openFailed.bind(core);
        core.openFailed = (...args: unknown[]) => {
          openFailed(...args);
          const first = core.queue.firstPending;
          if (first !== null) core.reject(first, targetDown(core.diagnostics.diagnose()));
        };
      };
      expectBlame(
        { load, pool: () => ({ connect: refusedAfter(2) }), sabotage },
        'a caller was rejected for a failed connect, although the breaker was closed',
      );
    });

    it('that rejects a waiter that can still be served', () => {
      const sabotage = (core: any): void => {
        const step = core.step.bind(core);
        core.step = () => {
          const { firstPending } = core.queue;
          if (core.breaker !== 'open' || firstPending === null) return step();
          core.reject(firstPending, targetDown(core.diagnostics.diagnose()));
          return true;
        };
      };
      const scenario: Scenario = { load, pool: () => ({ connect: refusedBut(1), breaker: { failures: 1 } }) };
      expectNoBlame(scenario);
      expectBlame(
        { ...scenario, sabotage },
        'a caller was rejected for a failed connect, although 1 connections were open',
      );
    });

    it('that rejects a waiter with an error of another kind', () => {
      const sabotage = (core: any): void => {
        const reject = core.reject.bind(core);
        core.reject = (claim: unknown) => reject(claim, new Error('no'));
      };
      expectBlame(
        { load, pool: () => ({ connect: refused, breaker: { failures: 1 } }), sabotage },
        'a caller was rejected with a value that is no error of a pool: Error: no',
        /^operation \d+ failed without a connection, with a value that is no error of a pool: Error: no$/,
      );
    });

    it('that times out a wait too early', () => {
      const sabotage = (core: any): void => {
        const acquire = core.acquire.bind(core);
        core.acquire = (claim: any) => acquire(waiting(claim, claim.options.acquireTimeout / 2));
      };
      expectBlame(
        { load: { ...load, acquireTimeout: 30, work: () => timer(50) }, sabotage },
        /^operation \d timed out after 15 of 30 ms$/,
      );
    });

    it('that never ends a wait', () => {
      const sabotage = (core: any): void => {
        const acquire = core.acquire.bind(core);
        core.acquire = (claim: any) => acquire(waiting(claim, Infinity));
      };
      expectBlame(
        { load: { ...load, acquireTimeout: 30, duration: 3_000, grace: 10, work: () => NEVER }, sabotage },
        'operation 2 still waits, although its 30 ms are long over',
      );
    });
  });

  describe('does not blame a pool', () => {
    const load = { rate: 200, arrivals: 'even', duration: 3_000, acquireTimeout: 200, work: () => timer(5) } as const;
    const scenarios: Readonly<Record<string, Scenario>> = {
      'whose target is dead': { load, pool: () => ({ connect: refusedAfter(1) }) },
      'whose connects fail at once': {
        load,
        pool: () => ({ connect: refused, retryDelay: 0, breaker: { probeAfter: 0 } }),
      },
      'without a breaker': { load, pool: () => ({ connect: refusedAfter(1), breaker: false, retryDelay: 0, max: 5 }) },
      'that keeps some open': { load, pool: () => ({ connect: refusedAfter(3), min: 2, retryDelay: 1 }) },
      'some of whose connects fail': { load, pool: () => ({ connect: refusedBut(2, 3, 7), max: 3, retryDelay: 1 }) },
      'whose connections end at once': { load, pool: () => ({ connect: () => of(new Wire(1, undefined as never)) }) },
      'whose connections fail their validation': {
        load,
        pool: () => ({ validate: () => of(false), validateAfter: 0, retryDelay: 1, breaker: false }),
      },
      'whose connects hang': { load, pool: () => ({ connect: () => NEVER, connectTimeout: 20, retryDelay: 0 }) },
      'whose connectors complete without a value': {
        load,
        pool: () => ({ connect: () => EMPTY, retryDelay: 0, breaker: false }),
      },
    };
    for (const [what, scenario] of Object.entries(scenarios)) {
      it(what, () => {
        const { operations } = expectNoBlame(scenario);
        expect(operations.ended).toBeGreaterThan(0);
      });
    }
  });
});

/** The same claim, with another time that it may wait. */
const waiting = (claim: any, acquireTimeout: number): unknown =>
  Object.defineProperty(claim, 'options', { value: { ...claim.options, acquireTimeout } });
