import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './fake-io';

describe('the command', () => {
  it('says its version in every way that is usual', async () => {
    const said = await Promise.all(['--version', '-v', 'version'].map((word) => run([word])));
    for (const { code, stdout } of said) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^\d+\.\d+\.\d+.*\n$/);
      expect(stdout).toBe(said[0]!.stdout);
    }
  });

  it('takes --timeout as milliseconds and with a unit', async () => {
    for (const timeout of ['100', '100ms', '2s', '0.5s']) {
      const { stderr } = await run([
        'send',
        '--target',
        '127.0.0.1:7000',
        '--method',
        'm',
        '--timeout',
        timeout,
        '--odd',
      ]);
      expect(stderr).not.toContain('--timeout');
    }
    for (const timeout of ['0', '0ms', 'x', '1.5', '99h99', '999999h']) {
      const { stderr } = await run(['send', '--target', '127.0.0.1:7000', '--method', 'm', '--timeout', timeout]);
      expect(stderr).toContain(
        `--timeout must be a positive integer, or a time such as 500ms or 2s, but got '${timeout}'`,
      );
    }
  });

  it('reads a scenario that begins with a byte order mark', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bom-'));
    try {
      const path = join(folder, 's.json');
      writeFileSync(path, '\uFEFF{"pool":{"max":1},"work":"1ms","arrivals":{"rate":10},"duration":"1s"}');
      const { code, stderr } = await run(['simulate', path]);
      expect(stderr).not.toContain('JSON');
      expect(code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
