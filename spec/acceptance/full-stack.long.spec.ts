import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from '../helpers/bundle';
import { effort } from '../helpers/effort';

describe('A caller whose stack is full', () => {
  it('leaves no lease, no claim in the queue, and no blocked pool, wherever the overflow occurs', async () => {
    const child = await bundle(fileURLToPath(new URL('./full-stack-child.ts', import.meta.url)));
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-opt', '--no-sparkplug', child], {
      timeout: 90_000,
    });
    const kinds = ['acquire', 'use', 'task', 'batch', 'stream'].slice(0, effort(2, Infinity));
    expect(stdout.trim().split('\n')).toEqual(kinds.map((kind) => `${kind}: tried, 0 stuck`));
  });
});
