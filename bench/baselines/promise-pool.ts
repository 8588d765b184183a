import type { PromisePool } from '../peers/promise-pool';

interface Waiter {
  readonly resolve: (resource: object) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: number;
  behind: Waiter | undefined;
}

const TIMEOUT = 30_000;

/** The baseline of leasing by promises: a queue as a linked list, with one timer for all waiters, since all have the same time limit. */
export function barePromisePool(size: number): PromisePool {
  const idle: object[] = Array.from({ length: size }, () => ({}));
  let first: Waiter | undefined;
  let last: Waiter | undefined;
  let timer: NodeJS.Timeout | undefined;

  const leave = (waiter: Waiter): void => {
    first = waiter.behind;
    if (first === undefined) last = undefined;
  };
  const expire = (): void => {
    const now = performance.now();
    while (first !== undefined && first.deadline <= now) {
      first.reject(new Error(`waited ${TIMEOUT} ms`));
      leave(first);
    }
    timer = first === undefined ? undefined : setTimeout(expire, first.deadline - now);
  };

  return {
    acquire: () => {
      const resource = idle.pop();
      if (resource !== undefined) return Promise.resolve(resource);
      return new Promise((resolve, reject) => {
        const waiter: Waiter = { resolve, reject, deadline: performance.now() + TIMEOUT, behind: undefined };
        if (last === undefined) first = waiter;
        else last.behind = waiter;
        last = waiter;
        timer ??= setTimeout(expire, TIMEOUT).unref();
      });
    },
    release: (resource) => {
      if (first === undefined) idle.push(resource);
      else {
        first.resolve(resource);
        leave(first);
      }
    },
  };
}
