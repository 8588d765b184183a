import { from as fromIx } from 'ix/asynciterable';
import { firstValueFrom, from, lastValueFrom, mergeAll, NEVER, Observable, of, timer } from 'rxjs';
import { batchOutcomes, batchParallel, withConnection } from '../../src/index';
import type { AcquireOptions, ConnectionPool } from '../../src/index';
import * as ix from '../../src/ix/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';

const reason = new Error('enough');
const create = (): ConnectionPool<string> => createPool<string>({ connect: () => opensAtOnce('a'), max: 1 });

/** A signal that counts its listeners. */
function counted(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    listeners++;
    (add as (...given: unknown[]) => void).apply(signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    listeners--;
    (remove as (...given: unknown[]) => void).apply(signal, args);
  };
  return { controller, signal, listeners: () => listeners };
}

type Work = () => Observable<unknown> | Promise<unknown>;
const fails = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => 'done',
    (error: unknown) => error,
  );

const ways: Record<string, (pool: ConnectionPool<string>, work: Work, options: AcquireOptions) => Promise<unknown>> = {
  use: (pool, work, options) => fails(lastValueFrom(pool.use(work, options))),
  'a task of withConnection': (pool, work, options) =>
    fails(lastValueFrom(of(1).pipe(withConnection(pool, work, options), mergeAll()))),
  'a task in a batch': async (pool, work, options) => {
    const result = await lastValueFrom(of(1).pipe(withConnection(pool, work, options), batchParallel()));
    return result.failed[0]?.error ?? 'done';
  },
  'a task with operators on it': async (pool, work, options) => {
    const outcome = await lastValueFrom(of(1).pipe(withConnection(pool, work, options), batchOutcomes()));
    return outcome.status === 'failed' ? outcome.error : 'done';
  },
  'a pulled task in a batch': async (pool, work, options) => {
    const results = fromIx([1]).pipe(ix.withConnection(pool, work, options), ix.batchParallel());
    for await (const result of results as AsyncIterable<{ failed: { error: unknown }[] }>)
      return result.failed[0]?.error ?? 'done';
    return 'nothing';
  },
};

describe('the signal of an acquire', () => {
  for (const [what, run] of Object.entries(ways)) {
    it(`removes ${what} from the queue`, async () => {
      const pool = create();
      const held = await firstValueFrom(pool.acquire());
      const { controller, signal, listeners } = counted();
      const running = run(pool, () => of(1), { signal });
      await Promise.resolve();
      await new Promise(setImmediate);
      expect(pool.stats.pendingAcquires).toBe(1);
      expect(listeners()).toBe(1);
      controller.abort(reason);
      expect(await running).toBe(reason);
      expect(listeners()).toBe(0);
      expect(pool.stats).toEqual(jasmine.objectContaining({ pendingAcquires: 0, cancelledAcquires: 1 }));
      held.release();
    });

    it(`cancels the work of ${what}`, async () => {
      const pool = create();
      const { controller, signal, listeners } = counted();
      let torn = 0;
      const work = (): Observable<never> => new Observable<never>(() => () => torn++);
      const running = run(pool, work, { signal });
      await new Promise(setImmediate);
      expect(pool.stats.activeLeases).toBe(1);
      controller.abort(reason);
      expect(await running).toBe(reason);
      expect([torn, listeners()]).toEqual([1, 0]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 0, cancelledOperations: 1 }));
    });

    it(`rejects ${what} at once when it is aborted already`, async () => {
      const pool = create();
      const { controller, signal, listeners } = counted();
      controller.abort(reason);
      let called = 0;
      const running = run(
        pool,
        () => {
          called++;
          return of(1);
        },
        { signal },
      );
      expect(await running).toBe(reason);
      expect([called, listeners(), pool.stats.opened]).toEqual([0, 0, 0]);
    });

    it(`has no listener after ${what} has ended`, async () => {
      const pool = create();
      const { controller, signal, listeners } = counted();
      expect(await run(pool, () => of(1), { signal })).toBe('done');
      expect(listeners()).toBe(0);
      controller.abort(reason);
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 1, cancelledOperations: 0 }));
    });
  }

  it('removes acquire from the queue, and has no effect on its lease', async () => {
    const pool = create();
    const { controller, signal, listeners } = counted();
    const lease = await firstValueFrom(pool.acquire({ signal }));
    expect(listeners()).toBe(0);
    const waiting = fails(firstValueFrom(pool.acquire({ signal })));
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(lease.connection).toBe('a');
    expect(await fails(firstValueFrom(pool.acquire({ signal })))).toBe(reason);
    lease.release();
  });

  it('notifies its caller before the next one is served', async () => {
    const pool = create();
    const controller = new AbortController();
    const order: string[] = [];
    pool.use(() => NEVER, { signal: controller.signal }).subscribe({ error: () => order.push('stopped') });
    pool
      .use(() => {
        order.push('next');
        return of(1);
      })
      .subscribe();
    controller.abort(reason);
    expect(order).toEqual(['stopped', 'next']);
    await pool.destroy();
  });

  it('aborts the signal of work that is a promise, and keeps its connection until that has settled', async () => {
    const pool = create();
    const controller = new AbortController();
    let stopped = false;
    const running = fails(
      lastValueFrom(
        pool.use(
          async (_, context) => {
            await new Promise((resolve) => {
              context.signal.addEventListener('abort', resolve);
            });
            await lastValueFrom(timer(1));
            stopped = true;
          },
          { signal: controller.signal },
        ),
      ),
    );
    controller.abort(reason);
    expect(await running).toBe(reason);
    expect([stopped, pool.stats.activeLeases]).toEqual([false, 1]);
    await pool.destroy();
    expect(stopped).toBe(true);
  });

  it('may be aborted by the work itself', async () => {
    const pool = create();
    const controller = new AbortController();
    const work = (): Observable<number> => {
      controller.abort(reason);
      return of(1);
    };
    expect(await fails(lastValueFrom(pool.use(work, { signal: controller.signal })))).toBe(reason);
    expect(pool.stats.activeLeases).toBe(0);
  });

  it('has its default reason, and every task of a batch fails with it', async () => {
    const pool = create();
    const controller = new AbortController();
    const running = lastValueFrom(
      from([1, 2, 3]).pipe(
        withConnection(pool, () => NEVER, { signal: controller.signal }),
        batchParallel(2),
      ),
    );
    controller.abort();
    const { failed } = await running;
    expect(failed.map(({ error }) => (error as Error).name)).toEqual(['AbortError', 'AbortError', 'AbortError']);
  });

  it('is rejected when it is no AbortSignal', () => {
    for (const signal of [1, {}, new AbortController()]) {
      expect(() => create().acquire({ signal: signal as never })).toThrowError(
        /signal must be an AbortSignal, but got/,
      );
    }
  });
});
