import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinMethods, serveNode, type RpcNode } from '../../src/connectors/msgpack-rpc/index';
import { until } from '../helpers/turns';
import { run, start } from './fake-io';

const src = new URL('../../src/index.ts', import.meta.url).href;

describe('stress', () => {
  let node: RpcNode;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stress-'));
    node = await serveNode({ methods: builtinMethods });
  });
  afterAll(async () => {
    await node.close();
    rmSync(folder, { recursive: true });
  });

  const to = (method: string, ...more: string[]) => ['stress', '--target', node.target, '--method', method, ...more];
  const module = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('reports what came of it: thresholds first, then the verdict', async () => {
    const { code, stdout } = await run([
      ...to('echo', '--params', '[1]', '--workers', '4', '--max', '2', '--ops', '40'),
      ...['--threshold', 'errors<1%', '--threshold', 'wait.p99<30s'],
    ]);
    expect(code).toBe(0);
    const [first, second, blank, verdict] = stdout.split('\n');
    expect(first).toMatch(/^✓ errors<1% {5}errors is 0 %$/);
    expect(second).toMatch(/^✓ wait.p99<30s {2}wait.p99 is /);
    expect(blank).toBe('');
    expect(verdict).toMatch(/^Saturated .* of the time; the longest queue was \d+/);
    expect(stdout).toContain(`echo(1) at ${node.target}`);
    expect(stdout).toContain('40 operations in ');
    expect(stdout).toMatch(/\nwait +\d/);
  });

  it('is 99 when a threshold does not hold, and says so first', async () => {
    const { code, stdout } = await run(to('fail', '--ops', '6', '--workers', '2', '--threshold', 'errors<50%'));
    expect(code).toBe(99);
    expect(stdout).toMatch(/^✗ errors<50% {2}errors is 100 %\n/);
    expect(stdout).toContain('6 × RpcError: ');
  });

  it('prints the report as one line of JSON, with the name of what was interrupted', async () => {
    const { code, stdout } = await run(['stress', '--rate', '400', '--ops', '50', '--seed', '7', '--json']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').length).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toEqual(jasmine.objectContaining({ version: 1, phase: 'done', passed: true, interrupted: false }));
    expect(report.operations.succeeded).toBe(50);
    expect(report.load).toEqual(jasmine.objectContaining({ model: 'open', rate: 400, arrivals: 'poisson' }));
    expect(report.histograms.use.buckets.length).toBeGreaterThan(0);
  });

  it('prints a line per second without a terminal', async () => {
    const { stderr } = await run(to('sleep', '--params', '[2]', '--workers', '2', '--duration', '1200ms'));
    expect(stderr).toMatch(/^ *\d\.\d s: \d+ done, 0 failed, \d+\/s, \d\/10 lent, \d+ waiting, wait p99 [\d.]+ .?s\n/);
  });

  it('draws over its own lines on a terminal, with a histogram', async () => {
    const stressing = start(to('sleep', '--params', '[2]', '--workers', '20', '--duration', '700ms'));
    stressing.stderr.isTTY = true;
    const { code, stderr, stdout } = await stressing.done;
    expect(code).toBe(0);
    expect(stderr).toContain('\u001b[J');
    expect(stderr).toMatch(/≤ [\d.]+ .?s +█/);
    expect(stdout).not.toContain('\u001b');
  });

  it('ends at Ctrl-C with 130 and the report so far', async () => {
    const stressing = start([...to('sleep', '--params', '[20]', '--workers', '2', '--duration', '60s'), '--json']);
    await until(() => stressing.stderr.text.includes(' done, '));
    stressing.signals$.next('SIGINT');
    const { code, stdout, stderr } = await stressing.done;
    expect(code).toBe(130);
    const report = JSON.parse(stdout);
    expect(report).toEqual(jasmine.objectContaining({ phase: 'done', interrupted: true }));
    expect(report.operations).toEqual(jasmine.objectContaining({ inFlight: 0, unfinished: 0 }));
    expect(report.operations.succeeded).toBeGreaterThan(2);
    expect(report.notes).toEqual(['The load was ended early.']);
    expect(stderr).toContain('Interrupted by SIGINT.');
  });

  it('does not wait for what runs at the second Ctrl-C', async () => {
    const stressing = start(to('sleep', '--params', '[60000]', '--workers', '2', '--duration', '60s'));
    await until(() => stressing.stderr.text.includes(' done, '));
    stressing.signals$.next('SIGINT');
    await until(() => stressing.stderr.text.includes('Press again to stop at once'));
    stressing.signals$.next('SIGINT');
    const { code, stdout } = await stressing.done;
    expect(code).toBe(130);
    expect(stdout).toContain('Nothing was measured');
  });

  it('is 3 where there is no node', async () => {
    const gone = await serveNode({ methods: {} });
    await gone.close();
    const { code, stdout, stderr } = await run(['stress', '--target', gone.target, '--method', 'echo']);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('No connection, and nothing was measured.');
  });

  it('takes the pool of a module, with the work of the module', async () => {
    const path = module(
      'pool.ts',
      `import { concat, NEVER, of } from ${JSON.stringify(import.meta.resolve('rxjs'))};
       import { createPool } from ${JSON.stringify(src)};
       export const pool = () => createPool({ name: 'mine', max: 3, connect: () => concat(of({ n: 1 }), NEVER) });
       export const work = (connection, index) => of(connection.n + index);`,
    );
    const { code, stdout } = await run(['stress', '--pool', path, '--workers', '3', '--ops', '30']);
    expect(code).toBe(0);
    expect(stdout).toContain("pool 'mine' of ");
    expect(stdout).toContain('30 operations in ');
  });

  it('destroys the pool in the end, and is 99 when that breaks a rule', async () => {
    const pool = (name: string, destroy: string): string =>
      module(
        name,
        `import { concat, NEVER, of } from ${JSON.stringify(import.meta.resolve('rxjs'))};
         import { createPool } from ${JSON.stringify(src)};
         const real = createPool({ max: 1, connect: () => concat(of({}), NEVER) });
         export const pool = Object.create(real, { destroy: { value: (options) => ${destroy} } });`,
      );
    const load = ['--workers', '1', '--ops', '5'];
    const good = await run(['stress', '--pool', pool('good.ts', 'real.destroy(options)'), ...load]);
    expect([good.code, good.stdout.includes('contract violated')]).toEqual([0, false]);
    const bad = await run(['stress', '--pool', pool('bad.ts', 'real.destroy(options).then()'), ...load]);
    expect(bad.code).toBe(99);
    expect(bad.stdout).toContain('✗ contract violated: destroy() called again did not return the same promise');
  });

  it('takes a module whose default export is all of it, as those of CommonJS may be', async () => {
    const path = module(
      'whole.ts',
      `import { concat, NEVER, of } from ${JSON.stringify(import.meta.resolve('rxjs'))};
       import { createPool } from ${JSON.stringify(src)};
       const pool = createPool({ name: 'whole', max: 1, connect: () => concat(of('c'), NEVER) });
       export default { pool, work: (connection) => of(connection) };`,
    );
    const { code, stdout } = await run(['stress', '--pool', path, '--workers', '1', '--ops', '5']);
    expect(code).toBe(0);
    expect(stdout).toContain("pool 'whole' of ");
    expect(stdout).not.toContain('leases alone');
  });

  it('names what is wrong with a module', async () => {
    const throwing = module('throwing.ts', `export default () => { throw new Error('no config'); };`);
    const odd = module('odd.ts', `export { createPool as work2 } from ${JSON.stringify(src)}; export const pool = 5;`);
    const results = await Promise.all([throwing, odd].map((path) => run(['stress', '--pool', path])));
    expect(results.map(({ code }) => code)).toEqual([2, 2]);
    expect(results[0]!.stderr).toContain('that makes the pool failed: no config');
    expect(results[1]!.stderr).toContain('but that is 5');
  });
});
