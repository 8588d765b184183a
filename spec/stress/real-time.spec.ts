import { EMPTY, lastValueFrom, of, Subject, take, tap } from 'rxjs';
import {
  builtinMethods,
  connectNode,
  serveNode,
  type RpcConnection,
  type RpcNode,
} from '../../src/connectors/msgpack-rpc/index';
import { createPool, withConnection, batchParallel } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import { stressTest } from '../../src/stress/index';
import { after } from '../connectors/msgpack-rpc/support';

/** A real pool, real sockets, and the real clock: what is expected holds however slow the machine is. */
describe('stressTest in real time', () => {
  let node: RpcNode;
  let pool: ConnectionPool<RpcConnection>;

  beforeEach(async () => {
    node = await serveNode({ methods: builtinMethods });
    pool = createPool({ connect: connectNode(node.target), max: 4 });
  });
  afterEach(async () => {
    await pool.destroy({ timeout: 0 });
    await node.close();
  });

  it('does the operations of each worker, and measures microseconds', async () => {
    const load = { workers: 8, opsPerWorker: 50, work: (connection: RpcConnection) => connection.call('echo', 1) };
    const report = await lastValueFrom(stressTest(pool, load));
    expect(report.operations).toEqual(jasmine.objectContaining({ succeeded: 400, ended: 400 }));
    expect(report.violations).toEqual([]);
    expect(report.peaks).toEqual(jasmine.objectContaining({ leases: 4, connections: 4, concurrency: 8 }));
    expect(report.activity).toEqual(jasmine.objectContaining({ acquired: 400, released: 400, opened: 4 }));
    expect(report.use.min).toBeGreaterThan(0);
    expect(Number.isInteger(report.use.mean)).toBeFalse();
    expect(report.stats).toBe(pool.stats);
  });

  it('starts operations at a rate, independent of the node', async () => {
    const work = (connection: RpcConnection) => connection.call('sleep', 20);
    const report = await lastValueFrom(stressTest(pool, { rate: 400, arrivals: 'even', duration: 500, work }));
    // Four connections do 200 a second: 400 that come are a line that grows.
    expect(report.operations).toEqual(jasmine.objectContaining({ succeeded: 200, ended: 200 }));
    expect(report.offered).toBe(400);
    expect(report.throughput).toBeLessThan(210);
    expect(report.wait.max).toBeGreaterThan(300);
    expect(report.peaks.queueLength).toBeGreaterThan(50);
    expect(report.verdict).toContain('the load exceeds the capacity');
    expect(report.violations).toEqual([]);
  });

  it('keeps its rules, the load and other callers, while connections are lost and the node comes and goes', async () => {
    const { target } = node;
    const rpc = createPool({
      connect: connectNode(target),
      max: 4,
      retryDelay: 10,
      breaker: { failures: 3, probeAfter: 50 },
    });
    const others = lastValueFrom(
      of(...Array.from({ length: 200 }, (_, i) => i)).pipe(
        withConnection(rpc, (c, i) => c.call('echo', i)),
        batchParallel(3),
      ),
    );
    const restart = async (): Promise<void> => {
      await after(150);
      await node.close();
      await after(250);
      node = await serveNode({ methods: builtinMethods, port: Number(target.split(':')[1]) });
    };
    const restarted = restart();
    const work = (connection: RpcConnection) => connection.call('sleep', 5);
    const report = await lastValueFrom(stressTest(rpc, { workers: 8, duration: 1_000, interval: 100, work }));
    await others;
    await restarted;
    expect(report.violations).toEqual([]);
    const { succeeded, lost, failed, noConnection, ended, timedOut, rejected } = report.operations;
    expect(succeeded + lost + failed + noConnection + timedOut + rejected).toBe(ended);
    expect(lost + failed).toBeGreaterThan(0);
    expect(report.activity.opened).toBeGreaterThan(4);
    expect(report.timeline.length).toBeGreaterThan(1);
    await rpc.destroy({ timeout: 0 });
  });

  it('keeps its rules when it is destroyed meanwhile, with operations that work and wait', async () => {
    const work = (connection: RpcConnection) => connection.call('sleep', 20);
    const ending$ = new Subject<void>();
    const reports$ = stressTest(pool, {
      workers: 12,
      duration: 60_000,
      interval: 20,
      grace: 10_000,
      work,
      until: ending$,
    });
    let asked = 0;
    const report = await lastValueFrom(
      reports$.pipe(
        tap(({ operations }) => {
          if (operations.succeeded > 8 && asked++ === 0) void pool.destroy({ timeout: 5 }).then(() => ending$.next());
        }),
      ),
    );
    expect(report.violations).toEqual([]);
    expect([pool.stats.state, report.operations.inFlight]).toEqual(['destroyed', 0]);
    expect(report.operations.rejected).toBeGreaterThan(0);
  });

  for (const [what, work] of [
    ['work ends at once', () => EMPTY],
    ['promises are settled already', () => Promise.resolve(1)],
  ] as const) {
    it(`yields to the event loop where ${what}`, async () => {
      await pool.warmUp(3);
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      const report = await lastValueFrom(stressTest(pool, { workers: 3, duration: 1_000, interval: 50, work }));
      clearInterval(timer);
      // Otherwise there would be none from the beginning to the end.
      expect(ticks).toBeGreaterThan(5);
      expect(report.operations.succeeded).toBeGreaterThan(100);
    });
  }

  it('can be unsubscribed at any time', async () => {
    const load = { workers: 4, duration: 60_000, interval: 20, work: (c: RpcConnection) => c.call('sleep', 60_000) };
    await lastValueFrom(stressTest(pool, load).pipe(take(3)));
    expect(pool.stats.pendingAcquires + pool.stats.activeLeases).toBe(0);
    expect(pool.stats.cancelledOperations).toBe(4);
  });
});
