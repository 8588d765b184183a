import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Metrics } from './case';
import type { Clock } from './timed';

/** What a child process must measure. */
export interface Errand {
  readonly case: string;
  readonly contender: string;
  readonly amount: number;
  readonly clock: Clock;
  /** A module that the process runs first. */
  readonly before?: string | undefined;
  /** The file for the CPU profile. */
  readonly profile?: string;
}

export type Answer = { readonly metrics: Metrics } | { readonly leftOut: string };

/** The time limit of a measurement, in ms; none takes as long. */
const PATIENCE = 300_000;

const child = fileURLToPath(new URL('child.mjs', import.meta.url));

const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** Measures once, in a process of its own. */
export function inOwnProcess(errand: Errand): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const where = `'${errand.contender}' in '${errand.case}'`;
    const process = fork(child, [JSON.stringify(errand)], {
      execArgv: ['--expose-gc', ...(errand.before === undefined ? [] : ['--import', moduleOf(errand.before)])],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    let answer: Answer | undefined;
    process.on('message', (message) => {
      answer = message as Answer;
    });
    process.on('error', reject);
    process.on('exit', (code, signal) => {
      if (answer !== undefined) resolve(answer);
      else reject(new Error(`${where} ended with ${signal ?? code ?? 'nothing'} and no figure`));
    });
  });
}
