import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Subject } from 'rxjs';
import { program } from '../../src/cli/program';
import { builtinMethods, Ext, serveNode, withContext, type RpcNode } from '../../src/connectors/msgpack-rpc/index';
import { turns, until } from '../helpers/turns';
import { parsed, run, start, typing } from './fake-io';

describe('send', () => {
  let node: RpcNode;
  let folder: string;
  /** How many calls of `hold` are under way, and what ends one. */
  let held: (() => void)[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'send-'));
    node = await serveNode({
      methods: {
        ...builtinMethods,
        hold: (value: unknown) => new Promise((resolve) => held.push(() => resolve(value))),
        odd: () =>
          new Map<unknown, unknown>([
            [1, 2n ** 63n],
            ['bytes', Buffer.from('hi')],
            ['ext', new Ext(5, Buffer.from([1]))],
            ['at', new Date(0)],
            ['nan', NaN],
          ]),
        nothing: () => null,
        rude: () => '\u001b[2Jgone\nand more',
        worker: withContext(({ caller }) => caller.target),
      },
    });
  });
  beforeEach(() => (held = []));
  afterAll(async () => {
    await node.close();
    rmSync(folder, { recursive: true });
  });

  const to = (method: string, ...more: string[]) => [
    'send',
    '--target',
    `w@${node.target}`,
    '--method',
    method,
    ...more,
  ];
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  describe('in order', () => {
    it('prints a result for every line, blank ones too, and a summary elsewhere', async () => {
      const result = await run(to('word_count', '--sequential'), 'to be\r\nor not to be\n\nthat');
      expect(result.code).toBe(0);
      expect(result.stdout).toBe('2\n4\n0\n1\n');
      expect(result.stderr).toMatch(/^4 lines: 4 done, 0 failed, in .*\n$/);
    });

    it('prints what came early when its turn is', async () => {
      const lines = '450\n1\n300\n150\n';
      expect((await run(to('sleep', '--json-input', '--ordered'), lines)).stdout).toBe(lines);
      expect((await run(to('sleep', '--json-input'), lines)).stdout).toBe('1\n150\n300\n450\n');
    });

    it('says so when there is nothing', async () => {
      const result = await run(to('echo'), '');
      expect(result).toEqual({ code: 0, stdout: '', stderr: 'The input is empty: there is nothing to send.\n' });
    });
  });

  describe('what is read', () => {
    it('is files one after the other, and - is the standard input', async () => {
      const args = to('echo', '--json', '--sequential', file('a', 'a1\na2'), '-', file('b', 'b1\n'));
      const result = await run(args, 'typed\n');
      expect(parsed(result.stdout).map(({ index, item }) => [index, item])).toEqual([
        [0, 'a1'],
        [1, 'a2'],
        [2, 'typed'],
        [3, 'b1'],
      ]);
    });

    it('that breaks off is an error, after all that came before', async () => {
      const input = Readable.from(
        (function* () {
          yield Buffer.from('one\ntwo\nthr');
          throw new Error('the disk is on fire');
        })(),
      );
      const result = await run(to('echo', '--sequential'), input);
      expect(result.code).toBe(1);
      expect(result.stdout).toBe('one\ntwo\n');
      expect(result.stderr).toContain('Cannot read the input: the disk is on fire\n2 lines: 2 done');
    });
  });

  describe('--json', () => {
    it('makes every outcome a line with its index', async () => {
      const result = await run(to('echo', '--json'), 'a "b"\nc');
      expect(parsed(result.stdout).sort((a, b) => a.index - b.index)).toEqual([
        { index: 0, item: 'a "b"', status: 'succeeded', value: 'a "b"' },
        { index: 1, item: 'c', status: 'succeeded', value: 'c' },
      ]);
    });

    it('reports why one failed, with the error of the node', async () => {
      const result = await run(to('fail', '--json'), 'oh no');
      expect(result.code).toBe(1);
      expect(parsed(result.stdout)).toEqual([
        {
          index: 0,
          item: 'oh no',
          status: 'failed',
          error: {
            name: 'RpcError',
            code: 'RPC_ERROR',
            message: `'fail' failed on w@${node.target}: oh no`,
            remoteCode: 0,
            detail: [0, 'oh no'],
          },
        },
      ]);
      expect(result.stderr).toMatch(/^1 line: 0 done, 1 failed/);
    });

    it('has a form for everything that JSON has none for', async () => {
      const [odd] = parsed((await run(to('odd', '--json'), 'x')).stdout);
      expect(odd.value).toEqual([
        [1, '9223372036854775808'],
        ['bytes', 'aGk='],
        ['ext', { ext: 5, data: 'AQ==' }],
        ['at', '1970-01-01T00:00:00.000Z'],
        ['nan', null],
      ]);
      expect((await run(to('nothing', '--json'), 'x')).stdout).toBe(
        '{"index":0,"item":"x","status":"succeeded","value":null}\n',
      );
    });
  });

  describe('without --json', () => {
    it('prints texts as they are, other values as JSON, failures elsewhere with their line', async () => {
      const lines = ['"a text"', '{"a":[1,null]}', 'true', 'nope', ''].join('\n') + '\n';
      const result = await run(to('echo', '--json-input', '--sequential'), lines + '\n');
      expect(result.code).toBe(1);
      expect(result.stdout).toBe('a text\n{"a":[1,null]}\ntrue\n');
      expect(result.stderr).toContain('line 4 is not JSON: ');
      expect(result.stderr).toContain('line 5 is not JSON: it is blank\n');
      const failed = await run(to('fail'), 'why');
      expect(failed.stdout).toBe('');
      expect(failed.stderr).toContain(`line 1: 'fail' failed on w@${node.target}: why\n`);
    });

    it('keeps a result on its line, and gives a terminal no orders', async () => {
      expect((await run(to('rude'), 'x')).stdout).toBe('"\\u001b[2Jgone\\nand more"\n');
      const input = file('rude', 'a\u001b[2Jb');
      expect((await run(to('fail', input))).stderr).toContain(
        `${input}:1: 'fail' failed on w@${node.target}: a\\u001b[2Jb\n`,
      );
    });
  });

  describe('--json-input', () => {
    it('passes the value of each line as the one param', async () => {
      const lines = '[1,2]\n"text"\n{"__proto__":1}\nnull\n 7 \n';
      const result = await run(to('echo', '--json-input', '--json', '--sequential'), lines);
      expect(parsed(result.stdout).map(({ item }) => JSON.stringify(item))).toEqual(
        lines
          .trimEnd()
          .split('\n')
          .map((line) => line.trim()),
      );
      expect(parsed(result.stdout).map(({ value }) => JSON.stringify(value))).toEqual(
        lines
          .trimEnd()
          .split('\n')
          .map((line) => line.trim()),
      );
      expect(result.code).toBe(0);
    });

    it('fails a line that is not JSON, and only that', async () => {
      const result = await run(to('echo', '--json-input', '--json', '--sequential'), '1\n{no}\n3\n');
      const [one, two, three] = parsed(result.stdout);
      expect([one.value, three.value]).toEqual([1, 3]);
      expect(two).toEqual({
        index: 1,
        item: '{no}',
        status: 'failed',
        error: { name: 'InputError', code: 'NOT_JSON', message: jasmine.stringContaining('line 2 is not JSON: ') },
      });
      expect(result.code).toBe(1);
    });

    it('survives what is nested too deeply to be sent', async () => {
      const deep = '['.repeat(50_000) + ']'.repeat(50_000);
      const result = await run(to('echo', '--json-input', '--json', '--sequential'), `1\n${deep}\n3\n`);
      expect(parsed(result.stdout).map(({ status }) => status)).toEqual(['succeeded', 'failed', 'succeeded']);
    });
  });

  describe('the concurrency', () => {
    const under = async (count: number, ...more: string[]): Promise<number> => {
      const sending = start(to('hold', ...more), 'x\n'.repeat(50));
      await until(() => held.length === count);
      await new Promise((resolve) => setTimeout(resolve, 30));
      const most = held.length;
      const letting = setInterval(() => held.splice(0).forEach((end) => end()), 1);
      const { code } = await sending.done;
      clearInterval(letting);
      expect(code).toBe(0);
      return most;
    };

    it('is what --parallel says, or one, or what the connections carry', async () => {
      expect(await under(8, '--parallel', '8')).toBe(8);
      expect(await under(1, '--sequential')).toBe(1);
      expect(await under(10)).toBe(10);
      expect(await under(12, '--max', '3', '--pipeline', '4')).toBe(12);
    });

    it('is bounded by the connections, with a remark', async () => {
      expect(await under(2, '--max', '2', '--parallel', '8')).toBe(2);
      const { stderr } = await run(to('echo', '--max', '2', '--parallel', '8'), 'x');
      expect(stderr).toContain('--parallel 8 is more than --max 2 times --pipeline 1: the concurrency is 2.\n');
    });

    it('is what is read ahead, too: twice as many lines as run', async () => {
      let read = 0;
      const endless = new Readable({
        highWaterMark: 1,
        read() {
          read++;
          setImmediate(() => this.push(`line ${read}\n`));
        },
      });
      const sending = start(to('hold', '--parallel', '3'), endless);
      await until(() => held.length === 3 && read >= 6);
      await new Promise((resolve) => setTimeout(resolve, 50));
      // One may be in the stream, and one may have been read from it.
      expect(read).toBeLessThanOrEqual(8);
      sending.signals$.next('SIGINT');
      sending.signals$.next('SIGINT');
      await sending.done;
    });

    it('is lower while the results are not read', async () => {
      let letGo: () => void = () => {};
      const stdout = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => (letGo = done) });
      let read = 0;
      const endless = new Readable({
        highWaterMark: 1,
        read() {
          setImmediate(() => this.push(`${++read}\n`));
        },
      });
      const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
      const signals$ = new Subject<NodeJS.Signals>();
      const done = program(to('echo', '--parallel', '2'), { stdin: () => endless, stdout, stderr, signals$ });
      await until(() => read >= 4);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const stuck = read;
      expect(stuck).toBeLessThanOrEqual(8);
      letGo();
      await until(() => read > stuck);
      signals$.next('SIGINT');
      signals$.next('SIGINT');
      expect(await done).toBe(130);
    });
  });

  describe('--timeout', () => {
    it('fails the call that takes too long, and goes on', async () => {
      const args = to('sleep', '--json-input', '--json', '--sequential', '--timeout', '2000');
      const [one, two] = parsed((await run(args, '600000\n1\n')).stdout);
      expect(one.error).toEqual({
        name: 'CallTimeoutError',
        code: 'CALL_TIMEOUT',
        message: `'sleep' was not answered by w@${node.target} within 2000 ms`,
      });
      expect(two.value).toBe(1);
    });
  });

  describe('without a connection', () => {
    const closedPort = async (): Promise<number> => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      return port;
    };

    it('says why long before a caller would time out, reads and prints nothing, and ends with 3', async () => {
      const target = `127.0.0.1:${await closedPort()}`;
      const before = Date.now();
      const result = await run(['send', '--target', target, '--method', 'echo', '--json'], typing());
      expect(Date.now() - before).toBeLessThan(25_000);
      expect(result.code).toBe(3);
      expect(result.stdout).toBe('');
      expect(result.stderr).toContain('nothing was sent');
      expect(result.stderr).toContain('ECONNREFUSED');
      expect(result.stderr.trim().split('\n').length).toBe(1);
    });

    it('has nothing to complain of when there is nothing to send', async () => {
      expect((await run(['send', '--target', `127.0.0.1:${await closedPort()}`, '--method', 'echo'], '')).code).toBe(0);
    });

    it('waits for a node that comes up in the next moment', async () => {
      const port = await closedPort();
      const sending = start(['send', '--target', `127.0.0.1:${port}`, '--method', 'echo'], 'hello\n');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const late = await serveNode({ port, methods: builtinMethods });
      expect((await sending.done).stdout).toBe('hello\n');
      await late.close();
    });
  });

  describe('when the node', () => {
    let server: Server;
    const sockets = new Set<Socket>();
    const fake = async (onClient: (socket: Socket) => void): Promise<string> => {
      server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        onClient(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    afterEach(() => {
      server?.close();
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    });

    it('is gone before the first line comes, it is no connection after all', async () => {
      let connected = false;
      const target = await fake(() => (connected = true));
      const input = typing();
      const sending = start(['send', '--target', target, '--method', 'echo', '--json'], input);
      await until(() => connected);
      server.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      // Even if that timer is late, the data of the socket is read within one turn.
      await turns(20);
      input.end('a\nb\n');
      const { code, stdout } = await sending.done;
      expect(code).toBe(3);
      expect(parsed(stdout).map(({ error }) => error.code)).toEqual(['CONNECTION_FAILED', 'CONNECTION_FAILED']);
    });

    it('goes away and comes back, the lines that were not sent wait for it', async () => {
      let calls = 0;
      let again: RpcNode | undefined;
      const restart = async (): Promise<void> => {
        await brief.close();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        again = await serveNode({ port, methods: { pass: (value: unknown) => value } });
      };
      const brief = await serveNode({
        methods: { pass: (value: unknown) => (++calls === 20 ? new Promise(() => void restart()) : value) },
      });
      const port = Number(brief.target.split(':')[1]);
      const args = [
        'send',
        '--target',
        brief.target,
        '--method',
        'pass',
        '--json',
        '--max',
        '2',
        '--patience',
        '60000',
      ];
      const { code, stdout, stderr } = await run(args, 'x\n'.repeat(200));
      const outcomes = parsed(stdout);
      expect(outcomes.length).toBe(200);
      expect(outcomes.filter(({ status }) => status === 'failed').length).toBeLessThanOrEqual(2);
      expect(code).toBe(1);
      expect(stderr).toMatch(/No connection: .*ECONNREFUSED.*Lines wait for one, 1:00 min at most\./);
      expect(stderr).toMatch(/Waited \d.* for a connection\./);
      await again?.close();
    });

    it('is not available at Ctrl-C, the waiting lines are not sent', async () => {
      const mortal = await serveNode({ methods: { die: () => mortal.close() } });
      const input = typing('x\n'.repeat(5));
      const args = ['send', '--target', mortal.target, '--method', 'die', '--max', '1', '--patience', '60000'];
      const sending = start(args, input);
      await until(() => sending.stderr.text.includes('Lines wait for one'));
      sending.signals$.next('SIGINT');
      const { code, stderr } = await sending.done;
      expect(code).toBe(130);
      expect(stderr).toContain('1 line: 0 done, 1 failed');
    });

    it('stops in the middle, the rest fails at once with `--patience` 0, each with its error', async () => {
      const mortal = await serveNode({ methods: { ...builtinMethods, die: () => mortal.close() } });
      const args = ['send', '--target', mortal.target, '--method', 'die', '--json', '--max', '2', '--patience', '0'];
      const before = Date.now();
      const result = await run(args, 'x\n'.repeat(200));
      expect(Date.now() - before).toBeLessThan(60_000);
      const outcomes = parsed(result.stdout);
      expect(result.code).toBe(1);
      expect(outcomes.length).toBe(200);
      expect(new Set(outcomes.map(({ index }) => index)).size).toBe(200);
      expect(outcomes.every(({ status }) => status === 'failed')).toBeTrue();
      expect(outcomes.at(-1).error.cause.cause.code).toBe('ECONNREFUSED');
    });

    it('closes one connection, the calls on it fail and the others go on over a new one', async () => {
      let calls = 0;
      const flaky = await serveNode({
        methods: { echo: (value: unknown) => (++calls === 3 ? new Promise(() => cut()) : value) },
      });
      const cut = () =>
        void flaky
          .close()
          .then(async () => serveNode({ port, methods: builtinMethods }))
          .then((n) => (again = n));
      let again: RpcNode | undefined;
      const port = Number(flaky.target.split(':')[1]);
      const args = ['send', '--target', flaky.target, '--method', 'echo', '--json', '--sequential'];
      const result = await run(args, '1\n2\n3\n4\n5\n');
      expect(result.code).toBe(1);
      expect(parsed(result.stdout).map(({ status }) => status)).toEqual([
        'succeeded',
        'succeeded',
        'failed',
        'succeeded',
        'succeeded',
      ]);
      expect(result.stderr).toContain('5 lines: 4 done, 1 failed');
      await again?.close();
    });
  });

  describe('an outcome that cannot be printed', () => {
    /** `JSON.stringify` fails for a value that contains this word, as an engine may for a text that is too long. */
    const failsFor = (word: string): void => {
      const { stringify } = JSON;
      const has = (value: unknown): boolean =>
        value === word || (typeof value === 'object' && value !== null && Object.values(value).some(has));
      spyOn(JSON, 'stringify').and.callFake((value: unknown, ...rest: any[]) => {
        if (has(value)) throw new RangeError('no memory');
        return stringify(value, ...(rest as []));
      });
    };

    it('is a failure of its line, and the others are printed', async () => {
      failsFor('bad');
      const { code, stdout, stderr } = await run(to('echo', '--json-input', '--sequential'), '["a"]\n["bad"]\n["c"]\n');
      expect([code, stdout]).toEqual([1, '["a"]\n["c"]\n']);
      expect(stderr).toMatch(/^line 2: its answer cannot be printed: no memory\n3 lines: 2 done, 1 failed, in .*\n$/);
    });

    for (const [method, what, summary] of [
      ['echo', 'answer', '2 done, 1 failed'],
      ['fail', 'error', '0 done, 3 failed'],
    ] as const) {
      it(`is one in --json, too: an ${what}`, async () => {
        failsFor('bad');
        const { code, stdout, stderr } = await run(to(method, '--json', '--sequential'), 'a\nbad\nc\n');
        const [first, second, third] = parsed(stdout);
        expect([code, first.item, third.item]).toEqual([1, 'a', 'c']);
        expect(second).toEqual({
          index: 1,
          item: null,
          status: 'failed',
          error: { name: 'UnprintableError', code: 'UNPRINTABLE', message: `its ${what} cannot be printed: no memory` },
        });
        expect(stderr).toContain(summary);
      });
    }
  });

  describe('interrupted', () => {
    it('lets what runs end, sends no more, and says what was done', async () => {
      const sending = start(to('hold', '--parallel', '2'), typing('a\nb\nc\nd\ne\n'));
      await until(() => held.length === 2);
      sending.signals$.next('SIGINT');
      await until(() => sending.stderr.text !== '');
      expect(sending.stderr.text).toContain('waiting for 2 calls in flight');
      held.forEach((end) => end());
      const { code, stdout, stderr } = await sending.done;
      expect(code).toBe(130);
      expect(stdout.split('\n').sort()).toEqual(['', 'a', 'b']);
      expect(held.length).toBe(2);
      expect(stderr).toContain('Interrupted by SIGINT. 2 lines: 2 done, 0 failed, in ');
      expect(sending.stdin.destroyed).toBeTrue();
    });

    it('a second time does not wait, and says what is not known', async () => {
      const sending = start(to('hold', '--parallel', '2'), typing('a\nb\nc\n'));
      await until(() => held.length === 2);
      sending.signals$.next('SIGTERM');
      sending.signals$.next('SIGTERM');
      const { code, stdout, stderr } = await sending.done;
      expect([code, stdout]).toEqual([143, '']);
      expect(stderr).toContain('Interrupted by SIGTERM. 2 lines: 0 done, 0 failed, 2 sent without an answer, in ');
      expect(sending.signals$.observed).toBeFalse();
    });

    it('while it waits for a line, or for a connection, ends at once', async () => {
      const idle = start(to('echo'), typing('a\n'));
      await until(() => idle.stdout.text !== '');
      idle.signals$.next('SIGINT');
      expect((await idle.done).stderr).toMatch(/^Interrupted by SIGINT. 1 line: 1 done/);

      const early = start(to('echo'), typing());
      early.signals$.next('SIGINT');
      expect(await early.done).toEqual({ code: 130, stdout: '', stderr: 'Interrupted by SIGINT. Nothing was sent.\n' });
    });
  });

  describe('on a terminal', () => {
    it('shows a line of progress and clears it', async () => {
      const input = file('slow', '300\n300\n');
      const sending = start(to('sleep', '--json-input', '--sequential', input));
      sending.stderr.isTTY = true;
      const { stderr } = await sending.done;
      const lines = stderr.split('\r\u001b[K').map((line) => line.trim());
      expect(lines[1]).toContain('0 done, 0/s, 0 %');
      expect(lines.find((line) => /^1 done, \d+\/s, 50 %, .*left, 1\/10 connections in use$/.test(line))).toBeDefined();
      expect(lines.at(-1)).toMatch(/^2 lines: 2 done/);
    });

    it('shows none elsewhere, nor while lines are typed', async () => {
      expect((await run(to('echo'), 'a')).stderr).not.toContain('\r');
      const stdin = Object.assign(typing('a\n'), { isTTY: true });
      stdin.end();
      const sending = start(to('echo'), stdin);
      sending.stderr.isTTY = true;
      const { stderr } = await sending.done;
      expect(stderr).toMatch(/^Type the lines; Ctrl-D ends them.\n1 line: 1 done[^\r]*$/);
    });
  });
});
