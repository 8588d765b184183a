import { stressOptions } from '../../src/cli/stress-arguments';
import { run } from './fake-io';

const wrong = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(args);
  expect(code).withContext(args.join(' ')).toBe(2);
  expect(stdout).withContext(args.join(' ')).toBe('');
  expect(stderr).withContext(args.join(' ')).toContain('--help shows the usage.');
  return stderr;
};
const fine = ['--target', '127.0.0.1:7000', '--method', 'echo'];

describe('wrong arguments', () => {
  it('are all named at once, with the value and a way to help', async () => {
    const stderr = await wrong('send', '--max', 'ten', '--parallel=0', '--metod', 'x', '--target', 'nowhere');
    expect(stderr).toContain(`--max must be a positive integer, but got 'ten'`);
    expect(stderr).toContain(`--parallel must be a positive integer, but got '0'`);
    expect(stderr).toContain(`--metod is not an option. Did you mean --method?`);
    expect(stderr).toContain(`'nowhere'`);
    expect(stderr).toContain('the port is missing');
    expect(stderr).toContain('--method is missing');
    expect(stderr.trim().split('\n').at(-1)).toBe('rxjs-connection-pool send --help shows the usage.');
  });

  it('are an unknown command, one that is missing, and one that does not come first', async () => {
    expect(await wrong('sned')).toContain(
      `'sned' is not a command: there are send, serve, stress, simulate, dashboard and top. Did you mean 'send'?`,
    );
    expect(await wrong('toString')).toContain(
      `'toString' is not a command: there are send, serve, stress, simulate, dashboard and top.\n`,
    );
    expect(await wrong()).toContain('a command is missing');
    expect(await wrong('--json', 'send')).toContain(
      `the command comes first, send, serve, stress, simulate, dashboard or top, but got '--json'`,
    );
  });

  it('are a value that is missing, or is the next option, or is not wanted', async () => {
    expect(await wrong('send', ...fine, '--max')).toContain('--max needs a value');
    expect(await wrong('send', '--target', '--method', 'echo')).toContain(
      `--target needs a value, but what follows is '--method'`,
    );
    expect(await wrong('send', ...fine, '--json=yes')).toContain(`--json takes no value, but got 'yes'`);
    expect(await wrong('send', ...fine, '--max', '-1')).toContain(`--max must be a positive integer, but got '-1'`);
    expect(await wrong('send', ...fine, '--max', '1e3')).toContain(`--max must be a positive integer, but got '1e3'`);
    expect(await wrong('send', ...fine, '-x')).toContain('-x is not an option.');
  });

  it('are two that exclude each other', async () => {
    expect(await wrong('send', ...fine, '--sequential', '--parallel', '4')).toContain('--parallel 4');
  });

  it('are files that cannot be read', async () => {
    const stderr = await wrong('send', ...fine, '/no/such/file', '/');
    expect(stderr).toContain(`cannot read '/no/such/file': there is no such file`);
    expect(stderr).toContain(`cannot read '/': it is a directory`);
  });

  it('of serve are a port that cannot be, and operands', async () => {
    expect(await wrong('serve', '--port', '65536')).toContain(`--port must be 0 to 65535, but got '65536'`);
    expect(await wrong('serve', '7000')).toContain(`serve takes no operands, but got '7000'`);
  });

  it('of stress are named at once, too', async () => {
    const stderr = await wrong(
      'stress',
      ...['--rate', '0', '--arrivals', 'odd', '--duration', '5', '--params', '{}', '--threshold', 'wait.p99<3', 'now'],
    );
    expect(stderr).toContain(`--rate must be a number of more than 0, but got '0'`);
    expect(stderr).toContain(`--arrivals must be even or poisson, but got 'odd'`);
    expect(stderr).toContain(`--duration must be a time with its unit, such as 500ms, 30s or 2min, but got '5'`);
    expect(stderr).toContain(`--params must be a JSON array, such as '["a text", 5]', but got '{}'`);
    expect(stderr).toContain(`--threshold "wait.p99<3": wait.p99 is a time: its bound needs a unit`);
    expect(stderr).toContain(`stress takes no operands, but got 'now'`);
  });

  it('of stress are those that do not go together', async () => {
    expect(await wrong('stress', '--pool', 'x.mjs', '--max', '3')).toContain('--pool and --max exclude each other');
    expect(await wrong('stress', '--target', '127.0.0.1:7000')).toContain('--method is missing');
    expect(await wrong('stress', '--target', 'nowhere', '--method', 'x')).toContain('the port is missing');
    expect(await wrong('stress', '--warmup', '10s', '--duration', '5s')).toContain(
      '--warmup must be less than duration (5000 ms)',
    );
    expect(await wrong('stress', '--workers', '2', '--arrivals', 'even')).toContain("--arrivals 'even' needs a rate");
    expect(await wrong('stress', '--params', '[1')).toContain('--params must be a JSON array');
  });

  it('of stress are a module without a pool, or without itself', async () => {
    const problem = await wrong('stress', '--pool', '/no/such/pool.mjs');
    expect(problem).toContain(`--pool: cannot load '/no/such/pool.mjs': `);
    expect(await wrong('stress', '--pool', 'entries.mjs')).toContain('must export a pool made by createPool');
  });
});

describe('help', () => {
  const help = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };

  it('is there for the whole and for each command, whatever else is given', async () => {
    const whole = await help('--help');
    expect(whole).toContain('serve');
    expect(await help('-h')).toBe(whole);
    expect(await help('help')).toBe(whole);

    const send = await help('send', '--max', 'ten', '--help');
    expect(await help('help', 'send')).toBe(send);
    expect(await help('send', '-h')).toBe(send);
    for (const option of [
      'target',
      'method',
      'max',
      'parallel',
      'sequential',
      'pipeline',
      'timeout',
      'patience',
      'json',
      'json-input',
    ]) {
      expect(send).toContain(`--${option} `);
    }
    expect(send).toContain('Exit codes');

    const stress = await help('stress', '--help');
    for (const option of Object.keys(stressOptions)) expect(stress).toContain(`--${option} `);
    for (const code of ['0 ', '2 ', '3 ', '99 ', '130 ']) expect(stress).toContain(`\n  ${code}`);

    const serve = await help('serve', '--help');
    for (const word of ['--port', '--host', 'echo', 'word_count', 'sleep', 'fail']) expect(serve).toContain(word);
  });

  it('says the version of the package', async () => {
    expect(await help('--version')).toMatch(/^\d+\.\d+\.\d+/);
    expect(await help('send', '--version')).toBe(await help('--version'));
  });
});
