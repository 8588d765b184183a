import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundle } from '../helpers/bundle';

interface Ended {
  readonly code: number | null;
  readonly said: string[];
  /** From the first line of the scenario to the exit. */
  readonly ms: number;
  readonly stderr: string;
}

let child: string;
/** Long enough for a slow machine, and far shorter than any timer that could wrongly keep a process: those are 5 s and more. */
const quickly = 4_000;

function run(scenario: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [child, scenario], { timeout: 90_000 }, (error, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const ms = Number(/^ended after (\d+) ms$/.exec(lines.at(-1) ?? '')?.[1] ?? NaN);
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, said: lines.slice(0, -1), ms, stderr });
    });
  });
}

describe('a process that uses a pool', () => {
  beforeAll(async () => {
    child = await bundle(fileURLToPath(new URL('./process-child.ts', import.meta.url)));
  });

  const ending: [string, string[]][] = [
    ['forgotten pool', []],
    ['abandoned pool with a cold batch behind it', ['3 sent']],
    ['idle pool', []],
    ['pool that was never used', []],
    ['pool whose connections have a lifetime', []],
    ['pool with min connections to a target that is down', []],
    ['forgotten lease', []],
    ['subscriber of the stats', []],
    ['destroyed pool', ['destroyed']],
    ['destroyed pool whose work was ended by its timeout', ['INVALID_POOL', 'destroyed']],
    ['destroyed pool whose close does not end', ['destroyed']],
    ['destroyed pool without a timeout whose close does not end', ['destroyed']],
    ['destroyed pool that waits for a cancelled promise', ['destroyed']],
    ['destroyed pool that waits for a promised connection', ['destroyed']],
    ['cancelled promise that never settles', []],
    ['breaker that is open', ['CONNECTION_FAILED']],
    ['batch that waited for its target, and is unsubscribed', []],
  ];
  for (const [scenario, said] of ending) {
    it(`ends by itself: ${scenario}`, async () => {
      const ended = await run(scenario);
      expect(ended).toEqual(jasmine.objectContaining({ code: 0, said, stderr: '' }));
      expect(ended.ms).toBeLessThan(quickly);
    });
  }

  const waiting: [string, string][] = [
    ['pending acquire', 'POOL_EXHAUSTED'],
    ['pending acquire for a connect that does not answer', 'CONNECTION_FAILED'],
    ['pending acquire for a target that is down', 'CONNECTION_FAILED'],
    ['pending acquire without a timeout, of a target that comes back', 'a'],
    ['batch that waits for its target, which comes back', '2 sent'],
    ['batch that waits for its target, until its patience is over', 'CONNECTION_FAILED'],
    ['pending warm-up', 'CONNECTION_FAILED'],
    ['work that waits for its connection to be lost', 'CONNECTION_FAILED'],
  ];
  for (const [scenario, answer] of waiting) {
    it(`is kept alive until its result has arrived, and ends then: ${scenario}`, async () => {
      const ended = await run(scenario);
      expect(ended).toEqual(jasmine.objectContaining({ code: 0, said: [answer], stderr: '' }));
      expect(ended.ms).toBeLessThan(quickly);
    });
  }
});
