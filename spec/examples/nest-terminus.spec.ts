import { startService } from '../../examples/nest-terminus';
import { connectNode, serveNode } from '../../src/connectors/msgpack-rpc/index';
import { createPool } from '../../src/index';

describe('the example of health checks in NestJS', () => {
  it('is ready while the pool is up or degraded, not ready while its target is dead, and always alive', async () => {
    const methods = { work: () => 'done', forever: () => new Promise(() => undefined) };
    const node = await serveNode({ methods });
    const port = Number(node.target.split(':').at(-1));
    const pool = createPool({
      name: 'orders',
      max: 1,
      connect: connectNode(node.target),
      retryDelay: { initial: 20, max: 50 },
      acquireTimeout: 60_000,
    });
    const service = await startService(pool);
    const ask = async (path: string) => {
      const response = await fetch(`${service.url}/health/${path}`);
      return { code: response.status, body: (await response.json()) as any };
    };
    /** Asks until the answer is that: the pool notices a loss, or a recovery, after a while. */
    const askUntil = async (status: string) => {
      for (;;) {
        const { code, body } = await ask('ready');
        if (body.details.orders.status === status) return { code, body };
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const call = (method: string) =>
      pool.use((connection) => connection.call(method)).subscribe({ error: () => undefined });

    call('work');
    const up = await askUntil('up');
    expect(up.code).toBe(200);
    expect(up.body).toEqual(jasmine.objectContaining({ status: 'ok', error: {} }));
    expect(up.body.details.orders).toEqual(
      jasmine.objectContaining({ pool: 'orders', condition: 'healthy', maxConnections: 1 }),
    );

    const running = [call('forever'), call('forever')];
    const degraded = await askUntil('degraded');
    expect([degraded.code, degraded.body.status]).toEqual([200, 'degraded']);
    expect(degraded.body.details.orders.sentence).toMatch(/^Saturated/);
    for (const each of running) each.unsubscribe();

    await node.close();
    call('work');
    const down = await askUntil('down');
    expect([down.code, down.body.status]).toEqual([503, 'error']);
    expect(down.body.error.orders).toEqual(
      jasmine.objectContaining({
        condition: 'dead-target',
        advice: jasmine.stringContaining('Check that the target is up'),
      }),
    );
    expect((await ask('live')).code).toBe(200);

    const again = await serveNode({ methods, port });
    expect((await askUntil('up')).code).toBe(200);

    await service.close();
    await pool.destroy({ timeout: 0 });
    await again.close();
  });
});
