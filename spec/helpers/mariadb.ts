import { execFile, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needs } from './peers';
import { freePort, startServer } from './server-process';
import type { ServerProcess } from './server-process';

/** A MariaDB for the specs, on a free port of this machine, with the user root without a password. */
export interface MariaDb extends ServerProcess {
  readonly port: number;
}

/** Call it inside a `describe`: starts a server for its specs, which are pending if MariaDB is not installed. */
export function mariaDb(): () => MariaDb {
  let server: MariaDb | undefined;
  const installed = spawnSync('mariadbd', ['--version'], { stdio: 'ignore' }).error === undefined;
  beforeAll(async () => {
    if (installed) server = await startMariaDb();
  });
  afterAll(() => server?.stop());
  needs('mariadbd', () => installed);
  return () => server!;
}

async function startMariaDb(): Promise<MariaDb> {
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-'));
  const data = join(folder, 'data');
  // It refuses to run as root, and has its own user.
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const installing = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'];
  await promisify(execFile)('mariadb-install-db', [...installing, '--skip-test-db', '--skip-name-resolve'], {
    ...user,
    cwd: folder,
  });
  const port = await freePort();
  const server = await startServer({
    program: 'mariadbd',
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=2',
    ],
    cwd: folder,
    user,
    ready: /ready for connections/,
  });
  return {
    ...server,
    port,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function idOf(flag: string): number {
  return Number(spawnSync('id', [flag, 'mysql']).stdout.toString());
}
