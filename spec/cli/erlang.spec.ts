import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { erlangNode } from '../helpers/erlang';
import { parsed, run } from './fake-io';

describe('send to an Erlang node', () => {
  // A process that replies as a gen_server does, with the number of words or whatever it got.
  const loop = `register(words, spawn(fun L() -> receive {'$gen_call', {P, R}, M} -> P ! {R, case M of X when is_binary(X) -> length(string:lexemes(X, " ")); _ -> M end}, L() end end))`;
  const node = erlangNode({ start: loop });
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cookie-'));
    file = join(folder, 'cookie');
    writeFileSync(file, `${node().cookie}\n`);
  });
  afterEach(() => {
    delete process.env['ERLANG_COOKIE'];
    rmSync(folder, { recursive: true });
  });
  const target = (): string => `erlang://${node().name}:${node().port}`;
  const send = (args: readonly string[], input: string) => run(['send', '--target', target(), ...args], input);

  it('calls a gen_server with each line, with the cookie of a file or of the environment', async () => {
    const counted = await send(['--cookie-file', file, '--call', 'words', '--ordered'], 'to be\nor not to be\n');
    expect(counted.stdout).toBe('2\n4\n');
    expect(counted.code).toBe(0);
    process.env['ERLANG_COOKIE'] = node().cookie;
    expect((await send(['--method', 'words'], 'one\n')).stdout).toBe('1\n');
  });

  it('makes terms of JSON, and JSON of terms', async () => {
    const result = await send(
      ['--cookie-file', file, '--call', 'words', '--json', '--json-input'],
      '{"a":[1,2.5,null,"x"]}\n',
    );
    expect(parsed(result.stdout)).toEqual([
      { index: 0, item: { a: [1, 2.5, null, 'x'] }, status: 'succeeded', value: { a: [1, 2.5, null, 'x'] } },
    ]);
  });

  it('says which process there is not, and what else is wrong, and shows no cookie', async () => {
    const missing = await send(['--cookie-file', file, '--call', 'nothing', '--json'], 'a\n');
    expect(missing.code).toBe(1);
    expect(parsed(missing.stdout)).toEqual([
      jasmine.objectContaining({ error: jasmine.objectContaining({ code: 'ERLANG_NO_PROCESS' }) }),
    ]);
    process.env['ERLANG_COOKIE'] = 'not-the-cookie';
    const wrong = await send(['--call', 'words'], 'a\n');
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('Wrong cookie');
    expect(wrong.stderr).not.toContain('not-the-cookie');
    delete process.env['ERLANG_COOKIE'];
    const none = await send(['--call', 'words'], 'a\n');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('ERLANG_COOKIE');
    const unread = await send(['--call', 'words', '--cookie-file', join(folder, 'other')], 'a\n');
    expect(unread.stderr).toContain('--cookie-file cannot be read');
    const twice = await send(['--call', 'words', '--method', 'words', '--cookie-file', file], 'a\n');
    expect(twice.stderr).toContain('give one of them');
  });
});
