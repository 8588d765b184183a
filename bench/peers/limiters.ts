/** Limiters of concurrency that lend nothing. */
import type { PromisePool } from './promise-pool';

export interface Limiter {
  run<T>(work: () => T | Promise<T>): Promise<T>;
}

export async function pLimit(concurrency: number): Promise<Limiter> {
  const { default: limit } = await import('p-limit');
  return { run: limit(concurrency) };
}

export async function cockatiel(concurrency: number): Promise<Limiter> {
  const { bulkhead } = await import('cockatiel');
  const policy = bulkhead(concurrency, Infinity);
  return { run: (work) => policy.execute(work) };
}

export async function asyncSema(concurrency: number): Promise<PromisePool> {
  const { Sema } = await import('async-sema');
  const sema = new Sema(concurrency, { initFn: () => ({}), capacity: concurrency });
  return {
    acquire: () => sema.acquire() as Promise<object>,
    release: (resource) => {
      sema.release(resource);
    },
  };
}
