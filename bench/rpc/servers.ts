/** The servers, each in a process of its own that ends with this one. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LeftOut } from '../runner/case';

/** A server of `bench/servers`; returns the port. */
export async function startServer(
  name: 'raw' | 'node' | 'http' | 'nats-responder',
  ...args: readonly string[]
): Promise<number> {
  const file = fileURLToPath(new URL(`servers/${name}.mjs`, import.meta.url));
  const server = fork(file, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = (await Promise.race([once(server, 'message'), endOf(server, name)])) as [number];
  return port;
}

/** A server of another package; returns the port. */
export async function startRedis(): Promise<number> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  await startProgram('redis-server', args, /Ready to accept connections/);
  return port;
}

export async function startNats(): Promise<number> {
  const said = await startProgram(
    'nats-server',
    ['-a', '127.0.0.1', '-p', '-1'],
    /client connections on .*:(\d+)[\s\S]*is ready/,
  );
  return Number(said[1]);
}

/** Resolves when the process reports that it is ready. */
async function startProgram(name: string, args: readonly string[], ready: RegExp): Promise<RegExpExecArray> {
  const file = findProgram(name);
  if (file === undefined) throw new LeftOut(`${name} is not installed`);
  const program = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  process.on('exit', () => program.kill('SIGKILL'));
  const said = new Promise<RegExpExecArray>((resolve) => {
    let text = '';
    const listen = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = ready.exec(text);
      if (found !== null) resolve(found);
    };
    program.stdout.on('data', listen);
    program.stderr.on('data', listen);
  });
  return Promise.race([said, endOf(program, name)]);
}

async function endOf(program: ChildProcess, name: string): Promise<never> {
  const [code] = (await once(program, 'exit')) as [number | null];
  throw new Error(`${name} ended with ${code ?? 'a signal'} before it was ready`);
}

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
