import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, firstValueFrom, NEVER, of, timer } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { createPool } from '../../src/index';
import { run, start } from './fake-io';

describe('the commands dashboard and top', () => {
  it('say what is wrong with their arguments', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['dashboard'], /either --attach URL or one file/],
      [['dashboard', 'a', 'b'], /either --attach URL or one file/],
      [['dashboard', '--attach', 'ftp://x'], /--attach must be where a dashboard is.*ftp/],
      [['dashboard', 'no-such-file.json'], /cannot read 'no-such-file.json': there is no such file\n/],
      [['dashboard', '.'], /cannot read '\.': it is a directory\n/],
      [['dashboard', 'README.md'], /'README\.md' is not JSON: /],
      [['dashboard', 'package.json'], /must be a recording.*or the report/],
      [['dashboard', '--attach', 'http://x', '--header', 'nothing'], /--header must be NAME: VALUE/],
      [['top'], /--attach is missing/],
      [['top', '--attach', 'http://x', 'y'], /takes no operands/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await run(args);
      expect(code).withContext(args.join(' ')).toBe(2);
      expect(stderr).toMatch(message);
    }
  });

  it('show the pools of another process, as text and as a page', async () => {
    const pool = createPool({ name: 'orders', max: 2, connect: () => concat(of('c'), NEVER) });
    const board = dashboard(pool, { period: 100, auth: ({ header }) => header('x-key') === 'k' });
    const { url } = await board.listen();
    pool.acquire({ label: 'report' }).subscribe();
    await firstValueFrom(timer(150));
    const top = await run(['top', '--attach', url, '--once', '--header', 'X-Key: k']);
    expect(top.code).toBe(0);
    expect(top.stdout).toMatch(/^✓ orders: Healthy: 1 of 2 lent, no caller waits\.\n/);
    expect(top.stdout).toMatch(/\n +1 [█▒c·]+ report /);

    const nothing = await run(['top', '--attach', 'http://127.0.0.1:1/', '--once']);
    expect([nothing.code, nothing.stderr]).toEqual([3, 'http://127.0.0.1:1/: no dashboard answers\n']);
    const refused = await run(['top', '--attach', url]);
    expect([refused.code, refused.stderr.includes('401')]).toEqual([3, true]);

    const page = start(['dashboard', '--attach', url, '--header', 'X-Key: k']);
    while (!page.stdout.text.includes('\n')) await firstValueFrom(timer(20));
    const address = /Open (\S+)/.exec(page.stdout.text)![1]!;
    let relayed = '';
    while (!relayed.includes('orders')) relayed = await (await fetch(`${address}snapshot`)).text();
    expect(JSON.parse(relayed)).toEqual(jasmine.objectContaining({ title: 'orders', source: 'pools' }));
    page.signals$.next('SIGINT');
    expect((await page.done).code).toBe(0);
    await board.close();
  });

  it('show a saved recording, and the report of a stress test', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
    const pool = createPool({ name: 'orders', max: 2, connect: () => concat(of('c'), NEVER) });
    const board = dashboard(pool, { period: 100 });
    const { url } = await board.listen();
    await firstValueFrom(timer(250));
    const saved = await (await fetch(`${url}snapshot`)).text();
    await board.close();
    const report = await run(['stress', '--ops', '200', '--workers', '4', '--json', '--threshold', 'errors<1%']);
    for (const [name, text, source] of [
      ['saved.json', saved, 'recording'],
      ['report.json', report.stdout, 'stress'],
    ] as const) {
      const file = join(folder, name);
      writeFileSync(file, text);
      const page = start(['dashboard', file]);
      while (!page.stdout.text.includes('\n')) await firstValueFrom(timer(20));
      const address = /Open (\S+)/.exec(page.stdout.text)![1]!;
      const shown = (await (await fetch(`${address}snapshot`)).json()) as {
        source: string;
        pools: { frames: unknown[] }[];
      };
      expect(shown.source).withContext(name).toBe(source);
      expect(shown.pools[0]!.frames.length).withContext(name).toBeGreaterThan(0);
      page.signals$.next('SIGTERM');
      expect((await page.done).code).toBe(0);
    }
    rmSync(folder, { recursive: true });
  });
});
