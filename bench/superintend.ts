/** A process in which a program may hang or run out of memory, and the process that watches it. */
import { fork } from 'node:child_process';

/** Milliseconds without progress after which the program counts as hanging. */
const HANGS = 60_000;
/** The number of inputs between two lines of progress. */
const EVERY = 100_000;

/** What the process sends from time to time, and at the end. */
export interface Progress {
  readonly done: number;
}

interface Work<P extends Progress> {
  /** The program, which gets `--work` and the seed. */
  readonly file: string;
  readonly count: number;
  readonly from: number;
  readonly seed: number;
  readonly tell: (progress: P, ms: number) => string;
}

/** Runs it, shows its progress, and sets the exit code when it fails or hangs. */
export function superintend<P extends Progress>({ file, count, from, seed, tell }: Work<P>): void {
  const start = performance.now();
  const worker = fork(file, [...process.argv.slice(2), '--seed', String(seed), '--work'], {
    execArgv: process.execArgv,
  });
  const hang = setTimeout(() => {
    console.error(`It hangs: nothing in ${HANGS} ms after input ${from + (last?.done ?? 0)}`);
    worker.kill('SIGKILL');
  }, HANGS);
  let last: P | undefined;
  worker.on('message', (progress: P) => {
    hang.refresh();
    const isLast = progress.done === count && last?.done !== count;
    last = progress;
    if (isLast || progress.done % EVERY === 0) console.log(tell(progress, performance.now() - start));
  });
  worker.on('exit', (code) => {
    clearTimeout(hang);
    if (code === 0 && last?.done === count) return;
    console.error(`It ended with ${code ?? 'a signal'} after ${last?.done ?? 0} inputs, seed ${seed}`);
    process.exitCode = 1;
  });
}

export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
