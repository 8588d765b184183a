import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a server of one process is started. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What it writes when it accepts connections. */
  readonly ready: RegExp;
}

/** A server that a spec ends, kills and freezes. */
export interface ServerProcess {
  /** Ends it, in order or at once, and starts it again after this time (ms). */
  restart(ms: number, signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops the process, and lets it run again after this time (ms): meanwhile connects succeed, and nothing answers. */
  freeze(ms: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  let running = await start(command);
  return {
    async restart(ms, signal = 'SIGTERM') {
      await running.end(signal);
      await sleep(ms);
      running = await start(command);
    },
    async freeze(ms) {
      running.kill('SIGSTOP');
      await sleep(ms);
      running.kill('SIGCONT');
    },
    signal: (signal) => running.kill(signal),
    stop: () => running.end('SIGTERM'),
  };
}

interface Running {
  kill(signal: NodeJS.Signals): void;
  end(signal: NodeJS.Signals): Promise<void>;
}

async function start({ program, args, cwd, user, ready }: ServerCommand): Promise<Running> {
  const server = spawn(program, args, { cwd, ...user, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'exit');
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (ready.test(output)) resolve();
      });
    }
    server.once('error', reject);
    void ended.then(() => reject(new Error(`${program} has ended: ${output}`)));
  });
  return {
    kill: (signal) => void server.kill(signal),
    async end(signal) {
      server.kill(signal);
      await ended;
    },
  };
}

/** A port of this machine on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
