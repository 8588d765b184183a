import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { map } from 'rxjs';
import { connectNode } from '../../../src/connectors/msgpack-rpc/index';
import { until } from '../../helpers/turns';
import { after, answerOf } from './support';

/** A neovim that listens. */
export interface Neovim {
  readonly target: string;
  readonly process: ChildProcess;
  /** Stops the process, and resolves when it is stopped. The kernel continues to accept connections for it. */
  stop(): Promise<void>;
  /** Lets it continue. */
  goOn(): void;
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts another one at the same place. */
  again(): Promise<Neovim>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether the system reports the process as stopped; true on a system that does not report it. */
function standsStill(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  // The state follows the name, which is in parentheses and may hold some.
  return !existsSync(file) || /^.*\) T/s.test(readFileSync(file, 'utf8'));
}

/** Inside a `describe`: starts neovims, which are gone after the spec. Takes what `peer('nvim')` gave. */
export function neovims(program: string): () => Promise<Neovim> {
  const running = new Set<Neovim>();
  afterEach(async () => {
    for (const neovim of running) await neovim.kill();
  });

  const start = async (target: string): Promise<Neovim> => {
    const child = spawn(program, ['--headless', '--clean', '-n', '--listen', target], { stdio: 'ignore' });
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const neovim: Neovim = {
      target,
      process: child,
      stop: async () => {
        child.kill('SIGSTOP');
        await until(() => standsStill(child.pid!));
      },
      goOn: () => child.kill('SIGCONT'),
      kill: async () => {
        child.kill('SIGKILL');
        await gone;
        running.delete(neovim);
      },
      again: () => start(target),
    };
    running.add(neovim);
    for (;;) {
      const failed = await answerOf(connectNode(target)().pipe(map(() => undefined))).catch((error: unknown) => error);
      if (failed === undefined) return neovim;
      await after(10);
    }
  };
  return async () => start(`127.0.0.1:${await freePort()}`);
}
