import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peer } from './peers';
import { freePort, startServer } from './server-process';
import type { ServerProcess } from './server-process';
import { spawnSync } from 'node:child_process';

/** A Redis for the specs, on a free port of this machine. It writes what it has done before it answers. */
export interface RedisServer extends ServerProcess {
  readonly port: number;
}

/** Call it inside a `describe`: starts a server for its specs, which are pending if Redis is not installed. */
export function redisServer(): () => RedisServer {
  let server: RedisServer | undefined;
  const program = peer('redis-server');
  beforeAll(async () => {
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) server = await start(program);
  });
  afterAll(() => server?.stop());
  return () => server!;
}

async function start(program: string): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--appendonly', 'yes', '--save', ''];
  const server = await startServer({
    program,
    args: ['--port', String(port), '--dir', folder, ...settings],
    cwd: folder,
    ready: /Ready to accept connections/,
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
