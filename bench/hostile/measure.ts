import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, timeout } from 'rxjs';
import { connectNode, type RpcConnection } from '../../src/connectors/msgpack-rpc/index';
import { createPool, type ConnectionPool } from '../../src/index';
import { percentile } from '../runner/statistics';
import type { NodeReport } from './node';
import type { Scene } from './scenes';

export interface Latencies {
  readonly calls: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

export interface SceneResult {
  readonly scene: Scene;
  readonly before: Latencies;
  readonly during: Latencies;
  /** Resident memory of the node, in bytes. */
  readonly rssBefore: number;
  readonly rssDuring: number;
}

/** In ms. */
const WARM_UP = 1_000;
const BEFORE = 2_000;
const DURING = 4_000;
/** The pause between two calls of the good client. */
const PACE = 2;
/** The number of calls after which the good client replaces a connection: if the node accepts no new clients, the next calls fail. */
const RECONNECT_AFTER = 50;
/** A call that takes longer counts as failed. */
const CALL_TIMEOUT = 10_000;

process.setMaxListeners(0);

const self = fileURLToPath(new URL('../hostile.ts', import.meta.url));

export async function measureScenes(scenes: readonly Scene[]): Promise<SceneResult[]> {
  const results: SceneResult[] = [];
  for (const scene of scenes) results.push(await measure(scene));
  return results;
}

async function measure(scene: Scene): Promise<SceneResult> {
  const node = start('--role', 'node');
  const { target } = await reportOf(node);
  const pool = createPool({ connect: connectNode(target), max: 4, maxUses: RECONNECT_AFTER });
  await calls(pool, WARM_UP);
  await asked(node);
  const before = await calls(pool, BEFORE);
  const { rss: rssBefore } = await asked(node);
  const args = ['--role', 'peer', '--scene', scene.name, '--port', target.split(':')[1]!];
  const peers = Array.from({ length: scene.peers }, () => start(...args));
  await Promise.all(peers.map((peer) => once(peer, 'message')));
  const during = await calls(pool, DURING);
  const { rss: rssDuring, clients } = await asked(node);
  console.error(
    `${scene.name}: ${clients} clients at the end, p99 ${before.p99.toFixed(2)} → ${during.p99.toFixed(2)} ms`,
  );
  for (const child of [...peers, node]) child.kill('SIGKILL');
  await pool.destroy({ timeout: 0 });
  return { scene, before, during, rssBefore, rssDuring };
}

/** The calls of the good client, one after the other. */
async function calls(pool: ConnectionPool<RpcConnection>, ms: number): Promise<Latencies> {
  const latencies: number[] = [];
  let failed = 0;
  const end = performance.now() + ms;
  for (let begun = performance.now(); begun < end; begun = performance.now()) {
    try {
      await firstValueFrom(pool.use((node) => node.call('echo', 'hello')).pipe(timeout(CALL_TIMEOUT)));
    } catch {
      failed++;
    }
    latencies.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
  return { calls: latencies.length, failed, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

const start = (...args: string[]): ChildProcess => {
  const child = fork(self, args, { execArgv: process.execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  process.on('exit', () => child.kill('SIGKILL'));
  return child;
};

const reportOf = async (node: ChildProcess): Promise<NodeReport> => ((await once(node, 'message')) as [NodeReport])[0];

function asked(node: ChildProcess): Promise<NodeReport> {
  const report = reportOf(node);
  node.send('report');
  return report;
}
