import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import helmet from 'helmet';
import { concat, NEVER, of, Subject, timer } from 'rxjs';
import { badDay } from '../../examples/bad-day';
import { Collector } from '../../src/dashboard/collect/collector';
import { serveFeed } from '../../src/dashboard/dashboard';
import type { Feed } from '../../src/dashboard/feed';
import type { DashboardState, Frame, Tick } from '../../src/dashboard/frames';
import { dashboard } from '../../src/dashboard/index';
import { resolveServing } from '../../src/dashboard/options';
import { createPool } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import type { StressReport } from '../../src/stress/index';
import { chromiumPages } from '../helpers/chromium';
import { effort } from '../helpers/effort';

const poolOf = (name = 'db') => createPool({ name, max: 3, connect: () => concat(of('c'), NEVER) });
const ignored = (): undefined => undefined;

describe('the page of a dashboard', () => {
  const open = chromiumPages();

  /** A pool under load, and its dashboard. */
  async function loaded(pool: ConnectionPool<unknown> = poolOf(), label = 'job') {
    const board = dashboard(pool, { period: 200 });
    const { url } = await board.listen();
    const work = timer(0, 20).subscribe(() => pool.use(() => timer(30), { label }).subscribe({ error: ignored }));
    return {
      url,
      board,
      end: async () => {
        work.unsubscribe();
        await board.close();
      },
    };
  }

  it('says of three pools under load which is which and what to do, worst first', async () => {
    const day = await badDay();
    const board = dashboard(day.pools, { period: 500 });
    const { url } = await board.listen();
    const { page, complaints, requests } = await open(url);
    const row = (name: string) => page.locator('.overview .row', { hasText: name });
    await row('orders')
      .getByText(/leaks? looks? leaked|leases? looks? leaked/)
      .waitFor({ timeout: 200_000 });
    await row('search').getByText('Saturated').waitFor();
    await row('billing').getByText('The target refuses connections').waitFor();
    expect(await row('orders').locator('.advice').textContent()).toContain(
      `Find where 'nightly report' does not release`,
    );
    expect(await row('search').locator('.advice').textContent()).toContain('Raise max');
    expect(await row('billing').locator('.advice').textContent()).toContain('Check that the target is up');
    const badges = await page.locator('.overview .badge').allTextContents();
    expect(badges.map((text) => text.replace(/^\W+/, '')).sort()).toEqual(['leak', 'target down', 'too small']);
    expect(complaints).toEqual([]);
    expect(requests.filter((address) => !address.startsWith(url))).toEqual([]);
    await page.close();
    await board.close();
    await day.end();
  }, 300_000);

  it('moves: numbers, lanes and charts', async () => {
    const { url, end } = await loaded();
    const { page, complaints } = await open(url);
    await page.locator('.lanes canvas').waitFor();
    const drawn = () => page.evaluate<string>(`document.querySelector('.lanes canvas').toDataURL()`);
    const before = await drawn();
    let now = before;
    while (now === before) now = await drawn();
    expect(now).toMatch(/^data:image.png/);
    expect(await page.locator('.u-wrap').count()).toBeGreaterThanOrEqual(3);
    // Between two rounds of the load no connection is lent: the number is awaited, not read once.
    await page
      .locator('.numbers dd')
      .first()
      .getByText(/^[123] of 3$/)
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
    await end();
  });

  it('can be used by keyboard alone: pause, go back, go on', async () => {
    const { url, end } = await loaded();
    const { page } = await open(url);
    await page.locator('.lanes canvas').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.textContent`)).toBe('To the state of the pool');
    // A history of more than a second: an earlier moment shows another time.
    await page.waitForTimeout(2_500);
    await page.keyboard.press('p');
    await page.getByText('(paused)').waitFor();
    const slider = page.getByRole('slider', { name: 'Moment' });
    for (let i = 0; i < 20 && (await page.evaluate(`document.activeElement.type`)) !== 'range'; i++) {
      await page.keyboard.press('Tab');
    }
    const moment = await slider.getAttribute('aria-valuetext');
    let now = moment;
    while (now === moment) {
      await page.keyboard.press('ArrowLeft');
      now = await slider.getAttribute('aria-valuetext');
    }
    expect(now).toMatch(/^\d\d:\d\d:\d\d$/);
    await page.keyboard.press('p');
    await page.getByText('(paused)').waitFor({ state: 'detached' });
    await page.close();
    await end();
  });

  it('is dark where the system is, and fits a phone', async () => {
    const { url, end } = await loaded();
    const colors: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(url, { colorScheme, viewport: { width: 360, height: 740 } });
      await page.locator('.lanes canvas').waitFor();
      colors.push(await page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`));
      expect(await page.evaluate<number>(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(360);
      await page.close();
    }
    expect(colors[0]).not.toBe(colors[1]);
    await end();
  });

  it('keeps what the system says of motion', async () => {
    const { url, end } = await loaded();
    const animations: string[] = [];
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const { page } = await open(url, { reducedMotion });
      await page.locator('.status.open').waitFor();
      animations.push(
        await page.evaluate<string>(`getComputedStyle(document.querySelector('.status'), '::before').animationName`),
      );
      await page.close();
    }
    expect(animations).toEqual(['beat', 'none']);
    await end();
  });

  it('shows that the server is lost, and goes on by itself when it is back', async () => {
    const pool = poolOf();
    const { url, board, end } = await loaded(pool);
    const { page } = await open(url);
    await page.locator('.status.open').waitFor();
    await board.close();
    await page.getByText(/lost – trying again/).waitFor();
    const again = dashboard(pool, { period: 200 });
    await again.listen({ port: Number(new URL(url).port) });
    await page.locator('.status.open').waitFor();
    expect(await page.locator('.status.stale').count()).toBe(0);
    await page.close();
    await again.close();
    await end();
  });

  it('shows names and labels as text, whatever they are', async () => {
    const hostile = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
    const { url, end } = await loaded(poolOf(hostile), hostile);
    const { page, complaints, requests } = await open(url);
    await page.locator('.lanes canvas').waitFor();
    await page.getByRole('checkbox', { name: 'acquired' }).check();
    await page.locator('.type-acquired').first().waitFor();
    expect(await page.locator('#app img, #app script').count()).toBe(0);
    expect(await page.locator('h1').textContent()).toBe(hostile);
    expect(complaints).toEqual([]);
    expect(requests.filter((address) => !address.startsWith(url))).toEqual([]);
    await page.close();
    await end();
  });

  it('opens what it has saved', async () => {
    const { url, end } = await loaded(poolOf('saved pool'));
    const { page } = await open(url);
    await page.locator('.lanes canvas').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save' }).click(),
    ]);
    const path = await download.path();
    await end();
    const another = await loaded(poolOf('another pool'));
    const { page: second, complaints } = await open(another.url);
    await second.locator('.lanes canvas').waitFor();
    await second.locator('input[type=file]').setInputFiles(path);
    await second.locator('.sentence .name', { hasText: 'saved pool' }).waitFor();
    await second.getByRole('button', { name: 'Back to live' }).click();
    await second.locator('.sentence .name', { hasText: 'another pool' }).waitFor();
    expect(complaints).toEqual([]);
    await Promise.all([page.close(), second.close()]);
    await another.end();
  });

  it('shows every pool of a file at the moment to which one goes back', async () => {
    const { url, board, end } = await loaded(poolOf('first'));
    const { page } = await open(url);
    await page.locator('.lanes canvas').waitFor();
    const state = (await (await fetch(`${url}snapshot`)).json()) as DashboardState;
    const frame = state.pools[0]!.frames.at(-1)!;
    const frames = [1, 2, 3].map((inUseConnections) => ({
      ...frame,
      at: frame.at + inUseConnections * 1_000,
      stats: { ...frame.stats, inUseConnections },
    }));
    const pools = ['first', 'second'].map((name) => ({ name, frames }));
    await page.locator('input[type=file]').setInputFiles({
      name: 'two.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ ...state, pools })),
    });
    const figures = page.locator('.overview .row', { hasText: 'second' }).locator('.figures');
    await figures.getByText('3 of 3 in use').waitFor();
    await page.getByRole('slider', { name: 'Moment' }).press('Home');
    await page.locator('.numbers dd').first().getByText('1 of 3').waitFor();
    expect(await figures.textContent()).toContain('1 of 3 in use');
    await page.close();
    await board.close();
    await end();
  });

  it('shows the selected pool within the first screen where there are many', async () => {
    const pools = Array.from({ length: 30 }, (_, i) => poolOf(`shard-${i}`));
    const board = dashboard(pools, { period: 200 });
    const { url } = await board.listen();
    const { page } = await open(url);
    await page.getByText('30 pools: 30 healthy').waitFor();
    expect((await page.locator('.pool-title').boundingBox())!.y).toBeLessThan(900);
    // The list scrolls by keyboard.
    await page.locator('.overview .row').last().focus();
    await page.locator('.overview .row', { hasText: 'shard-29' }).press('Enter');
    await page.locator('.pool-title', { hasText: 'shard-29' }).waitFor();
    await page.close();
    await board.close();
  });

  it('ticks off the thresholds of a running stress test', async () => {
    const reports$ = new Subject<StressReport>();
    const pool = poolOf();
    const board = dashboard(pool, { period: 200, stress: reports$ });
    const { url } = await board.listen();
    reports$.next({
      phase: 'running',
      verdict: 'so far so good',
      passed: false,
      elapsed: 1_000,
      violations: [],
      thresholds: [
        { threshold: 'wait.p99<20ms', passed: true, value: 1, summary: 'wait.p99 is 1 ms' },
        { threshold: 'errors<1%', passed: false, value: 0.5, summary: 'errors is 50 %' },
      ],
    } as unknown as StressReport);
    const { page } = await open(url);
    await page.locator('.run li.ok', { hasText: 'wait.p99<20ms holds' }).waitFor();
    expect(await page.locator('.run li.critical').textContent()).toContain('errors<1% does not hold: errors is 50 %');
    await page.close();
    await board.close();
  });

  it('asks what another max would do', async () => {
    const pool = createPool({ name: 'db', max: 1, connect: () => concat(of('c'), NEVER) });
    const { url, end } = await loaded(pool);
    const { page } = await open(url);
    await page.locator('.lanes canvas').waitFor();
    await page.getByRole('button', { name: 'How many connections?' }).click();
    await page.getByText(/^With max \d+ the p99 wait would be .*you have 1: /).waitFor();
    expect(await page.locator('#what-if tr.today').textContent()).toContain('1 (today)');
    await page.close();
    await end();
  });

  it('folds the lanes of more than 60 connections by load, and says of each bar what it is', async () => {
    const pool = createPool({ name: 'db', max: 90, connect: () => concat(of('c'), NEVER) });
    for (let i = 0; i < 70; i++) pool.use(() => NEVER, { label: 'import' }).subscribe({ error: ignored });
    await pool.warmUp(90);
    const board = dashboard(pool, { period: 200 });
    const { url } = await board.listen();
    const { page, complaints } = await open(url);
    const canvas = page.locator('.lanes canvas');
    await canvas.waitFor();
    await page.getByText(/^As text: 90 lanes, 70 busy now, the longest for .* by import$/).waitFor();
    // Three lanes a row: 30 rows of 20 pixels and the axis, where 90 lanes would be 1,800.
    expect((await canvas.boundingBox())!.height).toBe(30 * 20 + 20);
    // The busiest are at the top: there every bar is an import, and at the bottom there is none.
    const width = (await canvas.boundingBox())!.width;
    await canvas.hover({ position: { x: width - 4, y: 10 } });
    await page.locator('.lanes .tip', { hasText: 'import' }).waitFor();
    await canvas.hover({ position: { x: width - 4, y: 29 * 20 + 10 } });
    await page.locator('.lanes .tip').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
    await board.close();
    await pool.destroy({ timeout: 0 });
  });

  it('works behind Express with helmet, and in Fastify, at a path', async () => {
    const pool = poolOf();
    const work = timer(0, 20).subscribe(() => pool.use(() => timer(30)).subscribe({ error: ignored }));
    const board = dashboard(pool, { period: 200 });
    const server = express().use(helmet()).use('/admin/pools', board).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const app = fastify();
    app.get('/admin/pools/*', (request, reply) => board(request, reply));
    const bases = [
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      await app.listen({ port: 0, host: '127.0.0.1' }),
    ];
    for (const base of bases) {
      const { page, complaints, requests } = await open(`${base}/admin/pools/`);
      await page.locator('.lanes canvas').waitFor();
      await page.locator('.status.open').waitFor();
      expect(complaints).withContext(base).toEqual([]);
      expect(requests.filter((address) => !address.startsWith(`${base}/admin/pools/`))).toEqual([]);
      await page.close();
    }
    work.unsubscribe();
    await board.close();
    server.closeAllConnections();
    server.close();
    await app.close();
  });

  it('keeps flat memory through a day of events', async () => {
    const hours = effort(3, 24, 72);
    const pool = poolOf();
    const collector = new Collector(pool, { keep: 10, random: Math.random });
    for (let i = 0; i < 40; i++) pool.use(() => timer(i % 7), { label: `job ${i % 5}` }).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sample = collector.tick()!;
    collector.stop();
    const feed = new FastFeed(sample);
    const board = serveFeed(feed, resolveServing());
    const { url } = await board.listen();
    const { page, complaints } = await open(url);
    const session = await page.context().newCDPSession(page);
    const heap = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
    };
    await page.locator('.lanes canvas').waitFor();
    await feed.pass(1_200);
    await page.locator('output', { hasText: feed.clock }).waitFor();
    const before = await heap();
    await feed.pass(hours * 3_600);
    await page.locator('output', { hasText: feed.clock }).waitFor({ timeout: 100_000 });
    const after = await heap();
    expect(after)
      .withContext(`MB after ${hours} h, ${before} before`)
      .toBeLessThan(before * 1.25 + 4);
    // A page on a busy machine may be dropped as one that does not read, and comes back.
    expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
    await page.close();
    await board.close();
  });
});

/** Seconds of a pool, one after the other as fast as the page takes them. */
class FastFeed implements Feed {
  readonly isOver = false;
  private seconds = 0;
  private tell: (tick: Tick | null) => void = ignored;
  private readonly frames: Frame[] = [];
  private readonly begin = Date.UTC(2026, 0, 1);

  constructor(private readonly sample: Frame) {
    this.frames.push(this.frame());
  }

  /** As the page says it. */
  get clock(): string {
    return new Date(this.frames.at(-1)!.at).toLocaleTimeString('en-GB');
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      const frame = this.frame();
      this.frames.push(frame);
      if (this.frames.length > 600) this.frames.shift();
      this.tell({ frames: [frame] });
      // Otherwise the page is taken for one that does not read.
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  state(): DashboardState {
    const pools = [{ name: 'day', frames: this.frames }];
    return {
      format: 'rxjs-connection-pool dashboard',
      version: 1,
      source: 'pools',
      title: 'day',
      period: 1_000,
      keep: 600,
      pools,
    };
  }

  stats = () => [this.sample.stats];
  load = () => Promise.resolve(undefined);
  start(onTick: (tick: Tick | null) => void): void {
    this.tell = onTick;
  }
  stop(): void {
    this.tell = ignored;
  }

  /** Connections are replaced all the time, with numbers of their own. */
  private frame(): Frame {
    const n = this.seconds++;
    const shift = 3 * Math.floor(n / 10);
    const at = this.begin + n * 1_000;
    return {
      ...this.sample,
      at,
      length: 1_000,
      stats: { ...this.sample.stats, at, seq: n, acquired: n * 50, released: n * 50 },
      connections: this.sample.connections.map((connection) => connection + shift),
      pieces: this.sample.pieces.map(([connection, ...rest]) => [connection + shift, ...rest] as const),
      events: [[0, 'evicted', shift + 1, `job ${n}`, `text of second ${n}`]],
    };
  }
}
