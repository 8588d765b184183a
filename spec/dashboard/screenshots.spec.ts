import { existsSync, readFileSync } from 'node:fs';

describe('the screenshots of the dashboard', () => {
  it('are of the page as it is: npm run screenshots', async () => {
    const script = new URL('../../scripts/page-hash.mjs', import.meta.url).href;
    const { pageHash } = (await import(script)) as { pageHash: () => string };
    expect(readFileSync('docs/images/dashboard.sha256', 'utf8').trim()).toBe(pageHash());
    for (const name of ['light', 'dark', 'phone']) {
      expect(existsSync(`docs/images/dashboard-${name}.png`))
        .withContext(name)
        .toBeTrue();
    }
  });
});
