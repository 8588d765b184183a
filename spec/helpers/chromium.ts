import { spawnSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { peer } from './peers';

/** The faults of a page. */
export interface Watched {
  readonly page: Page;
  /** Errors and warnings of its console, violations of its policy among them, and exceptions. */
  readonly complaints: string[];
  /** Addresses that it has asked for. */
  readonly requests: string[];
}

/** Inside a `describe`: opens pages in a Chromium of its own; its specs are pending where that is not installed. */
export function chromiumPages(): (url: string, options?: BrowserContextOptions) => Promise<Watched> {
  const program = peer('chromium');
  let browser: Browser | undefined;
  afterAll(async () => {
    await browser?.close();
  });
  return async (url, options = {}) => {
    browser ??= await chromium.launch({
      executablePath: spawnSync('sh', ['-c', `command -v ${program}`])
        .stdout.toString()
        .trim(),
      // Its sandbox refuses to be run by root, as in a container.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, complaints, requests };
  };
}
