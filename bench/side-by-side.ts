/**
 * The same scenario as a stress test on a real pool, against a node of this process over real sockets, and as a simulation: once with the
 * same callers and the same work, with the same random numbers, and once of what was recorded of the stress test. Writes the table into docs/simulation.md;
 * real time is never twice the same.
 *
 *     node --import tsx bench/side-by-side.ts          two minutes and a half
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { lastValueFrom, Subject, takeUntil } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import { randomSources } from '../src/simulation/random-sources';
import { simulate } from '../src/simulation/index';
import type { Scenario } from '../src/simulation/index';
import { recordLoad, stressTest } from '../src/stress/index';
import type { LoadRecording, StressReport } from '../src/stress/index';
import { formatMs } from '../src/stress/format-ms';

const rate = 150;
const mean = 30;
const duration = 40_000;
const warmup = 2_000;
const sizes = [5, 6, 8];
const seed = 7;

const page = new URL('../docs/simulation.md', import.meta.url);
const node = await serveNode({
  methods: { work: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'done')) },
});

const rows = [
  '| max | | busy | use mean | wait mean | wait p50 | wait p90 | wait p99 | total p99 |',
  '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
];
for (const max of sizes) {
  const { report, recording } = await stress(max);
  const pool = { max, min: 'max' } as const;
  const scenario: Scenario = {
    pool,
    arrivals: { rate },
    work: { exponential: mean },
    connect: 2,
    duration,
    warmup,
    seed,
  };
  const simulated = await lastValueFrom(simulate(scenario));
  const replayed = await lastValueFrom(simulate({ pool, recording, warmup }));
  rows.push(
    row(max, 'stress test, in real time', report),
    row(max, 'simulation of the scenario', simulated),
    row(max, 'simulation of the recording', replayed),
  );
}
await node.close();
console.log(rows.join('\n'));

const text = readFileSync(page, 'utf8');
const filled = text.replace(/(<!-- side -->\n)[^]*(<!-- \/side -->)/, `$1\n${rows.join('\n')}\n\n$2`);
writeFileSync(page, await format(filled, { ...(await resolveConfig(page)), parser: 'markdown' }));

async function stress(max: number): Promise<{ report: StressReport; recording: LoadRecording }> {
  const pool = createPool({ name: 'side by side', connect: connectNode(node.target), max, min: max });
  await pool.warmUp();
  const end$ = new Subject<void>();
  // eslint-disable-next-line rxjs-x/no-unsafe-takeuntil -- what comes after it is told that the events are over
  const recorded = lastValueFrom(pool.events$.pipe(takeUntil(end$), recordLoad()));
  // The random sources of the simulation, so that each caller arrives at the same time as there, and has the same work.
  const randomFor = randomSources(seed);
  const [arrivals, work] = [randomFor('arrivals'), randomFor('work')];
  const report = await lastValueFrom(
    stressTest(pool, {
      rate,
      random: arrivals,
      duration,
      warmup,
      work: (connection) => connection.call('work', -Math.log(1 - work()) * mean),
    }),
  );
  end$.next();
  await pool.destroy();
  return { report, recording: await recorded };
}

/** From the actual start, because a delay of the load generator itself is not caused by the pool. */
function row(max: number, what: string, { utilisation, use, fromStart }: StressReport): string {
  const { wait, total } = fromStart;
  const cells = [use.mean, wait.mean, wait.p50, wait.p90, wait.p99, total.p99].map(formatMs);
  return `| ${max} | ${what} | ${Math.round(utilisation * 100)} % | ${cells.join(' | ')} |`;
}
