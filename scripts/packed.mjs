// The package as its users get it: a tarball of what has been built, installed into an empty folder with npm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

export function npm(folder, ...args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stderr}`);
  return stdout;
}

/** Packs dist into a folder, and returns the path of the tarball. */
export function pack(folder) {
  if (!existsSync(join(root, 'dist/esm/index.mjs'))) throw new Error('dist is missing: run "npm run build" first');
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
  return join(folder, filename);
}

/**
 * An empty folder of a user with the package installed, and with these packages of this project beside it, in the versions that this
 * project has. `npm install` takes them from its cache where it can.
 */
export function install(...beside) {
  const folder = mkdtempSync(join(tmpdir(), 'rxjs-connection-pool-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    const versions = beside.map((name) => `${name}@${manifest.devDependencies[name]}`);
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
    npm(folder, 'install', pack(folder), ...versions, ...quiet);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
