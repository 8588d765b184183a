import { gzipSync } from 'node:zlib';
import { pageAssets } from '../../src/dashboard/page-assets';

describe('what the dashboard serves', () => {
  it('is at most 60 kB gzipped in all', async () => {
    const { html, js, css, icon } = await pageAssets();
    const sizes = [html, js, css, icon].map((text) => gzipSync(text, { level: 9 }).length);
    expect(sizes.every((size) => size > 0)).toBeTrue();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000);
  });
});
