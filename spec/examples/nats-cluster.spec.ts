import { peer } from '../helpers/peers';
import { runExample } from './run-example';

describe('the example of a NATS cluster', () => {
  peer('nats-server');

  it('counts every line of a batch, though a server is killed in the middle of it', async () => {
    const { code, stdout, stderr } = await runExample('nats-cluster');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('{ successful: [ 2, 2 ], failed: [], unstarted: 0 }');
    expect(stdout).toMatch(/127\.0\.0\.1:\d+ is gone\n {2}connected to 127\.0\.0\.1:\d+ after \d+ ms/);
    const [, counted, lost] = /(\d+) counted, (\d+) without a reply/.exec(stdout) ?? [];
    expect(Number(counted) + Number(lost)).toBe(2_180);
    expect(stdout).toMatch(new RegExp(`${lost} of them counted now: 21480 words in all`));
  });
});
