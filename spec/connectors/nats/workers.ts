import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../helpers/bundle';

export interface Worker {
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Inside a `describe`: starts workers, each in a process of its own, that are gone after each spec; and what they have worked on. */
export function natsWorkers() {
  let program: string;
  let folder: string;
  let count = 0;
  const running = new Set<Worker>();
  beforeAll(async () => {
    program = await bundle(fileURLToPath(new URL('./worker.ts', import.meta.url)));
  });
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nats-workers-'))));
  afterEach(async () => {
    for (const worker of [...running]) await worker.kill();
    rmSync(folder, { recursive: true });
  });

  /** It connects to the first of the servers that is there. */
  const start = async (servers: readonly string[]): Promise<Worker> => {
    const file = join(folder, `${++count}`);
    const child = spawn(process.execPath, [program, servers.join(','), file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const worker: Worker = {
      async kill() {
        running.delete(worker);
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    };
    running.add(worker);
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the worker has ended before it was ready: ${code ?? signal}`);
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    // Later it is killed.
    ended.catch(() => undefined);
    return worker;
  };

  /** How many workers have begun anything. */
  const inUse = (): number => readdirSync(folder).length;

  /** How many times each item was begun, by all workers together. */
  const begun = (): Map<number, number> => {
    const times = new Map<number, number>();
    for (const file of readdirSync(folder)) {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1);
      for (const item of lines.map(Number)) times.set(item, (times.get(item) ?? 0) + 1);
    }
    return times;
  };

  return { start, inUse, begun };
}
