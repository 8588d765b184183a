import { concat, defer, EMPTY, ignoreElements, lastValueFrom, NEVER, of, timer } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { closedByDestroy, queueFull } from '../../src/pool/reports/error-texts';
import { stressTest } from '../../src/stress/index';
import type { StressReport } from '../../src/stress/index';
import { expectBlame, expectNoBlame, poolOf, wires } from './broken-pool';
import type { Scenario, Wire } from './broken-pool';

/** Callers arrive while the pool is destroyed, after 20 frames: two have connections, some wait, some arrive later. */
const load = { rate: 200, arrivals: 'even', duration: 60, work: () => timer(50) } as const;
const destroyed =
  (options?: { timeout?: number }) =>
  (pool: ConnectionPool<Wire>, { at }: { at: (frame: number, action: () => void) => void }): void =>
    at(20, () => void pool.destroy(options));
const meanwhile = destroyed();

/** Another pool in front of this one. */
const inFront = (pool: ConnectionPool<Wire>, properties: object): ConnectionPool<Wire> =>
  Object.create(pool, Object.getOwnPropertyDescriptors(properties)) as ConnectionPool<Wire>;

describe('a stress test, of a pool that is destroyed', () => {
  describe('blames it', () => {
    it('when nothing happens', () => {
      const sabotage = (core: any): void => {
        const step = core.step.bind(core);
        core.step = () => core.state === 'open' && step();
      };
      expectBlame(
        { load: { ...load, grace: 200 }, meanwhile, sabotage },
        /^\d callers still wait after destroy$/,
        '1 idle connections are still open after destroy',
      );
    });

    it('when waiting callers are not rejected', () => {
      const sabotage = (core: any): void => {
        const { queue } = core;
        const first = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(queue), 'first')!.get!;
        Object.defineProperty(queue, 'first', { get: () => (core.state === 'open' ? first.call(queue) : null) });
      };
      expectBlame(
        { load: { ...load, grace: 200 }, meanwhile, sabotage },
        /^\d callers still wait after destroy$/,
        /^operation \d+ arrived after destroy, and still waits$/,
      );
    });

    it('when later callers are served', () => {
      const sabotage = (core: any): void => {
        const acquire = core.acquire.bind(core);
        core.shutdown.isIdleClosed = true;
        core.acquire = (claim: unknown) => {
          const slot = core.state === 'draining' ? core.connections.next() : null;
          if (slot === null) acquire(claim);
          else core.lendFromQueue(claim, slot);
        };
      };
      expectBlame(
        { load: { ...load, work: () => timer(3) }, meanwhile, sabotage },
        /^\d leases were lent after destroy$/,
        /^operation \d+ arrived after destroy, and was served$/,
      );
    });

    it('when later callers get another error', () => {
      const sabotage = (core: any): void => {
        const reject = core.reject.bind(core);
        core.reject = (claim: unknown) => reject(claim, queueFull(core.diagnostics.diagnose(), 0));
      };
      expectBlame(
        { load, meanwhile, sabotage },
        /^operation \d+ arrived after destroy, and was rejected with POOL_EXHAUSTED$/,
      );
    });

    it('when connects go on, and when they begin', () => {
      const connect = () => concat(timer(15).pipe(ignoreElements()), wires()());
      const goingOn = (core: any): void => {
        core.connections.abandonConnect = () => undefined;
      };
      expectBlame(
        {
          load,
          meanwhile,
          sabotage: goingOn,
          pool: () => ({ connect: () => concat(timer(100).pipe(ignoreElements()), NEVER) }),
        },
        /^\d connects go on after destroy$/,
      );
      const beginning = (core: any): void => {
        const destroy = core.destroy.bind(core);
        core.destroy = (timeout: number) => {
          destroy(timeout);
          core.openConnection();
        };
      };
      expectBlame({ load, meanwhile, sabotage: beginning, pool: () => ({ connect }) }, 'a connect began after destroy');
    });

    it('when idle connections stay open', () => {
      const sabotage = (core: any): void => {
        core.shutdown.isIdleClosed = true;
      };
      expectBlame(
        { load: { ...load, work: () => timer(3) }, meanwhile, sabotage },
        /^\d idle connections are still open after destroy$/,
      );
    });

    it('when only some leases are revoked after the timeout', () => {
      const sabotage = (core: any): void => {
        core.closeActive = () => {
          core.shutdown.activeClosed();
          const [slot] = core.connections.all();
          core.revoke(slot, 'destroy', closedByDestroy(core.name));
        };
      };
      expectBlame(
        { load, meanwhile: destroyed({ timeout: 5 }), sabotage },
        'destroy revoked some leases, and left 1 others',
      );
    });

    it('when it opens again', () => {
      const sabotage = (core: any, pool: ConnectionPool<Wire>): void => {
        pool.stats$.subscribe();
        timer(30).subscribe(() => {
          core.state = 'open';
          core.changed();
        });
      };
      expectBlame({ load: { ...load, grace: 50 }, meanwhile, sabotage }, 'the pool was draining, and then open again');
    });

    it('when it completes before everything is closed', () => {
      const sabotage = (core: any): void => {
        Object.defineProperty(core.connections, 'isEmpty', { get: () => true });
      };
      expectBlame({ load, meanwhile, sabotage }, /^the last snapshot is not empty: /);
    });

    it('when it does not complete although everything is closed', () => {
      const sabotage = (core: any): void => {
        core.lossGrace = 1;
      };
      expectBlame({ load, meanwhile, sabotage }, 'everything is closed, but the pool is not destroyed');
    });

    it('when every call of destroy gives another promise', () => {
      const sabotage = (_core: any, pool: ConnectionPool<Wire>) =>
        inFront(pool, { destroy: () => pool.destroy().then(() => undefined) });
      expectBlame({ load, meanwhile, sabotage }, 'destroy() called again did not return the same promise');
    });

    it('when a snapshot comes after the last one', () => {
      const sabotage = (_core: any, pool: ConnectionPool<Wire>) => {
        const another = defer(() => of(Object.freeze({ ...pool.stats, seq: pool.stats.seq + 1 })));
        return inFront(pool, {
          stats$: concat(pool.stats$, another),
          get stats() {
            return pool.stats;
          },
        });
      };
      expectBlame({ load, meanwhile, sabotage }, /^a snapshot came after the last one: \{/);
    });

    it('when events$ ends without the last event', () => {
      const sabotage = (_core: any, pool: ConnectionPool<Wire>) => inFront(pool, { events$: EMPTY });
      expectBlame({ load, sabotage }, 'events$ completed without the event destroyed');
    });
  });

  describe('does not blame it', () => {
    const scenarios: Readonly<Record<string, Scenario>> = {
      'for waiting and for later callers': { load, meanwhile },
      'when the timeout is 0': { load, meanwhile: destroyed({ timeout: 0 }) },
      'when the timeout ends while work is running': {
        load,
        meanwhile: destroyed({ timeout: 10 }),
        pool: () => ({ max: 8, capacity: 2 }),
      },
      'when it closes slowly': { load, meanwhile, pool: () => ({ close: () => timer(500) }) },
      'when it is destroyed by its own stats': {
        load,
        meanwhile: (pool) =>
          pool.stats$.subscribe(({ acquired }) => acquired === 3 && void pool.destroy({ timeout: 5 })),
      },
      'when it is destroyed by an event': {
        load,
        meanwhile: (pool) =>
          pool.events$.subscribe(({ type }) => type === 'acquired' && void pool.destroy({ timeout: 5 })),
      },
      'when an earlier listener destroys it': {
        load,
        sabotage: (_core, pool) => {
          pool.events$.subscribe(({ type }) => type === 'acquired' && void pool.destroy({ timeout: 5 }));
          pool.stats$.subscribe(({ pendingAcquires }) => pendingAcquires === 1 && void pool.destroy());
        },
      },
      'while it is connecting': {
        load,
        meanwhile,
        pool: () => ({ connect: () => concat(timer(30).pipe(ignoreElements()), wires()()) }),
      },
      'before there is anything': { load, meanwhile: (pool) => void pool.destroy() },
    };
    for (const [what, scenario] of Object.entries(scenarios)) {
      it(what, () => {
        const { operations } = expectNoBlame(scenario);
        expect(operations.rejected).toBeGreaterThan(0);
      });
    }

    it('when it was destroyed before the load', () => {
      const { operations } = expectNoBlame({ load, sabotage: (_core, pool) => void pool.destroy() });
      expect([operations.rejected, operations.ended]).toEqual([12, 12]);
    });

    it('when it is destroyed by work', () => {
      let pool: any;
      const work = () => {
        void pool.destroy({ timeout: 5 });
        return timer(20);
      };
      expectNoBlame({ load: { ...load, work }, meanwhile: (made) => (pool = made) });
    });
  });

  it('waits for the shutdown, at most for the grace, and notes if it was not checked', () => {
    const pool = () => ({ close: () => NEVER, closeTimeout: 1_000 });
    const seen = expectNoBlame({ load, meanwhile, pool });
    expect([seen.notes, seen.elapsed]).toEqual([[], 60]);
    const unseen = expectNoBlame({ load: { ...load, grace: 100 }, meanwhile, pool });
    expect(unseen.notes).toEqual(['The pool was not destroyed within 100 ms: its shutdown was not checked.']);
  });
});

describe('a stress test that is to destroy the pool', () => {
  const done: Scenario['load'] = { workers: 2, operations: 4, work: () => timer(5), destroy: { timeout: 20 } };

  it('does so when the load is over, and leaves that out of its figures', () => {
    let pool: ConnectionPool<Wire>;
    const report = expectNoBlame({
      load: done,
      pool: () => ({ close: () => timer(100) }),
      meanwhile: (made) => (pool = made),
    });
    expect(pool!.stats.state).toBe('destroyed');
    expect(report.stats).toEqual(jasmine.objectContaining({ state: 'open', totalConnections: 2 }));
    expect([report.elapsed, report.activity.closed, report.activity.evicted]).toEqual([10, 0, {}]);
  });

  /** Another caller holds a lease without end. */
  const held = (pool: ConnectionPool<Wire>): void => {
    pool.acquire().subscribe();
  };

  it('gives other holders the timeout', () => {
    const { notes } = expectNoBlame({ load: done, meanwhile: held });
    expect(notes).toEqual([]);
    const early = (core: any): void => {
      const destroy = core.destroy.bind(core);
      core.destroy = (timeout: number) => destroy(timeout / 2);
    };
    expectBlame(
      { load: done, meanwhile: held, sabotage: early },
      'a lease was revoked 10 ms after destroy, whose timeout was 20 ms',
    );
    const late = (core: any): void => {
      core.closeActive = () => core.shutdown.activeClosed();
    };
    expectBlame(
      { load: { ...done, grace: 50 }, meanwhile: held, sabotage: late },
      '1 leases outlived the 20 ms of the timeout of destroy',
    );
  });

  it('accepts a pool that was destroyed during the load', () => {
    expectNoBlame({ load: done, meanwhile: destroyed() });
    expectNoBlame({ load: done, meanwhile: (pool) => void pool.destroy() });
  });

  // The effects of promises are visible only where they settle: outside of virtual time.
  describe('in real time', () => {
    const promised: Scenario['load'] = { workers: 2, operations: 4, destroy: { timeout: 0 }, grace: 50 };
    const report = (scenario: Omit<Scenario, 'load'>, load = promised): Promise<StressReport> =>
      lastValueFrom(stressTest(poolOf({ ...scenario, load }), load));

    it('accepts a promise that resolves after the shutdown', async () => {
      const { violations, passed, notes } = await report(
        { pool: () => ({ close: () => timer(5) }) },
        { ...promised, grace: 10_000 },
      );
      expect([violations, passed, notes]).toEqual([[], true, []]);
    });

    it('blames a promise that resolves too early', async () => {
      const early = Promise.resolve();
      const { violations, passed } = await report({
        pool: () => ({ close: () => NEVER, closeTimeout: 20 }),
        sabotage: (_core, pool) => inFront(pool, { destroy: () => (void pool.destroy(), early) }),
      });
      expect(violations).toContain('destroy() resolved while the pool was draining: stats$ had not completed');
      expect(violations).toContain('destroy() resolved, although connection 1 was not closed');
      expect(passed).toBeFalse();
    });

    it('blames a promise that does not resolve', async () => {
      const never = new Promise<void>(() => undefined);
      const { violations } = await report({
        sabotage: (_core, pool) => inFront(pool, { destroy: () => (void pool.destroy(), never) }),
      });
      expect(violations).toEqual(['stats$ has completed, but destroy() has not resolved']);
    });

    it('blames a promise that rejects, or none', async () => {
      const broken = Promise.reject(new Error('no'));
      const rejecting = await report({
        sabotage: (_core, pool) => inFront(pool, { destroy: () => (void pool.destroy(), broken) }),
      });
      expect(rejecting.violations).toContain('destroy() rejected: Error: no');
      const without = await report({
        sabotage: (_core, pool) => inFront(pool, { destroy: () => void pool.destroy() }),
      });
      expect(without.violations).toContain('destroy() returned no promise');
    });

    it('blames a pool whose stats do not complete', async () => {
      const { violations } = await report({
        sabotage: (_core, pool) => {
          const stats$ = concat(pool.stats$, NEVER);
          Object.defineProperty(stats$, 'value', { get: () => pool.stats$.value });
          return inFront(pool, { stats$ });
        },
      });
      expect(violations).toEqual(['destroy() resolved while the pool was destroyed: stats$ had not completed']);
    });
  });
});
