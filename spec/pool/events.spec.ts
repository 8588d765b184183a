import { asyncScheduler, config, NEVER, of, Subject, throwError, timer } from 'rxjs';
import type { ConnectionPool, PoolEvent } from '../../src/index';
import { Events } from '../../src/pool/reports/events';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import { until } from '../helpers/turns';

/** Events without the fields that all of them have. */
function told(pool: ConnectionPool<never>): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = [];
  pool.events$.subscribe(({ pool: name, at, elapsed, ...event }) => {
    expect(name).toBe('pool');
    expect(elapsed).toBeLessThanOrEqual(at);
    events.push({ ...event, at });
  });
  return events;
}
const eventsOf = (pool: unknown): Record<string, unknown>[] => told(pool as ConnectionPool<never>);
const kindsOf = (events: readonly Record<string, unknown>[]): unknown[] => events.map(({ type }) => type);

describe('pool.events$', () => {
  it('reports the lifecycle of a connection', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ cold, at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, close: () => cold('---|') });
      const events = eventsOf(pool);
      pool.use(() => timer(5), { label: 'sum' }).subscribe();
      at(20, () => void pool.destroy());
      flush();
      expect(events).toEqual([
        { type: 'opened', at: 10, connection: 1, took: 10 },
        { type: 'acquired', at: 10, connection: 1, label: 'sum', waited: 10 },
        { type: 'released', at: 15, connection: 1, label: 'sum', held: 5 },
        { type: 'evicted', at: 20, connection: 1, reason: 'destroy', age: 10, uses: 1 },
        { type: 'closed', at: 23, connection: 1, took: 3 },
        { type: 'destroyed', at: 23 },
      ]);
    });
  });

  it('reports failed connects and the state of the breaker', () => {
    const scripted = scriptedTarget({ openAfter: 1, step: (dial) => (dial < 2 ? 'fail' : 'open'), error: dead });
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        retryDelay: 10,
        random: () => 0.5,
        breaker: { failures: 2, probeAfter: 100 },
      });
      const events = eventsOf(pool);
      const call = () => pool.use(() => of(1)).subscribe({ error: () => undefined });
      call();
      at(200, call);
      flush();
      expect(events).toEqual([
        { type: 'openFailed', at: 1, connection: 1, attempts: 1, error: dead },
        { type: 'openFailed', at: 7, connection: 2, attempts: 2, error: dead },
        { type: 'breaker', at: 7, state: 'open', attempts: 2, error: dead },
        { type: 'rejected', at: 7, error: poolError('CONNECTION_FAILED') },
        { type: 'breaker', at: 200, state: 'half-open', attempts: 2, error: dead },
        { type: 'opened', at: 201, connection: 3, took: 1 },
        { type: 'breaker', at: 201, state: 'closed', attempts: 2, error: dead },
        { type: 'acquired', at: 201, connection: 3, waited: 1 },
        { type: 'released', at: 201, connection: 3, held: 0 },
      ]);
    });
  });

  it('reports every later state of the breaker to a subscriber that subscribes, or subscribes again, after a change, and no past one', () => {
    const scripted = scriptedTarget({ openAfter: 1, step: (dial) => (dial === 0 || dial === 2 ? 'fail' : 'open') });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, breaker: { failures: 1, probeAfter: 10 } });
      const call = () => pool.use(() => of(1)).subscribe({ error: () => undefined });
      const heard: [number, string][][] = [[], [], []];
      const listen = (listener: number) =>
        pool.events$.subscribe((event) => {
          if (event.type === 'breaker') heard[listener]!.push([event.at, event.state]);
        });
      const first = listen(0);
      call();
      at(5, () => {
        first.unsubscribe();
      });
      // The breaker closes without a subscriber.
      at(100, call);
      at(200, () => {
        listen(1);
        scripted.connections[0]!.lose(dead);
      });
      at(300, call);
      at(305, () => {
        listen(2);
        pool.resize(2);
      });
      at(400, call);
      flush();
      expect(heard).toEqual([
        [[1, 'open']],
        [
          [301, 'open'],
          [400, 'half-open'],
          [401, 'closed'],
        ],
        [
          [400, 'half-open'],
          [401, 'closed'],
        ],
      ]);
    });
  });

  it('reports the breaker to the first subscriber only when it changes', () => {
    const scripted = scriptedTarget({ openAfter: 1, step: () => 'fail' });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, breaker: { failures: 1, probeAfter: 1_000 } });
      pool.use(() => of(1)).subscribe({ error: () => undefined });
      let events: Record<string, unknown>[] = [];
      at(100, () => {
        events = eventsOf(pool);
        pool.resize(2);
      });
      flush();
      expect(events).toEqual([{ type: 'resized', at: 100, from: 1, to: 2 }]);
    });
  });

  it('reports waits that ended without a lease', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, maxPending: 1, acquireTimeout: 50 });
      const events = eventsOf(pool);
      pool.use(() => NEVER).subscribe();
      pool.use(() => of(1), { label: 'late' }).subscribe({ error: () => undefined });
      pool.use(() => of(1), { label: 'one too many' }).subscribe({ error: () => undefined });
      flush();
      expect(events.slice(2)).toEqual([
        {
          type: 'rejected',
          at: 0,
          label: 'one too many',
          error: poolError('POOL_EXHAUSTED', { reason: 'queue-full' }),
        },
        {
          type: 'timedOut',
          at: 50,
          label: 'late',
          waited: 50,
          error: poolError('POOL_EXHAUSTED', { reason: 'timeout' }),
        },
      ]);
    });
  });

  it('reports why a lease was discarded, and why a connection is evicted', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 2 });
    const events = eventsOf(pool);
    const garbled = new Error('garbled');
    pool.acquire().subscribe((lease) => {
      lease.discard(garbled);
    });
    pool.use(() => NEVER).subscribe({ error: () => undefined });
    const gone = new Error('ECONNRESET');
    scripted.connections[1]!.lose(gone);
    expect(events.filter(({ type }) => type === 'discarded' || type === 'evicted')).toEqual([
      jasmine.objectContaining({ type: 'discarded', connection: 1, reason: garbled }),
      jasmine.objectContaining({ type: 'evicted', connection: 1, reason: 'discarded', error: garbled, uses: 1 }),
      jasmine.objectContaining({
        type: 'discarded',
        connection: 2,
        reason: poolError('CONNECTION_FAILED', { phase: 'use' }),
      }),
      jasmine.objectContaining({ type: 'evicted', connection: 2, reason: 'lost', error: gone, uses: 1 }),
    ] as never);
  });

  it('has one evicted event for each opened connection, and one closed event when its close has ended', () => {
    const scripted = scriptedTarget({ openAfter: 1 });
    marbles(({ cold, at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 4,
        close: () => cold('--|'),
        maxUses: 3,
        idleTimeout: 40,
      });
      const events = eventsOf(pool);
      for (let frame = 0; frame < 60; frame += 3) {
        at(frame, () => {
          pool.use(() => (frame % 7 === 0 ? throwError(() => dead) : timer(5))).subscribe({ error: () => undefined });
        });
      }
      flush();
      const ids = (type: string) =>
        events
          .filter((event) => event['type'] === type)
          .map(({ connection }) => connection)
          .sort();
      expect(ids('opened').length).toBeGreaterThan(4);
      expect(ids('evicted')).toEqual(ids('opened'));
      expect(ids('closed')).toEqual(ids('opened'));
      expect(ids('acquired').length).toBe(20);
      expect(ids('released').length + ids('discarded').length).toBe(20);
    });
  });

  it('has one order for all, whatever a subscriber does: events that it causes come after the current one', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    const [first, second]: PoolEvent['type'][][] = [[], []];
    let done = false;
    pool.events$.subscribe(({ type }) => {
      first!.push(type);
      if (type === 'acquired' && !done) {
        done = true;
        pool.acquire({ label: 'nested' }).subscribe((lease) => {
          lease.release();
        });
      }
    });
    pool.events$.subscribe(({ type }) => second!.push(type));
    pool.acquire().subscribe((lease) => {
      lease.release();
    });
    expect(second).toEqual(first);
    expect(first!.filter((type) => type === 'acquired').length).toBe(2);
  });

  it('completes when the pool is destroyed; a later subscriber receives only that', async () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    let last: PoolEvent | undefined;
    let completed = 0;
    pool.events$.subscribe({ next: (event) => (last = event), complete: () => completed++ });
    await pool.destroy();
    expect([last!.type, completed]).toEqual(['destroyed', 1]);
    pool.events$.subscribe({ next: fail, complete: () => completed++ });
    expect(completed).toBe(2);
  });

  it('reports no past events to a new subscriber', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    pool.use(() => of(1)).subscribe();
    const events = eventsOf(pool);
    pool.use(() => of(1)).subscribe();
    expect(kindsOf(events)).toEqual(['acquired', 'released']);
  });

  it('survives a subscriber that throws: the others receive the event, and the pool continues', async () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    const reported: unknown[] = [];
    const { onUnhandledError } = config;
    config.onUnhandledError = (error) => reported.push(error);
    pool.events$.subscribe(() => {
      throw new Error('in a listener');
    });
    const events = eventsOf(pool);
    pool.use(() => of(1)).subscribe();
    expect(kindsOf(events)).toEqual(['opened', 'acquired', 'released']);
    await until(() => reported.length >= 3);
    config.onUnhandledError = onUnhandledError;
    expect(reported.map((error) => (error as Error).message)).toEqual(Array(3).fill('in a listener'));
    expect(pool.stats.successfulOperations).toBe(1);
  });

  it('stops when the last subscriber has left', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    const events: unknown[] = [];
    const listener = pool.events$.subscribe((event) => events.push(event));
    listener.unsubscribe();
    pool.use(() => of(1)).subscribe();
    expect(events).toEqual([]);
  });

  it('costs nothing without a subscriber: no event is created', async () => {
    const made = spyOn(Events.prototype, 'add').and.callThrough();
    const scripted = scriptedTarget({ step: (dial) => (dial === 1 ? 'fail' : 'open') });
    const pool = createPool({ connect: scripted.connect, max: 3, maxPending: 0, leakThreshold: 1, breaker: false });
    const refused = { error: () => undefined };
    const live = (): void => {
      pool.use(() => of(1)).subscribe(refused);
      pool.acquire().subscribe({
        next: (lease) => {
          lease.discard();
        },
        ...refused,
      });
      pool.acquire({ acquireTimeout: 0 }).subscribe(refused);
      pool.resize(2);
      pool.refresh();
    };
    live();
    const listener = pool.events$.subscribe();
    expect(made).not.toHaveBeenCalled();
    live();
    expect(made).toHaveBeenCalled();
    listener.unsubscribe();
    made.calls.reset();
    live();
    await pool.destroy({ timeout: 0 });
    expect(made).not.toHaveBeenCalled();
  });

  it('can be unsubscribed inside a subscriber', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    let heard = 0;
    const listener = pool.events$.subscribe(() => {
      heard++;
      listener.unsubscribe();
    });
    pool.use(() => of(1)).subscribe();
    expect(heard).toBe(1);
  });

  it('is emitted before the caller is notified: a subscriber sees a lease before its holder does', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
    const order: string[] = [];
    pool.events$.subscribe(({ type }) => order.push(type));
    pool.acquire().subscribe((lease) => {
      order.push('holder');
      lease.release();
    });
    expect(order).toEqual(['opened', 'acquired', 'holder', 'released']);
  });

  it('reports the callers that a destroyed pool rejects', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1 });
    const held = new Subject<void>();
    pool.use(() => held).subscribe();
    pool.acquire({ label: 'waiting' }).subscribe({ error: () => undefined });
    const events = eventsOf(pool);
    void pool.destroy();
    expect(events).toEqual([
      jasmine.objectContaining({ type: 'rejected', label: 'waiting', error: poolError('INVALID_POOL') }),
    ]);
    held.complete();
    expect(kindsOf(events)).toEqual(['rejected', 'released', 'evicted', 'closed', 'destroyed']);
  });

  it('has the time of the scheduler', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1 });
    const before = asyncScheduler.now();
    let at = 0;
    pool.events$.subscribe((event) => (at = event.at));
    pool.use(() => of(1)).subscribe();
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(asyncScheduler.now());
  });

  describe('reports to a subscriber only what happens after its subscribe:', () => {
    const use = (pool: ConnectionPool<unknown>) => pool.use(() => of(1)).subscribe();

    it('nothing of the change in which the last one left', () => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
      const gone: string[] = [];
      const listener = pool.events$.subscribe(({ type }) => gone.push(type));
      pool.stats$.subscribe(({ opened }) => {
        if (opened === 1) listener.unsubscribe();
      });
      use(pool);
      const events = eventsOf(pool);
      use(pool);
      expect(gone).toEqual([]);
      expect(kindsOf(events)).toEqual(['acquired', 'released']);
    });

    it('nothing of the change in which it subscribed itself, beside one that was subscribed before', () => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
      const first = eventsOf(pool);
      let second: Record<string, unknown>[] | undefined;
      pool.stats$.subscribe(({ opened }) => {
        if (opened === 1) second ??= eventsOf(pool);
      });
      use(pool);
      expect(kindsOf(first)).toEqual(['opened', 'acquired', 'released']);
      expect(kindsOf(second!)).toEqual(['acquired', 'released']);
    });

    it('nothing of the change in which another one left and it subscribed', () => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 2 });
      const listener = pool.events$.subscribe();
      let second: Record<string, unknown>[] | undefined;
      pool.stats$.subscribe(({ opened }) => {
        if (opened !== 1 || second !== undefined) return;
        listener.unsubscribe();
        second = eventsOf(pool);
      });
      use(pool);
      expect(kindsOf(second!)).toEqual(['acquired', 'released']);
    });

    it('nothing that has happened and is not delivered yet, when it subscribes inside another one', () => {
      const scripted = scriptedTarget();
      const pool = createPool({ connect: scripted.connect, max: 1, capacity: 3 });
      const first: string[] = [];
      let second: Record<string, unknown>[] | undefined;
      for (let i = 0; i < 3; i++) pool.use(() => NEVER).subscribe({ error: () => undefined });
      pool.events$.subscribe(({ type }) => {
        first.push(type);
        if (type === 'discarded') second ??= eventsOf(pool);
      });
      scripted.connections[0]!.lose();
      expect(first).toEqual(['discarded', 'discarded', 'discarded', 'evicted', 'closed']);
      expect(kindsOf(second!)).toEqual(['evicted', 'closed']);
    });

    it('nothing when it subscribes again inside the one that it left', () => {
      const scripted = scriptedTarget();
      const pool = createPool({ connect: scripted.connect, max: 1, capacity: 3 });
      for (let i = 0; i < 3; i++) pool.use(() => NEVER).subscribe({ error: () => undefined });
      let second: Record<string, unknown>[] | undefined;
      const listener = pool.events$.subscribe(() => {
        listener.unsubscribe();
        second ??= eventsOf(pool);
      });
      scripted.connections[0]!.lose();
      expect(kindsOf(second!)).toEqual(['evicted', 'closed']);
    });

    it('no state of the breaker that it has received already', () => {
      const scripted = scriptedTarget({ step: () => 'fail' });
      const pool = createPool({ connect: scripted.connect, max: 1, breaker: { failures: 1 } });
      const first = eventsOf(pool);
      let second: Record<string, unknown>[] | undefined;
      pool.stats$.subscribe(({ breaker }) => {
        if (breaker === 'open') second ??= eventsOf(pool);
      });
      pool.use(() => of(1)).subscribe({ error: () => undefined });
      expect(kindsOf(first)).toEqual(['openFailed', 'breaker', 'rejected']);
      expect(kindsOf(second!)).toEqual(['rejected']);
    });
  });
});
