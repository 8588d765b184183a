import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresql } from '../helpers/postgres';
import { isWhole } from '../helpers/effort';
import { runExample } from './run-example';

describe('The examples of what is pulled', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'examples-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  describe('send-ndjson', () => {
    // 146,000 lines.
    if (isWhole)
      it('sends a large file, sends again what failed, and tells which line is no JSON', async () => {
        const { code, stdout, stderr } = await runExample('send-ndjson');
        expect(stderr).toBe('');
        const [, lines, stored, failed] = /^(\d+) lines in .* s: (\d+) stored, (\d+) failed/m.exec(stdout)!.map(Number);
        expect(lines).toBe(146_000);
        expect(stored! + failed!).toBe(lines!);
        expect(failed).toBeGreaterThan(100);
        expect(stdout).toMatch(/^Sent again: \d+ stored, \d+ failed\.$/m);
        expect(stdout).toMatch(/hours\.ndjson:100000: Unterminated string in JSON/);
        expect(stdout).toContain('The node has 145999 values of 145999 lines.');
        expect(code).toBe(1);
      });

    it('sends one of your own', async () => {
      const path = file('own.ndjson', '{"a":1}\n"text"\nnull\n[1]\n');
      const { code, stdout } = await runExample('send-ndjson', [path]);
      expect(stdout).toContain('4 lines');
      expect(stdout).toMatch(/own\.ndjson:3: .*there is nothing to keep/);
      expect(stdout).toContain('The node has 3 values of 3 lines.');
      expect(code).toBe(1);
    });

    it('says so when there is no such file', async () => {
      const { code, stderr } = await runExample('send-ndjson', [join(folder, 'none')]);
      expect(stderr).toMatch(/^Cannot send .*none: ENOENT/);
      expect(code).toBe(2);
    });
  });

  describe('send-csv', () => {
    it('sends the rows in batches', async () => {
      const { code, stdout, stderr } = await runExample('send-csv');
      expect(stderr).toBe('');
      const [, rows, calls] = /^(\d+) rows of .* in (\d+) calls, 0 failed\.$/m.exec(stdout)!.map(Number);
      expect(rows).toBeGreaterThan(2_000);
      expect(calls).toBe(Math.ceil(rows! / 100));
      expect(code).toBe(0);
    });

    it('breaks off with the parser, and with the file', async () => {
      const broken = await runExample('send-csv', [file('broken.csv', 'a,b\n1,2\n3\n')]);
      expect(broken.stderr).toMatch(/^Cannot send .*broken\.csv: Invalid Record Length/);
      expect(broken.code).toBe(2);
      const none = await runExample('send-csv', [join(folder, 'none')]);
      expect(none.stderr).toMatch(/^Cannot send .*none: ENOENT/);
    });
  });

  describe('send-postgres', () => {
    const postgres = postgresql();

    it('draws a query through a cursor into a node', async () => {
      const { code, stdout, stderr } = await runExample('send-postgres', [], { ...postgres().env });
      expect(stderr).toBe('');
      const [, rows, words] = /^(\d+) rows, (\d+) words, 0 failed\.$/m.exec(stdout)!.map(Number);
      expect(rows).toBeGreaterThan(3_000);
      expect(words).toBeGreaterThan(rows!);
      expect(code).toBe(0);
    });

    if (isWhole)
      it('of any length, row after row', async () => {
        const query = 'select 1, n from generate_series(1, 20000) n';
        const { stdout } = await runExample('send-postgres', [query], { ...postgres().env });
        expect(stdout).toBe('20000 rows, 40000 words, 0 failed.\n');
      });

    it('stops with the query, after what came before', async () => {
      const query = 'select 10 / (1500 - n) from generate_series(1, 2000) n';
      const { code, stdout, stderr } = await runExample('send-postgres', [query], { ...postgres().env });
      expect(stderr).toBe('Stopped: division by zero\n');
      // The last page of rows is the one that broke.
      expect(stdout).toMatch(/^1[34]\d\d rows, 1[34]\d\d words, 0 failed\.\n$/);
      expect(code).toBe(2);
    });
  });

  it('send-postgres says where to look when there is none', async () => {
    const { code, stderr } = await runExample('send-postgres', [], { PGHOST: '127.0.0.1', PGPORT: '1' });
    expect(stderr).toContain('No PostgreSQL at 127.0.0.1:1: ');
    expect(code).toBe(2);
  });
});
