import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { chromiumPages } from '../helpers/chromium';
import { outage } from './outages';
import { recordingServer } from './recording-server';
import { allDone, tally } from './tally';
import type { BatchResult, PoolStats } from '../../src/index';

/** What runs in the browser: the library from its sources, RxJS and the recipe. */
const program = `
import * as recipe from './examples/recipes/browser/browser';
import * as pools from './src/index';
import * as rxjs from 'rxjs';
Object.assign(globalThis, { recipe, pools, rxjs });
`;

/** Answers what it was sent, after it has computed for a while. */
const worker = `
onmessage = ({ data: { item, ms, fault } }) => {
  if (fault) throw new Error('broken');
  const end = performance.now() + ms;
  while (performance.now() < end);
  postMessage(item);
};
`;

describe('the recipe for browsers, in Chromium', () => {
  const openPage = chromiumPages();
  const server = recordingServer('ws-server.mjs');
  let site: Server;
  let page: Page;
  const serverOutage = outage();

  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: fileURLToPath(new URL('../..', import.meta.url)), loader: 'ts' },
      bundle: true,
      format: 'iife',
      platform: 'browser',
      write: false,
      logLevel: 'error',
    });
    const files: Record<string, [type: string, text: string]> = {
      '/': ['text/html', '<!doctype html><link rel="icon" href="data:,"><script src="/program.js"></script>'],
      '/program.js': ['text/javascript', outputFiles[0]!.text],
      '/worker.js': ['text/javascript', worker],
    };
    site = createServer(({ url }, response) => {
      const [type, text] = files[url!] ?? ['text/plain', ''];
      response.writeHead(200, { 'content-type': type }).end(text);
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
  });

  beforeEach(async () => {
    server().forget();
    ({ page } = await openPage(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`));
    await page.exposeFunction('disturb', () => void serverOutage.begin());
  });

  afterEach(() => page?.close());

  afterAll(() => {
    site.closeAllConnections();
    site.close();
  });

  /** Runs code in the page, in which the exports of the library, of RxJS and of the recipe are variables. */
  const inPage = <R>(code: string): Promise<R> =>
    page.evaluate(`(async () => {
      const { createPool, batchParallel, retryFailed, withConnection } = pools;
      const { from, lastValueFrom, map, Observable, of, range, timeout, tap } = rxjs;
      ${code}
    })()`);

  /** Sends items over sockets, each with its number. */
  const batch = (count: number): Promise<{ result: BatchResult<number | undefined>; stats: PoolStats }> =>
    inPage(`
      const pool = recipe.openSockets('ws://127.0.0.1:${server().port}');
      const send = (socket, item) => {
        if (item === 100) setTimeout(disturb, 100);
        return recipe.call(socket, item);
      };
      const result = await lastValueFrom(range(${count}).pipe(withConnection(pool, send), batchParallel(32)));
      const { stats } = pool;
      await pool.destroy();
      return { result: { ...result, failed: result.failed.map(({ item }) => ({ item })) }, stats };
    `);

  it('runs the core: 100,000 synchronous items and 10,000 promises, over four connections', async () => {
    const done = await inPage<unknown>(`
      const pool = createPool({ max: 4, connect: () => new Observable((life) => life.next({})) });
      const sync = await lastValueFrom(
        range(100_000).pipe(withConnection(pool, (_, item) => of(item)), batchParallel(4)),
      );
      const promised = await lastValueFrom(
        range(10_000).pipe(withConnection(pool, async (_, item) => item), batchParallel(4)),
      );
      await pool.destroy();
      const { opened, closed, successfulOperations, totalConnections } = pool.stats;
      return [sync.successful.length, promised.successful.length, opened <= 4, closed === opened, successfulOperations, totalConnections];
    `);
    expect(done).toEqual([100_000, 10_000, true, true, 110_000, 0]);
  });

  it('sends many calls at once over a few sockets', async () => {
    const { result, stats } = await batch(400);
    expect(tally(result, server().recorded())).toEqual(allDone(400));
    expect(stats.opened).toBeLessThanOrEqual(4);
  });

  it('cancels the call of a caller that leaves at the server, and keeps the socket', async () => {
    const { end, stats } = await inPage<{ end: unknown; stats: PoolStats }>(`
      const pool = recipe.openSockets('ws://127.0.0.1:${server().port}');
      // So that the call is sent before its caller leaves, however long the connect takes.
      await pool.warmUp(1);
      const given = pool.use((socket) => recipe.call(socket, 1_000)).pipe(timeout(500));
      const end = await lastValueFrom(given).catch(({ name }) => name);
      await lastValueFrom(pool.use((socket) => recipe.call(socket, 1)));
      return { end, stats: pool.stats };
    `);
    while (!server().remarks().includes('cancelled')) await sleep(5);
    expect(end).toBe('TimeoutError');
    expect(stats).toEqual(jasmine.objectContaining({ closed: 0, cancelledOperations: 1, successfulOperations: 1 }));
  });

  it('loses only what was under way when the server is killed in mid-batch', async () => {
    serverOutage.plan(() => server().restart(1_000, 'SIGKILL'));
    const { result } = await batch(400);
    await serverOutage.end();
    const { failed, ...rest } = tally(result, server().recorded());
    expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
    expect(failed).toBeGreaterThan(0);
    // Under way are also the items that began on a connection whose end was not seen yet: at most one more each.
    expect(failed).toBeLessThanOrEqual(64);
  });

  it('runs each task once on a Web Worker, and fails only that whose worker is broken', async () => {
    const done = await inPage<unknown>(`
      const pool = recipe.openWorkers('/worker.js', 2);
      const run = (worker, item) => recipe.run(worker, { item, ms: 1, fault: item === 5 });
      const { successful, failed } = await lastValueFrom(range(40).pipe(withConnection(pool, run), batchParallel(2)));
      await pool.destroy();
      return [successful, failed.map(({ item, error }) => [item, error.code, error.phase])];
    `);
    const others = Array.from({ length: 40 }, (_, item) => item).filter((item) => item !== 5);
    expect(done).toEqual([others, [[5, 'CONNECTION_FAILED', 'use']]]);
  });

  it('ends the Web Worker of a task whose caller leaves, and runs the others on new ones', async () => {
    const done = await inPage<unknown>(`
      const pool = recipe.openWorkers('/worker.js', 2);
      const result = await lastValueFrom(
        range(4).pipe(
          withConnection(pool, (worker, item) => recipe.run(worker, { item, ms: item < 2 ? 60_000 : 0 })),
          map((task, index) => (index < 2 ? task.pipe(timeout(500)) : task)),
          batchParallel(2),
        ),
      );
      await pool.destroy();
      return [result.successful, result.failed.length, pool.stats.closed === pool.stats.opened];
    `);
    expect(done).toEqual([[2, 3], 2, true]);
  });
});
