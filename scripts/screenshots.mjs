// Takes the screenshots of the dashboard for docs/images: three pools in trouble, in light, in dark and on a phone. Stores the hash of the
// sources of the page with them, so that a spec can detect that they are outdated.
//
//   npm run screenshots
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { badDay } from '../examples/bad-day.ts';
import { dashboard } from '../src/dashboard/index.ts';
import { pageHash } from './page-hash.mjs';

const folder = resolve(import.meta.dirname, '../docs/images');
/** In ms: until all three problems are visible. */
const until = 45_000;

const shots = [
  { name: 'dashboard-light', colorScheme: 'light', width: 1280, height: 1080, pool: 'orders' },
  { name: 'dashboard-dark', colorScheme: 'dark', width: 1280, height: 1080, pool: 'orders' },
  { name: 'dashboard-phone', colorScheme: 'light', width: 390, height: 844, pool: 'search' },
];

const day = await badDay();
const board = dashboard(day.pools, { title: 'Shop' });
const { url } = await board.listen();
const program = execFileSync('sh', ['-c', 'command -v chromium']).toString().trim();
const browser = await chromium.launch({
  executablePath: program,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
mkdirSync(folder, { recursive: true });
console.log(`${until / 1_000} s of a bad day …`);
await sleep(until);
for (const { name, colorScheme, width, height, pool } of shots) {
  const page = await browser.newPage({ colorScheme, viewport: { width, height } });
  await page.goto(url);
  await page.locator('.overview .row', { hasText: pool }).first().click();
  await page.locator('.lanes canvas').waitFor();
  await sleep(1_500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
}
await browser.close();
await board.close();
await day.end();
writeFileSync(join(folder, 'dashboard.sha256'), `${pageHash()}\n`);
console.log(`${shots.length} screenshots in docs/images`);
