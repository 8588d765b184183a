import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import type { Browser, BrowserServer, Page } from 'playwright-core';
import { lastValueFrom, range } from 'rxjs';
import { batchParallel, withConnection } from '../../src/index';
import type { BatchResult, WorkContext } from '../../src/index';
import { openPages } from '../../examples/recipes/playwright';
import { expectNothingHeld } from '../helpers/marbles';
import { peer } from '../helpers/peers';
import { allDone, tally } from './tally';

describe('the recipe for Playwright', () => {
  const program = peer('chromium');
  let site: Server;
  /** The items whose page has sent its form. */
  let done: number[];
  /** The cookies that pages came with. */
  let cookies: (string | undefined)[];
  let browser: BrowserServer;
  let launched: number;
  let pages: ReturnType<typeof openPages>;
  /** What happens to the page, or the browser, of item 5. */
  let disturb: ((page: Page) => Promise<unknown>) | undefined;

  beforeEach(async () => {
    done = [];
    launched = 0;
    cookies = [];
    disturb = undefined;
    site = createServer((request, response) => {
      const [, what, item] = request.url!.split('/');
      if (what === 'done') done.push(Number(item));
      if (what === 'item') cookies.push(request.headers.cookie);
      if (what === 'never') return;
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'seen=1' });
      response.end(`<title>${item!}</title>`);
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    pages = openPages(launch, 3);
  });

  afterEach(async () => {
    expectNothingHeld(pages.pool);
    await pages.close();
    site.closeAllConnections();
    site.close();
  });

  async function launch(): Promise<Browser> {
    launched++;
    const executablePath = spawnSync('sh', ['-c', `command -v ${program}`])
      .stdout.toString()
      .trim();
    // Its sandbox refuses to be run by root, as in a container.
    browser = await chromium.launchServer({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
    return chromium.connect(browser.wsEndpoint());
  }

  const address = (path: string): string => `http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`;

  /** Opens a page and sends its form. */
  const open = (page: Page, item: number, _index: number, context: WorkContext): Promise<number> =>
    pages.visit(page, context, async () => {
      await page.goto(address(`/item/${item}`));
      if (item === 5) await disturb?.(page);
      const title = await page.title();
      await page.evaluate((url) => fetch(url).then((answer) => answer.text()), address(`/done/${title}`));
      return Number(title);
    });

  const batch = (count: number): Promise<BatchResult<number | undefined, number>> =>
    lastValueFrom(range(count).pipe(withConnection(pages.pool, open), batchParallel(3)));

  it('runs each item once, on a page that knows nothing of the others', async () => {
    expect(tally(await batch(12), done)).toEqual(allDone(12));
    expect(new Set(cookies)).toEqual(new Set([undefined]));
  });

  it('ends a navigation whose caller leaves, and closes its page', async () => {
    const { pool, visit } = pages;
    const asked = new Promise<void>((resolve) => site.on('request', ({ url }) => url === '/never' && resolve()));
    const caller = pool
      .use((page, context) => visit(page, context, () => page.goto(address('/never'))))
      .subscribe({ error: () => undefined });
    await asked;
    caller.unsubscribe();
    while (pool.stats.totalConnections > 0 || pool.stats.closingConnections > 0) await sleep(5);
    expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, closed: 1 }));
    expect(tally(await batch(3), done)).toEqual(allDone(3));
  });

  it('fails only the item whose page crashes', async () => {
    disturb = async (page) => {
      page.goto('chrome://crash').catch(() => undefined);
      await once(page as never, 'crash');
    };
    const result = await batch(12);
    expect(tally(result, done)).toEqual({ lost: 0, doubled: 0, succeeded: 11, failed: 1, unstarted: 0 });
    expect(result.failed.map(({ item }) => item)).toEqual([5]);
  });

  it('fails only what was under way when the browser is killed, and launches another', async () => {
    disturb = async () => {
      await browser.kill();
    };
    const { failed, ...rest } = tally(await batch(12), done);
    expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 12 - failed, unstarted: 0 });
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThanOrEqual(3);
    expect(launched).toBe(2);
  });
});
