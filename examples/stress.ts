/**
 * How many connections does it take? A load of independent callers on a pool that is too small, and again on one of the size that the
 * verdict has asked for.
 *
 *     node --import tsx examples/stress.ts
 */
import { lastValueFrom } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import { stressTest } from '../src/stress/index';
import type { StressReport } from '../src/stress/index';

// The remote node: embedded here, but spoken to over TCP like any other. Each call takes it 10 ms on average, some far longer.
const node = await serveNode({
  methods: {
    look_up: () => new Promise((resolve) => setTimeout(resolve, -Math.log(1 - Math.random()) * 10, 'found')),
  },
});

const narrow = await load(4);
const enough = narrow.estimate?.max ?? 4;
if (enough > 4) await load(enough);
await node.close();

/** 250 callers per second for five seconds, the first of which is the warm-up. */
async function load(max: number): Promise<StressReport> {
  const pool = createPool({ name: 'look-up', connect: connectNode(node.target), max });
  const report = await lastValueFrom(
    stressTest(pool, {
      rate: 250,
      duration: 5_000,
      warmup: 1_000,
      work: (connection) => connection.call('look_up'),
      thresholds: ['wait.p99<20ms', 'errors<1%'],
    }),
  );
  await pool.destroy();

  console.log(`max ${max}: ${report.operations.ended} operations, ${Math.round(report.throughput)} a second`);
  for (const { passed, threshold, summary } of report.thresholds)
    console.log(`  ${passed ? '✓' : '✗'} ${threshold}  ${summary}`);
  console.log(`  ${report.verdict}\n`);
  return report;
}
