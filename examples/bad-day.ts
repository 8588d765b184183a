/** Three pools under load, each with a trouble of its own, for the dashboard to tell apart. */
import { interval } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import type { RpcConnection } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import type { ConnectionPool, Lease } from '../src/index';

export interface BadDay {
  readonly pools: readonly ConnectionPool<RpcConnection>[];
  end(): Promise<void>;
}

/** In ms. */
const times = { firstLeak: 2_000, leakEvery: 4_000, outage: 3_000 };

export async function badDay(): Promise<BadDay> {
  const methods = { work: (ms: unknown) => new Promise((resolve) => setTimeout(resolve, Number(ms), 'done')) };
  const node = await serveNode({ methods });
  const another = await serveNode({ methods });
  const common = { acquireTimeout: 2_000 };
  const orders = createPool({ ...common, name: 'orders', connect: connectNode(node.target), max: 8 });
  const search = createPool({ ...common, name: 'search', connect: connectNode(node.target), max: 4 });
  const billing = createPool({ ...common, name: 'billing', connect: connectNode(another.target), max: 6 });

  const load = (pool: ConnectionPool<RpcConnection>, every: number, label: string, ms: () => number) =>
    interval(every).subscribe(() => {
      pool.use((connection) => connection.call('work', ms()), { label }).subscribe({ error: () => undefined });
    });
  const about = (ms: number) => () => ms * (0.5 + Math.random());
  const running = [
    load(orders, 25, 'place order', about(30)),
    load(orders, 110, 'order list', about(60)),
    load(search, 14, 'search', about(45)),
    load(search, 60, 'suggest', about(80)),
    load(billing, 40, 'invoice', about(50)),
  ];
  // The report acquires a lease, and does not release it: again and again. It keeps them: of those that nothing refers to, the pool would close the
  // connections as soon as they are collected as garbage.
  const kept: Lease<RpcConnection>[] = [];
  const forget = (): void => {
    if (orders.holders().filter(({ label }) => label === 'nightly report').length >= 5) return;
    orders
      .acquire({ label: 'nightly report' })
      .subscribe({ next: (lease) => kept.push(lease), error: () => undefined });
  };
  const timers = [setTimeout(forget, times.firstLeak), setInterval(forget, times.leakEvery)];
  timers.push(setTimeout(() => void another.close(), times.outage));

  return {
    pools: [orders, search, billing],
    async end() {
      for (const each of running) each.unsubscribe();
      for (const each of timers) clearTimeout(each);
      await Promise.all([orders, search, billing].map((pool) => pool.destroy({ timeout: 0 })));
      await Promise.all([node.close(), another.close()]);
    },
  };
}
