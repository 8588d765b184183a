import { Worker } from 'node:worker_threads';
import type { PoolStats } from '../../pool/rx/stats';
import type { LoadRecording } from '../../stress/record-load';
import type { HttpResponse } from '../../http/exchange';
import { json, refusal } from './response';

/** In ms: how long a question may take, and for how long its answer holds. */
const longest = 30_000;
const fresh = 10_000;
/** Questions that may wait for the one that is being answered. */
const mostWaiting = 4;
/** For the heap of the worker, in MB. */
const memory = 512;

/** What the worker is asked: a question of `planCapacity`. */
export interface WhatIfQuestion {
  readonly pool: { readonly max: number; readonly capacity: number };
  readonly recording: unknown;
  readonly target: string;
  readonly to: number;
}

/** The question that is put to `planCapacity` for a pool, its load, and a bound for the p99 wait in ms. */
export const questionOf = (
  target: number,
  { maxConnections: max, leaseCapacity }: PoolStats,
  load: LoadRecording,
): WhatIfQuestion => ({
  pool: { max, capacity: Math.max(1, Math.round(leaseCapacity / max)) },
  recording: JSON.parse(JSON.stringify(load)) as unknown,
  target: `wait.p99<${target}ms`,
  to: Math.max(4 * max, 100),
});

/** Puts the load of a pool to the simulator, in a thread of its own and one question at a time, so that a service has the least of it. */
export class WhatIf {
  private readonly answers = new Map<string, { readonly at: number; readonly answer: Promise<HttpResponse> }>();
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private worker: Worker | null = null;
  private isClosed = false;

  constructor(private readonly source: () => Promise<string>) {}

  answer(target: string, stats: PoolStats, load: LoadRecording): Promise<HttpResponse> {
    const ms = Number(target);
    if (!(ms > 0 && ms <= 3_600_000)) {
      return Promise.resolve(refusal(400, 'target must be the p99 wait that is wanted, in ms, such as 20.'));
    }
    const key = `${stats.name} ${ms}`;
    const known = this.answers.get(key);
    if (known !== undefined && performance.now() - known.at < fresh) return known.answer;
    if (this.waiting >= mostWaiting) {
      return Promise.resolve(refusal(503, 'Too many such questions at a time.', { 'Retry-After': '5' }));
    }
    this.waiting++;
    const answer = this.queue.then(() => this.ask(questionOf(ms, stats, load)));
    this.queue = answer.finally(() => this.waiting--);
    this.answers.delete(key);
    this.answers.set(key, { at: performance.now(), answer });
    if (this.answers.size > 20) this.answers.delete(this.answers.keys().next().value!);
    return answer;
  }

  close(): void {
    this.isClosed = true;
    void this.worker?.terminate();
  }

  private async ask(question: WhatIfQuestion): Promise<HttpResponse> {
    if (this.isClosed) return refusal(503, 'The dashboard is closed.');
    const worker = new Worker(await this.source(), {
      eval: true,
      workerData: question,
      resourceLimits: { maxOldGenerationSizeMb: memory },
      // Nothing of how the process was started concerns it.
      execArgv: [],
      env: {},
    });
    worker.unref();
    this.worker = worker;
    try {
      return await new Promise<HttpResponse>((resolve) => {
        const timer = setTimeout(() => {
          resolve(refusal(504, `No answer within ${longest / 1_000} s: the load is too large to be simulated here.`));
        }, longest).unref();
        worker.once('message', (message: { readonly plan?: unknown; readonly error?: string }) => {
          clearTimeout(timer);
          resolve(message.error === undefined ? json(message.plan) : refusal(422, message.error));
        });
        worker.once('error', (error: Error) => resolve(refusal(500, `The simulation failed: ${error.message}`)));
        worker.once('exit', () => resolve(refusal(500, 'The simulation has ended without an answer.')));
      });
    } finally {
      this.worker = null;
      void worker.terminate();
    }
  }
}
