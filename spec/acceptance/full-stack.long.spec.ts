import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const child = fileURLToPath(new URL('./full-stack-child.ts', import.meta.url));

describe('A caller whose stack is full', () => {
  it('leaves no lease, no claim in the queue, and no blocked pool, wherever the overflow occurs', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-opt', '--no-sparkplug', '--import', import.meta.resolve('tsx'), child],
      { timeout: 90_000 },
    );
    expect(stdout.trim().split('\n')).toEqual([
      'acquire: tried, 0 stuck',
      'use: tried, 0 stuck',
      'task: tried, 0 stuck',
      'batch: tried, 0 stuck',
      'stream: tried, 0 stuck',
    ]);
  });
});
