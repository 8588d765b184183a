import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { needs } from './peers';
import { freePort } from './server-process';

const run = promisify(execFile);

/** A PostgreSQL for the specs: in its own folder, on a free port of this machine. */
export interface Postgres {
  /** The environment variables by which its clients find it. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Ends every session at once, as a restart of the server does, or with SIGKILL all processes of the server, as a crash does, and accepts
   * connections again after this time (ms).
   */
  restart(ms: number, signal?: 'SIGINT' | 'SIGKILL'): Promise<void>;
  /** Stops all processes of the server, and lets them run again after this time (ms): meanwhile connects succeed, and nothing answers. */
  freeze(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** The folder of its programs. Debian keeps all but the clients out of the path. */
function programs(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))));
}

/** PostgreSQL refuses to run as root, and has its own user. */
function user(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres']).stdout.toString());
  return { uid: id('-u'), gid: id('-g') };
}

/** Call it inside a `describe`: starts a server for its specs, which are pending if PostgreSQL is not installed. */
export function postgresql(): () => Postgres {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres?.stop();
  });
  needs('postgresql', () => postgres !== undefined);
  return () => postgres!;
}

/** Starts a server; undefined if PostgreSQL is not installed. */
async function startPostgres(): Promise<Postgres | undefined> {
  const bin = programs();
  if (bin === undefined) return undefined;
  const as = user();
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  if (as !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const options = { ...as, cwd: folder, env: { ...process.env, LC_ALL: 'C' } };
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'spec', '--auth=trust', '--no-sync'], options);

  const port = await freePort();
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let server: ChildProcess;
  const start = async (): Promise<(signal: 'SIGINT' | 'SIGKILL') => Promise<void>> => {
    server = spawn(join(bin, 'postgres'), ['-D', data, ...args], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(server, 'exit');
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.stderr!.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('ready to accept connections')) resolve();
      });
      void ended.then(() => reject(new Error(`postgres has ended: ${said}`)));
    });
    return async (signal) => {
      // Of a server that is killed the sessions would live on until they notice, and keep the next one from starting.
      if (signal === 'SIGKILL') signalSessions(server.pid!, signal);
      server.kill(signal);
      await ended;
    };
  };
  let halt = await start();
  return {
    env: { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'spec', PGDATABASE: 'postgres' },
    async restart(ms, signal = 'SIGINT') {
      await halt(signal);
      await sleep(ms);
      halt = await start();
    },
    async freeze(ms) {
      server.kill('SIGSTOP');
      signalSessions(server.pid!, 'SIGSTOP');
      await sleep(ms);
      signalSessions(server.pid!, 'SIGCONT');
      server.kill('SIGCONT');
    },
    async stop() {
      await halt('SIGINT');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Each session is a process of its own, a child of the server. */
function signalSessions(server: number, signal: NodeJS.Signals): void {
  const sessions = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server)]).stdout.toString();
  for (const pid of sessions.trim().split(/\s+/)) {
    try {
      process.kill(Number(pid), signal);
    } catch {
      // It has ended in the meantime.
    }
  }
}
