import type { Browser, Page } from 'playwright-core';
import { createPool, type WorkContext } from '../../src/index';

/** Pages of one browser, each in a context of its own. `launch` starts the browser, and again when it has crashed. */
export function openPages(launch: () => Promise<Browser>, max = 4) {
  let launching: Promise<Browser> | undefined;

  const forget = (): void => {
    launching = undefined;
  };
  const browser = (): Promise<Browser> => {
    if (launching === undefined) {
      launching = launch();
      launching.then((opened) => opened.once('disconnected', forget), forget);
    }
    return launching;
  };

  const pool = createPool({
    name: 'pages',
    max,
    connect: async () => {
      const context = await (await browser()).newContext();
      return context.newPage();
    },
    lost: ['close', 'crash'],
    isFatal: (_error, page) => page.isClosed(),
    onCancel: 'discard',
    // Cookies and storage of the last caller, its listeners and routes go with the context.
    maxUses: 1,
    close: (page) => page.context().close(),
  });

  /** Runs `work` on a page, which is closed when the caller leaves: that ends whatever it waits for. */
  async function visit<T>(page: Page, { signal }: WorkContext, work: (page: Page) => Promise<T>): Promise<T> {
    const leave = (): void => void page.close().catch(() => undefined);
    signal.addEventListener('abort', leave);
    try {
      return await work(page);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  const close = async (timeout?: number): Promise<void> => {
    await pool.destroy({ timeout });
    await (await launching)?.close();
  };

  return { pool, visit, close };
}
