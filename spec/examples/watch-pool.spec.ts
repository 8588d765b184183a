import { runExample } from './run-example';

describe('the example of a pool that is watched', () => {
  it('reports the leak, the waiters that time out, the restart, and how long it all took', async () => {
    const { code, stdout, stderr } = await runExample('watch-pool');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const parts = stdout.split('\n\n');
    expect(parts.length).toBe(6);
    const [busy, leaky, vain, restarted, end, timings] = parts;

    expect(busy).toMatch(/connection 1 is open after \d+ ms/);
    expect(busy).toContain('20 found, 0 failed');
    expect(leaky).toMatch(/'nightly report' has connection [12]$/m);
    expect(vain).toMatch(
      /'nightly report' has held connection \d for \d+ ms; acquired in forgetful at watch-pool\.ts:\d+/,
    );
    expect(vain).toMatch(
      /'order' got no connection: Pool 'orders' exhausted: 2\/2 .* Longest held .* by 'nightly report'/,
    );
    expect(vain).toContain('0 found, 1 failed');
    expect(restarted).toMatch(/connection 1 is closed: lost, after \d+ uses/);
    expect(restarted).toMatch(/connection 3 is open/);
    expect(restarted).toContain('4 found, 0 failed');
    expect(end).toMatch(/everything is closed$/);
    // 20 orders, then 1 and 4 more, and two leases that were acquired; a waiter that timed out has no lease.
    for (const what of ['wait', 'use']) expect(timings).toMatch(new RegExp(`^  ${what} +27 `, 'm'));
    expect(timings).toMatch(/^ {2}open +[34] /m);
  });
});
