/**
 * The cost of a dashboard: operations per second of CPU time without a dashboard, with one that has no client, and with a hundred clients;
 * the number of bytes that a client is sent; and the size of the page.
 *
 *     node --import tsx bench/dashboard.ts [ROUNDS]
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { concat, lastValueFrom, NEVER, of } from 'rxjs';
import { pageAssets } from '../src/dashboard/page-assets';
import { dashboard } from '../src/dashboard/index';
import { createPool } from '../src/index';

const clients = 100;
const workers = 40;
/** In ms. */
const length = 3_000;

const [given = '5'] = process.argv.slice(2);
if (given === '--clients') await watch(process.argv[3]!);
else await measure(Number(given));

/** Clients, in a separate process: the cost of reading is not a cost of the pool. */
async function watch(url: string): Promise<void> {
  let bytes = 0;
  let there = 0;
  let begin = performance.now();
  const read = async (): Promise<void> => {
    const response = await fetch(`${url}frames`);
    let isFirst = true;
    for await (const chunk of response.body!) {
      if (!isFirst) bytes += (chunk as Uint8Array).length;
      if (isFirst && ++there === clients) {
        begin = performance.now();
        bytes = 0;
        console.log('there');
      }
      isFirst = false;
    }
  };
  await Promise.allSettled(Array.from({ length: clients }, read));
  console.log(Math.round((bytes * 1_000) / clients / (performance.now() - begin)));
}

/** Work that ends in a later turn of the event loop, as with a socket. */
function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function round(how: 'alone' | 'unwatched' | 'watched'): Promise<{ perCpuSecond: number; bytes: number }> {
  const pool = createPool({ name: 'bench', max: 20, connect: () => concat(of({}), NEVER) });
  const board = how === 'alone' ? undefined : dashboard(pool);
  let child: ReturnType<typeof spawn> | undefined;
  let said = '';
  if (how === 'watched') {
    const { url } = await board!.listen();
    child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), '--clients', url]);
    child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    // The arrival of the clients is not measured, only the time while they are connected.
    while (!said.includes('there')) await once(child.stdout!, 'data');
  }
  let isOver = false;
  let done = 0;
  const before = process.cpuUsage();
  const work = Array.from({ length: workers }, async () => {
    while (!isOver) {
      await lastValueFrom(pool.use(later, { label: 'bench' }));
      done++;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, length));
  isOver = true;
  await Promise.all(work);
  const { user, system } = process.cpuUsage(before);
  await board?.close();
  await pool.destroy();
  if (child !== undefined) await once(child, 'exit');
  return { perCpuSecond: (done * 1e6) / (user + system), bytes: Number(said.replace('there', '')) };
}

async function measure(rounds: number): Promise<void> {
  const ways = ['alone', 'unwatched', 'watched'] as const;
  const results = { alone: [] as number[], unwatched: [] as number[], watched: [] as number[] };
  const bytes: number[] = [];
  await round('alone');
  for (let i = 0; i < rounds; i++) {
    for (const way of ways) {
      const result = await round(way);
      results[way].push(result.perCpuSecond);
      if (way === 'watched') bytes.push(result.bytes);
    }
  }
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const alone = median(results.alone);
  const row = (what: string, value: number): void => {
    console.log(
      `${what.padEnd(34)} ${Math.round(value)} operations a CPU second, ${((value / alone - 1) * 100).toFixed(1)} %`,
    );
  };
  row('no dashboard', alone);
  row('a dashboard, no client', median(results.unwatched));
  row(`a dashboard, ${clients} clients`, median(results.watched));
  const { html, js, css, icon } = await pageAssets();
  const page = [html, js, css, icon].reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  console.log(`first paint: ${await firstPaint()}`);
  console.log(`${median(bytes)} bytes a second to each client; the page is ${(page / 1_000).toFixed(1)} kB gzipped`);
}

/** In Chromium, if it is installed: the time from the request to the first frame that is not blank. */
async function firstPaint(): Promise<string> {
  const program = spawnSync('sh', ['-c', 'command -v chromium']).stdout.toString().trim();
  if (program === '') return 'no chromium is installed';
  const { chromium } = await import('playwright-core');
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: program, args });
  const pool = createPool({ name: 'bench', max: 20, connect: () => concat(of({}), NEVER) });
  const board = dashboard(pool, { period: 100, history: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const page = await browser.newPage();
  await page.goto((await board.listen()).url);
  await page.waitForTimeout(1_000);
  const ms = await page.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
  await browser.close();
  await board.close();
  await pool.destroy();
  return `${Math.round(ms)} ms`;
}
