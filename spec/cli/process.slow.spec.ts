import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { builtinMethods, serveNode, type RpcNode } from '../../src/connectors/msgpack-rpc/index';
import { bundle } from '../helpers/bundle';
import { isWhole } from '../helpers/effort';
import { until } from '../helpers/turns';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What only a process of its own can show: real pipes, signals, memory, and that it ends by itself. */
describe('the program', () => {
  let main: string;
  let node: RpcNode;
  let children: ChildProcessWithoutNullStreams[];

  beforeAll(async () => {
    main = await bundle(fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)));
    node = await serveNode({ methods: builtinMethods });
  });
  beforeEach(() => (children = []));
  afterEach(() => children.forEach((child) => child.kill('SIGKILL')));
  afterAll(async () => {
    await node.close();
  });

  const start = (args: readonly string[], nodeOptions: readonly string[] = []) => {
    const child = spawn(process.execPath, [...nodeOptions, main, ...args], {
      cwd: root,
    });
    children.push(child);
    const seen = { stdout: '', stderr: '' };
    child.stderr.on('data', (text: Buffer) => (seen.stderr += text.toString()));
    child.stdin.on('error', () => {});
    const ended = new Promise<number | string | null>((resolve) =>
      child.on('exit', (code, signal) => resolve(code ?? signal)),
    );
    return { child, seen, ended };
  };
  const keep = ({ child, seen }: ReturnType<typeof start>) =>
    child.stdout.on('data', (text: Buffer) => (seen.stdout += text.toString()));
  const to = (method: string, ...more: string[]) => ['send', '--target', node.target, '--method', method, ...more];

  it('sends the piped input, and ends by itself', async () => {
    const sending = start(to('word_count', '--sequential'));
    keep(sending);
    sending.child.stdin.end('to be\nor not to be');
    expect(await sending.ended).toBe(0);
    expect(sending.seen.stdout).toBe('2\n4\n');
  });

  it('serves until a signal, and prints its address: send and serve together', async () => {
    const serving = start(['serve']);
    keep(serving);
    await until(() => serving.seen.stdout.endsWith('\n'));
    const target = /^Listening on (127\.0\.0\.1:\d+)\n$/.exec(serving.seen.stdout)?.[1] ?? '';

    const sending = start(['send', '--target', `worker@${target}`, '--method', 'fail', '--json']);
    keep(sending);
    sending.child.stdin.end('why\n');
    expect(await sending.ended).toBe(1);
    expect(JSON.parse(sending.seen.stdout).error.detail).toEqual([0, 'why']);

    const taken = start(['serve', '--port', target.split(':')[1]!]);
    expect(await taken.ended).toBe(3);
    expect(taken.seen.stderr).toContain('EADDRINUSE');

    serving.child.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(serving.seen.stdout.split('\n').length).toBe(2);
  });

  it('ends quietly when the reader of the results is closed', async () => {
    const sending = start(to('echo'));
    let first = '';
    sending.child.stdout.once('data', (text: Buffer) => {
      first = text.toString();
      sending.child.stdout.destroy();
    });
    const endless = Readable.from(
      (function* () {
        for (let i = 0; ; i++) yield `line ${i}\n`;
      })(),
    );
    pipeline(endless, sending.child.stdin).catch(() => {});
    expect(await sending.ended).toBe(0);
    expect(first).toContain('line 0\n');
    expect(sending.seen.stderr).toBe('');
  });

  it('ends quietly when the reader of its help is closed', async () => {
    const helping = start(['send', '--help']);
    helping.child.stdout.destroy();
    expect(await helping.ended).toBe(0);
    expect(helping.seen.stderr).toBe('');
  });

  it('finishes calls in flight at Ctrl-C, with 130', async () => {
    const sending = start(to('sleep', '--json-input', '--max', '2'));
    keep(sending);
    sending.child.stdin.write('1\n2500\n2600\n2600\n2600\n2600\n');
    await until(() => sending.seen.stdout !== '');
    sending.child.kill('SIGINT');
    expect(await sending.ended).toBe(130);
    expect(sending.seen.stdout).toBe('1\n2500\n2600\n');
    expect(sending.seen.stderr).toContain('Interrupted by SIGINT. 3 lines: 3 done, 0 failed, in ');
  });

  it('does not finish them at the second Ctrl-C', async () => {
    const sending = start(to('sleep', '--json-input', '--max', '2'));
    keep(sending);
    sending.child.stdin.write('1\n60000\n60000\n');
    await until(() => sending.seen.stdout !== '');
    sending.child.kill('SIGINT');
    await until(() => sending.seen.stderr !== '');
    sending.child.kill('SIGINT');
    expect(await sending.ended).toBe(130);
    expect(sending.seen.stderr).toContain('2 sent without an answer');
  });

  it('ends even if the results are stuck in a pipe that is not read', async () => {
    const sending = start(to('echo'));
    sending.child.stdin.write(`${'x'.repeat(1_000_000)}\n`);
    await new Promise((resolve) => sending.child.stdout.once('readable', resolve));
    sending.child.kill('SIGINT');
    await until(() => sending.seen.stderr.includes('waiting for the results to be read'));
    sending.child.kill('SIGINT');
    expect(await sending.ended).toBe(130);
  });

  it('reports the load so far at Ctrl-C, with 130', async () => {
    const stressing = start(['stress', '--workers', '4', '--duration', '60s', '--json']);
    keep(stressing);
    await until(() => stressing.seen.stderr.includes(' done, '));
    stressing.child.kill('SIGINT');
    expect(await stressing.ended).toBe(130);
    const report = JSON.parse(stressing.seen.stdout);
    expect([report.phase, report.interrupted, report.operations.inFlight]).toEqual(['done', true, 0]);
    expect(report.operations.succeeded).toBeGreaterThan(50);
  });

  it('is 99 when a threshold of the load does not hold', async () => {
    const stressing = start(['stress', '--ops', '20', '--threshold', 'total.min<1ms']);
    keep(stressing);
    expect(await stressing.ended).toBe(99);
    expect(stressing.seen.stdout).toMatch(/^✗ total.min<1ms {2}total.min is /);
  });

  if (isWhole)
    it('keeps no more of a long input than it needs: 170,000 lines, 68 MB, in a heap of 64', async () => {
      const lines = 170_000;
      const sending = start(to('word_count', '--max', '1', '--pipeline', '100'), ['--max-old-space-size=64']);
      const long = 'so it goes '.repeat(36);
      const input = Readable.from(
        (function* () {
          const block = `${long}\n`.repeat(100);
          for (let i = 0; i < lines; i += 100) yield block;
        })(),
      );
      let results = 0;
      sending.child.stdout.on('data', (text: Buffer) => {
        for (const byte of text) if (byte === 10) results++;
      });
      pipeline(input, sending.child.stdin).catch(() => {});
      expect(await sending.ended).toBe(0);
      if (!sending.child.stdout.readableEnded) await finished(sending.child.stdout);
      expect(results).toBe(lines);
      expect(sending.seen.stderr).toContain(`${lines} lines: ${lines} done, 0 failed`);
    });
});
