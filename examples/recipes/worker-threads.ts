import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { Observable } from 'rxjs';
import { createPool } from '../../src/index';

type Answer<R> = { readonly value: R } | { readonly error: unknown };

/** Threads that run a program, each one task at a time. */
export const openWorkers = (program: URL, max = availableParallelism(), options: WorkerOptions = {}) =>
  createPool({
    name: 'workers',
    max,
    connect: async () => {
      const worker = new Worker(program, options);
      await once(worker, 'online');
      return worker;
    },
    lost: ['error', 'exit'],
    // A thread that computes reads no message: it is ended.
    onCancel: 'discard',
    close: (worker) => worker.terminate(),
  });

/** Runs one task. A thread answers one message with one message. */
export const run = <R>(worker: Worker, task: unknown): Observable<R> =>
  new Observable((subscriber) => {
    const answer = (message: Answer<R>): void => {
      if ('error' in message) subscriber.error(message.error);
      else subscriber.next(message.value);
      subscriber.complete();
    };
    worker.once('message', answer);
    worker.postMessage(task);
    return () => worker.off('message', answer);
  });
