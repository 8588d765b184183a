import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from '../helpers/bundle';
import { effort } from '../helpers/effort';

describe('A caller whose stack is full', () => {
  it('leaves no lease, no claim in the queue, and no blocked pool, and gets an outcome, wherever the overflow occurs', async () => {
    const child = await bundle(fileURLToPath(new URL('./full-stack-child.ts', import.meta.url)));
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-opt', '--no-sparkplug', child], {
      timeout: 200_000,
    });
    const kinds = ['acquire', 'use', 'task', 'batch', 'stream'].slice(0, effort(2, Infinity));
    const moments = ['served at once', 'served later', 'served by a release'];
    const expected = kinds.flatMap((kind) => moments.map((moment) => `${kind}, ${moment}`));
    expect(stdout.trim().split('\n')).toEqual(expected.map((row) => `${row}: tried, 0 stuck, 0 without an outcome`));
  });
});
