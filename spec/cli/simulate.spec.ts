import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, NEVER, take, timer } from 'rxjs';
import { createPool } from '../../src/index';
import type { PoolEvent } from '../../src/index';
import { VirtualScheduler } from '../../src/simulation/virtual-scheduler';
import { parsed, run, start } from './fake-io';

const scenario = {
  pool: { max: 5, acquireTimeout: 1_000 },
  arrivals: { rate: 200 },
  work: { exponential: '20ms' },
  connect: '5ms',
  duration: '30s',
};

describe('the command simulate', () => {
  let folder: string;
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulate-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('says what would come of a scenario, thresholds first', async () => {
    const path = file('s.json', scenario);
    const { code, stdout } = await run(['simulate', '--threshold', 'errors<1%', '--threshold', 'wait.p99<1s', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ errors<1% .*\n✓ wait\.p99<1s /);
    expect(stdout).toMatch(/in virtual time, seed 1\n/);
    expect(stdout).toMatch(/had to wait +\d+(\.\d)? % ± \d/);
    expect(stdout).toMatch(/over time, 0 ms to 30\.0 s\n {2}succeeded +[▁▂▃▄▅▆▇█ ]+ {2}at most \d+\/s/);
  });

  it('gives the report as JSON, the same each time, and 99 when a threshold did not hold', async () => {
    const args = ['simulate', '--json', '--seed', '4', '--threshold', 'wait.p99<0.01ms', file('s.json', scenario)];
    const [once, again] = [await run(args), await run(args)];
    expect(once.code).toBe(99);
    expect(again.stdout).toBe(once.stdout);
    const [report] = parsed(once.stdout);
    expect(report).toEqual(jasmine.objectContaining({ version: 1, seed: 4, passed: false, interrupted: false }));
    expect(report.waited.margin).toBeGreaterThan(0);
    expect(report.operations.ended).toBeGreaterThan(5_000);
  });

  it('finds the smallest max, with a table, or as JSON', async () => {
    const path = file('s.json', { ...scenario, target: 'wait.p99<20ms' });
    const text = await run(['simulate', '--duration', '8s', path]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^max \d+ is enough for wait\.p99<20ms: /);
    expect(text.stdout).toMatch(/\n +max +wait p50 +wait p99 .*\n( +\d+ {2}[✓✗].*\n)+/);
    expect(text.stdout.match(/◀/g)?.length).toBe(1);
    const json = await run(['simulate', '--json', '--duration', '8s', path]);
    const [plan] = parsed(json.stdout);
    expect(text.stdout).toContain(plan.verdict);
    expect(plan.points.some(({ max }: { max: number }) => max === 5)).toBeTrue();

    const none = await run(['simulate', '--plan', 'use.p50<1ms', '--to', '6', '--max', '3', path]);
    expect(none.code).toBe(99);
    expect(none.stdout).toMatch(/does not hold with max 6 either/);
  });

  it('plays the timings and the events of a pool, from files', async () => {
    const scheduler = new VirtualScheduler();
    const pool = createPool({ max: 2, scheduler, connect: () => concat(timer(7, scheduler).pipe(take(1)), NEVER) });
    const events: PoolEvent[] = [];
    pool.events$.subscribe((event) => events.push(event));
    for (let i = 0; i < 100; i++) {
      scheduler.schedule(() => void pool.use(() => timer(15, scheduler)).subscribe(), i * 20);
    }
    for (let i = 0; i < 1_000; i++) scheduler.step();
    file('timings.json', pool.timings());
    const lines = file('events.ndjson', events.map((event) => `${JSON.stringify(event)}\n`).join(''));

    const timings = file('t.json', {
      pool: { max: 3 },
      arrivals: { rate: 50 },
      duration: '5s',
      timings: 'timings.json',
    });
    const played = await run(['simulate', '--json', timings]);
    expect(parsed(played.stdout)[0].use.mean).toBeCloseTo(15, 0);

    const replayed = await run(['simulate', '--json', '--recording', lines, file('p.json', { pool: { max: 3 } })]);
    expect(parsed(replayed.stdout)[0].operations.succeeded).toBe(100);
  });

  it('reads the scenario from the standard input', async () => {
    const piped = await run(['simulate', '--json', '-'], JSON.stringify(scenario));
    expect(piped.code).toBe(0);
    expect(piped.stdout).toBe((await run(['simulate', '--json', file('s.json', scenario)])).stdout);
  });

  it('names everything that is wrong, with the file and the path', async () => {
    const path = file('s.json', { ...scenario, work: { exponential: 'x' }, pool: { max: 0 } });
    const { code, stderr, stdout } = await run(['simulate', path]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`${path}: pool.max must be a positive integer, but got 0\n`);
    expect(stderr).toContain(`${path}: work.exponential must be a time`);

    for (const [args, message] of [
      [[], 'simulate takes one file with a scenario'],
      [[path, path], 'simulate takes one file with a scenario'],
      [['--plam', 'x', path], '--plam is not an option. Did you mean --plan?'],
      [[join(folder, 'none.json')], 'there is no such file\n'],
      [[folder], 'it is a directory\n'],
      [[file('broken.json', '{"pool": ')], 'is not JSON'],
      [[file('list.json', [1])], 'must contain an object'],
      [[file('bounds.json', { ...scenario, from: 2 })], 'from and to are the range of a search'],
      [['--plan', 'wait<1', file('good.json', scenario)], 'target[0] "wait<1"'],
      [[file('files.json', { ...scenario, timings: 'gone.json' })], 'cannot read'],
    ] as const) {
      const wrong = await run(['simulate', ...args]);
      expect(wrong.code).withContext(args.join(' ')).toBe(2);
      expect(wrong.stderr).toContain(message);
    }
  });

  it('reports where virtual time would never advance', async () => {
    const path = file('s.json', { ...scenario, arrivals: { workers: 3 }, work: 0 });
    const { code, stderr, stdout } = await run(['simulate', path]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/cannot be simulated: .* at one instant/);
  });

  it('ends at Ctrl-C, with the report so far', async () => {
    const path = file('s.json', { ...scenario, duration: '100h' });
    const command = start(['simulate', '--json', path]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    command.signals$.next('SIGINT');
    const { code, stdout, stderr } = await command.done;
    expect(code).toBe(130);
    expect(stderr).toContain('Interrupted by SIGINT');
    const [report] = parsed(stdout);
    expect(report.interrupted).toBeTrue();
    expect(report.phase).toBe('running');
  });

  it('draws on a terminal how far it has come', async () => {
    const command = start(['simulate', file('s.json', { ...scenario, duration: '3min' })]);
    command.stderr.isTTY = true;
    const { stderr } = await command.done;
    expect(stderr).toMatch(/of 3:00 min: \d+ operations, wait p99/);
  });
});
