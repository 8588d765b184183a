import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { from, NEVER, Observable, of, Subject, timer } from 'rxjs';
import { batchParallel, CHANNELS, withConnection } from '../../src/index';
import type { AcquireMessage, ConnectionPool, ConnectMessage, PoolEvent, PoolOptions } from '../../src/index';
import { Events } from '../../src/pool/reports/events';
import { PoolChannels } from '../../src/pool/rx/diagnostics-channels';
import { createLastingPool } from '../helpers/lasting-pool';
import { dead, marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
const { acquire, connect, ...points } = CHANNELS;
const store = new AsyncLocalStorage<string>();

/** What a spec subscribes to ends with the spec, since channels belong to the process. */
let ends: (() => void)[] = [];

const listen = (name: string, listener: (message: any) => void): void => {
  const receive = (message: unknown): void => {
    // Pools of other specs have other names.
    if ((message as { pool: string }).pool === 'traced') listener(message);
  };
  subscribe(name, receive);
  ends.push(() => void unsubscribe(name, receive));
};

/** The parts of a trace in the order of their messages, each with what the message says then. */
function tracesOf(name: string, only: readonly string[] = parts): [string, Record<string, unknown>][] {
  const traces: [string, Record<string, unknown>][] = [];
  for (const part of only) {
    listen(`tracing:${name}:${part}`, ({ pool: _, ...rest }: Record<string, unknown>) => {
      traces.push([part, rest]);
    });
  }
  return traces;
}

const quiet = { error: () => undefined };
const opens = (): Observable<object> =>
  new Observable((subscriber) => {
    subscriber.next({});
  });
const createPool = (options: Partial<PoolOptions<object>> = {}): ConnectionPool<object> =>
  createLastingPool({ name: 'traced', connect: opens, max: 1, ...options });
/** A pool of one whose only connection is lent, and the function that releases it. */
function busyPool(options: Partial<PoolOptions<object>> = {}): [ConnectionPool<object>, () => void] {
  const pool = createPool(options);
  let release = (): void => undefined;
  pool.acquire().subscribe((lease) => (release = () => lease.release()));
  return [pool, () => release()];
}

describe('The channels of node:diagnostics_channel', () => {
  afterEach(() => {
    for (const end of ends) end();
    ends = [];
  });

  // A store that is not disabled makes every later promise and timer of the process slower.
  afterAll(() => {
    store.disable();
  });

  it('have names that cannot be changed', () => {
    expect(Object.isFrozen(CHANNELS)).toBeTrue();
    expect(Object.entries(CHANNELS).every(([key, name]) => name === `rxjs-connection-pool:${key}`)).toBeTrue();
  });

  describe('acquire', () => {
    it('has start and end for a caller that is served at once, before its work begins', () => {
      const pool = createPool();
      pool.use(() => of(1)).subscribe();
      const traces = tracesOf(acquire);
      pool.use(() => of(traces.push(['work', {}])), { label: 'sum' }).subscribe();
      expect(traces).toEqual([
        ['start', { label: 'sum' }],
        ['end', { label: 'sum', result: { connection: 1, waited: 0 } }],
        ['work', {}],
      ]);
    });

    it('publishes one object from start to asyncEnd', () => {
      const [pool, release] = busyPool();
      const messages = new Set<unknown>();
      for (const part of parts) listen(`tracing:${acquire}:${part}`, (message) => messages.add(message));
      pool.use(() => of(1)).subscribe();
      release();
      expect([...messages] as AcquireMessage[]).toEqual([
        { pool: 'traced', result: { connection: 1, waited: jasmine.any(Number) } },
      ]);
    });

    it('has asyncStart and asyncEnd for a caller that waits, once it is served', () => {
      marbles(({ at, flush }) => {
        const [pool, release] = busyPool();
        const traces = tracesOf(acquire);
        pool.use(() => of(traces.push(['work', {}]))).subscribe();
        expect(traces).toEqual([
          ['start', {}],
          ['end', {}],
        ]);
        at(20, release);
        flush();
        const served = { result: { connection: 1, waited: 20 } };
        expect(traces.slice(2)).toEqual([
          ['asyncStart', served],
          ['asyncEnd', served],
          ['work', {}],
        ]);
      });
    });

    it('is published in the async context of the caller, whichever caller releases', () => {
      const [pool, release] = busyPool();
      const seen: string[] = [];
      for (const part of parts) {
        listen(`tracing:${acquire}:${part}`, () => seen.push(`${part} ${store.getStore()}`));
      }
      store.run('waiting', () => pool.use(() => of(1)).subscribe());
      store.run('releasing', release);
      expect(seen).toEqual(['start waiting', 'end waiting', 'asyncStart waiting', 'asyncEnd waiting']);
    });

    it('is published in the context of a batch for its later items too', () => {
      const seen: (string | undefined)[] = [];
      const work = new Subject<number>();
      const pool = createPool();
      listen(`tracing:${acquire}:start`, () => seen.push(store.getStore()));
      store.run('batch', () =>
        from([1, 2, 3])
          .pipe(
            withConnection(pool, () => work),
            batchParallel(1),
          )
          .subscribe(),
      );
      store.run('elsewhere', () => {
        work.complete();
      });
      expect(seen).toEqual(['batch', 'batch', 'batch']);
    });

    it('has error for acquires that time out', () => {
      marbles(({ flush }) => {
        const [pool] = busyPool();
        const traces = tracesOf(acquire);
        pool.acquire({ acquireTimeout: 5, label: 'late' }).subscribe(quiet);
        flush();
        const failed = { label: 'late', error: poolError('POOL_EXHAUSTED') };
        expect(traces.map(([part]) => part)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
        expect(traces.slice(2).map(([, message]) => message)).toEqual([failed, failed, failed]);
      });
    });

    it('has error before end for acquires that are rejected at once', async () => {
      const [pool] = busyPool({ maxPending: 0 });
      const traces = tracesOf(acquire);
      pool.acquire().subscribe(quiet);
      await pool.destroy({ timeout: 0 });
      pool.acquire().subscribe(quiet);
      expect(traces).toEqual([
        ['start', {}],
        ['error', { error: poolError('POOL_EXHAUSTED') }],
        ['end', { error: poolError('POOL_EXHAUSTED') }],
        ['start', {}],
        ['error', { error: poolError('INVALID_POOL') }],
        ['end', { error: poolError('INVALID_POOL') }],
      ]);
    });

    it('says that a caller has left the queue', () => {
      const [pool] = busyPool();
      const traces = tracesOf(acquire);
      pool.acquire().subscribe().unsubscribe();
      expect(traces).toEqual([
        ['start', {}],
        ['end', {}],
        ['asyncStart', { cancelled: true }],
        ['asyncEnd', { cancelled: true }],
      ]);
    });

    for (const part of parts) {
      it(`is published to a subscriber of nothing but ${part}`, () => {
        const [pool, release] = busyPool({ maxPending: 1 });
        const traces = tracesOf(acquire, [part]);
        pool.acquire().subscribe((lease) => {
          lease.release();
        });
        pool.acquire().subscribe(quiet);
        release();
        pool.use(() => of(1)).subscribe();
        const counts = { start: 3, end: 3, asyncStart: 1, asyncEnd: 1, error: 1 };
        expect(traces.length).toBe(counts[part]);
      });
    }

    it('follows no acquire that began before the subscription', () => {
      const [pool, release] = busyPool();
      pool.use(() => of(1)).subscribe();
      const traces = tracesOf(acquire);
      release();
      expect(traces).toEqual([]);
    });

    it('does not follow the stream of the pool', () => {
      const [pool, release] = busyPool();
      const traces = tracesOf(acquire);
      const stream = pool.subscribe((lease) => {
        lease.discard();
      });
      release();
      // It would be served for as long as the process runs.
      stream.unsubscribe();
      expect(traces).toEqual([]);
      expect(pool.stats.discarded).toBeGreaterThan(0);
    });

    it('may be subscribed to by what acquires itself', () => {
      const pool = createPool({ max: 2 });
      let nested = 0;
      listen(`tracing:${acquire}:start`, () => {
        if (nested++ === 0) pool.use(() => of(1)).subscribe();
      });
      const served: number[] = [];
      pool.use(() => of(2)).subscribe((value) => served.push(value));
      expect(served).toEqual([2]);
      expect(nested).toBe(2);
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 2, released: 2, activeLeases: 0 }));
    });

    it('does not run the work of the caller in the stores that are bound to it', () => {
      const { start } = tracingChannel<string, AcquireMessage>(acquire);
      const bound: string[] = [];
      start.bindStore(store, (message) => {
        bound.push(message.pool);
        return 'a span of the acquire';
      });
      ends.push(() => void start.unbindStore(store));
      const seen: unknown[] = [];
      createPool()
        .use(() => of(seen.push(store.getStore())))
        .subscribe();
      expect(bound).toContain('traced');
      expect(seen).toEqual([undefined]);
    });
  });

  describe('connect', () => {
    it('has start and end for a connector that opens at once', () => {
      marbles(() => {
        const traces = tracesOf(connect);
        createPool().acquire().subscribe();
        expect(traces).toEqual([
          ['start', { connection: 1 }],
          ['end', { connection: 1, result: { took: 0 } }],
        ]);
      });
    });

    it('has asyncStart and asyncEnd with the duration, and error for one that fails', () => {
      const { connect: connector } = scriptedTarget({
        openAfter: 10,
        step: (dial) => (dial === 0 ? 'fail' : 'open'),
        error: dead,
      });
      marbles(({ flush }) => {
        const traces = tracesOf(connect);
        const pool = createPool({ connect: connector, retryDelay: 5, random: () => 0.999 });
        pool.use(() => of(1)).subscribe();
        flush();
        const failed = { connection: 1, error: dead };
        const opened = { connection: 2, result: { took: 10 } };
        expect(traces).toEqual([
          ['start', { connection: 1 }],
          ['end', { connection: 1 }],
          ['error', failed],
          ['asyncStart', failed],
          ['asyncEnd', failed],
          ['start', { connection: 2 }],
          ['end', { connection: 2 }],
          ['asyncStart', opened],
          ['asyncEnd', opened],
        ]);
      });
    });

    it('says that a connect was abandoned', async () => {
      const traces = tracesOf(connect);
      const pool = createPool({ connect: () => NEVER });
      pool.acquire().subscribe(quiet);
      await pool.destroy();
      expect(traces.map(([part]) => part)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
      expect(traces.at(-1)![1]).toEqual({ connection: 1, cancelled: true });
    });

    it('runs the connector in the stores that are bound to start, and no caller', () => {
      const { start } = tracingChannel<string, ConnectMessage>(connect);
      start.bindStore(store, () => 'a span of the connect');
      ends.push(() => void start.unbindStore(store));
      const seen: (string | undefined)[] = [];
      const pool = createPool({
        connect: () => {
          seen.push(store.getStore());
          return opens();
        },
      });
      store.run('caller', () => pool.use(() => of(seen.push(store.getStore()))).subscribe());
      expect(seen).toEqual(['a span of the connect', 'caller']);
    });
  });

  describe('events', () => {
    /** Does everything that has an event of its own. */
    function liveThrough(pool: ConnectionPool<object>): void {
      pool.use(() => of(1)).subscribe(quiet);
      pool.acquire({ label: 'kept' }).subscribe({
        next: (lease) => {
          timer(50).subscribe(() => {
            lease.discard('broken');
          });
        },
        ...quiet,
      });
      timer(100).subscribe(() => {
        pool.resize(2);
        pool.refresh();
        pool.use(() => of(1)).subscribe(quiet);
      });
      timer(200).subscribe(() => void pool.destroy());
    }

    const options = (): Partial<PoolOptions<object>> => {
      const { connect: connector } = scriptedTarget({ openAfter: 1, step: (dial) => (dial === 1 ? 'fail' : 'open') });
      return {
        connect: (context) => {
          timer(30).subscribe(() => {
            context.notice('reconnected');
          });
          return connector();
        },
        leakThreshold: 20,
        breaker: { failures: 1, probeAfter: 10 },
        retryDelay: 1,
      };
    };

    it('are those of events$, each on its own channel', () => {
      marbles(({ flush }) => {
        const published: PoolEvent[] = [];
        for (const name of Object.values(points)) listen(name, (event: PoolEvent) => published.push(event));
        const emitted: PoolEvent[] = [];
        const pool = createPool(options());
        pool.events$.subscribe((event) => emitted.push(event));
        liveThrough(pool);
        flush();
        expect(published).toEqual(emitted.filter(({ type }) => type in points));
        expect(new Set(published.map(({ type }) => type))).toEqual(new Set(Object.keys(points) as PoolEvent['type'][]));
      });
    });

    for (const type of Object.keys(points) as (keyof typeof points)[]) {
      it(`are published without a subscriber of events$: ${type}`, () => {
        marbles(({ flush }) => {
          const published: PoolEvent[] = [];
          listen(points[type], (event: PoolEvent) => published.push(event));
          liveThrough(createPool(options()));
          flush();
          expect(published.length).toBeGreaterThan(0);
          expect(published.every((event) => event.type === type && event.pool === 'traced')).toBeTrue();
        });
      });
    }

    it('have every later change of the breaker, and none from before the subscription', () => {
      const { connect: connector } = scriptedTarget({ openAfter: 1, step: (dial) => (dial < 2 ? 'fail' : 'open') });
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: connector, breaker: { failures: 1, probeAfter: 10 } });
        const call = (): void => void pool.use(() => of(1)).subscribe(quiet);
        const states: unknown[] = [];
        call();
        at(5, () => {
          listen(points.breaker, ({ at: time, state }) => states.push([time, state]));
        });
        at(20, call);
        at(40, call);
        flush();
        expect(states).toEqual([
          [20, 'half-open'],
          [21, 'open'],
          [40, 'half-open'],
          [41, 'closed'],
        ]);
      });
    });
  });

  it('cost nothing without a subscriber: no message is created', () => {
    const made = [
      spyOn(Events.prototype, 'add').and.callThrough(),
      ...(['acquireBegins', 'acquireWaits', 'connectBegins', 'happened'] as const).map((method) =>
        spyOn(PoolChannels.prototype, method).and.callThrough(),
      ),
    ];
    const count = (): number => made.reduce((sum, { calls }) => sum + calls.count(), 0);
    const live = (): void => {
      const [pool, release] = busyPool({ maxPending: 1 });
      pool.use(() => of(1)).subscribe();
      pool.acquire().subscribe(quiet);
      release();
      pool.acquire().subscribe((lease) => {
        lease.discard();
      });
      pool.resize(2);
      pool.refresh();
      void pool.destroy({ timeout: 0 });
    };
    live();
    expect(count()).toBe(0);
    tracesOf(acquire);
    tracesOf(connect);
    for (const name of Object.values(points)) listen(name, () => undefined);
    live();
    for (const { calls } of made) expect(calls.count()).toBeGreaterThan(0);
    for (const end of ends) end();
    ends = [];
    expect(Object.values(points).some((name) => channel(name).hasSubscribers)).toBeFalse();
    for (const { calls } of made) calls.reset();
    live();
    expect(count()).toBe(0);
  });
});
