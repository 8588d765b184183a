import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** A copy of what the script reads, so that the addresses of this project stay as they are. */
function copy(): { folder: string; run: (...args: string[]) => { status: number | null; output: string } } {
  const folder = mkdtempSync(join(tmpdir(), 'publication-'));
  mkdirSync(join(folder, 'scripts'));
  copyFileSync(join(root, 'scripts/publication.mjs'), join(folder, 'scripts/publication.mjs'));
  const {
    repository: _,
    homepage: __,
    bugs: ___,
    ...rest
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(folder, 'package.json'), JSON.stringify(rest));
  copyFileSync(join(root, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'));
  const run = (...args: string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/publication.mjs', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };
  return { folder, run };
}

describe('a publication', () => {
  let folder = '';
  let run: ReturnType<typeof copy>['run'];
  beforeEach(() => ({ folder, run } = copy()));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const manifest = (): Record<string, unknown> =>
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;

  it('is refused while the address of the repository is missing, and says how to write it', () => {
    const { status, output } = run('--check');
    expect(status).toBe(1);
    expect(output).toContain('package.json has no repository, no homepage, no bugs.');
    expect(output).toContain('npm run publication -- https://github.com/OWNER/NAME');
  });

  it('is allowed when one command has written the addresses', () => {
    expect(run('https://github.com/Some-Owner/pool.git').status).toBe(0);
    expect(manifest()).toEqual(
      jasmine.objectContaining({
        homepage: 'https://some-owner.github.io/pool/',
        repository: { type: 'git', url: 'git+https://github.com/Some-Owner/pool.git' },
        bugs: { url: 'https://github.com/Some-Owner/pool/issues' },
        license: 'MIT',
      }),
    );
    const { status, output } = run('--check');
    expect(output).toContain('of git+https://github.com/Some-Owner/pool.git');
    expect(status).toBe(0);
  });

  it('can have its site elsewhere', () => {
    run('https://github.com/owner/pool', 'https://pool.example.com/');
    expect(manifest()['homepage']).toBe('https://pool.example.com/');
  });

  it('takes no address of another form', () => {
    for (const address of ['github.com/owner/pool', 'https://github.com/owner', '']) {
      const { status, output } = run(address);
      expect(status).toBe(1);
      expect(output).toContain(`must be https://github.com/OWNER/NAME, but is ${address}.`);
    }
    expect(manifest()['repository']).toBeUndefined();
  });

  it('is refused while CHANGELOG.md does not tell what the version contains', () => {
    run('https://github.com/owner/pool');
    writeFileSync(join(folder, 'CHANGELOG.md'), '# Changes\n\n## 0.0.9\n');
    const { status, output } = run('--check');
    expect(status).toBe(1);
    expect(output).toMatch(/CHANGELOG\.md has no "## \d+\.\d+\.\d+"/);
  });
});
