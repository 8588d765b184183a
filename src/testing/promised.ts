import { asapScheduler, asyncScheduler } from 'rxjs';
import { isPromiseLike } from '../pool/rx/work-result';
import { parseMarbles } from './marbles';

/**
 * A promise in virtual time, for a `connect` or a `work` that returns a Promise. Its marbles begin at the frame in which it is created.
 *
 * ```
 * --c     resolves with 'c', or with the value of c, after 2 frames
 * --#     rejects after 2 frames
 * -       does not settle
 * ```
 *
 * ```ts
 * const users = pool({ max: 1, connect: () => promised('--c') });
 * expectObservable(users.use(() => promised('---x'))).toBe('-----(x|)');
 * ```
 *
 * It is a `PromiseLike` whose `then` calls its functions in virtual time, and not a `Promise`: a real one settles in a microtask, that is
 * after `poolTest` has returned. So does every `async` function, and what follows an `await`, even the `await` of a `promised`. Work that uses
 * `async` is tested in real time, or with the fake timers of the test runner.
 */
export function promised<T = string>(
  marbles: string,
  values?: Readonly<Record<string, T>>,
  ...errors: [error?: unknown]
): PromiseLike<T> {
  const [first, ...rest] = parseMarbles('promised', marbles, { values });
  if (rest.length > 0 || first?.notification.kind === 'C') {
    throw new Error(`promised takes one letter, for its value, or '#', for its error, but got '${marbles}'`);
  }
  const promise = new VirtualPromise<T>();
  if (first !== undefined) {
    const { kind, value } = first.notification;
    const error = errors.length > 0 ? errors[0] : 'error';
    asyncScheduler.schedule(() => {
      if (kind === 'N') promise.resolve(value as T);
      else promise.reject(error);
    }, first.frame);
  }
  return promise;
}

type Handler<T, R> = ((value: T) => R | PromiseLike<R>) | null | undefined;

class VirtualPromise<T> implements PromiseLike<T> {
  private outcome: { readonly value: T } | { readonly error: unknown } | null = null;
  private waiting: (() => void)[] = [];

  then<R = T, E = never>(onValue?: Handler<T, R>, onError?: Handler<unknown, E>): PromiseLike<R | E> {
    const next = new VirtualPromise<R | E>();
    const run = (): void => {
      const outcome = this.outcome!;
      try {
        if ('value' in outcome) {
          next.settleWith(typeof onValue === 'function' ? onValue(outcome.value) : (outcome.value as unknown as R));
        } else if (typeof onError === 'function') next.settleWith(onError(outcome.error));
        else next.reject(outcome.error);
      } catch (error) {
        next.reject(error);
      }
    };
    if (this.outcome === null) this.waiting.push(run);
    // As for a promise: never inside the call of `then`.
    else asapScheduler.schedule(run);
    return next;
  }

  resolve(value: T): void {
    this.settle({ value });
  }

  reject(error: unknown): void {
    this.settle({ error });
  }

  private settleWith(result: T | PromiseLike<T>): void {
    if (!isPromiseLike<T>(result)) this.resolve(result);
    else {
      result.then(
        (value) => {
          this.resolve(value);
        },
        (error: unknown) => {
          this.reject(error);
        },
      );
    }
  }

  private settle(outcome: { readonly value: T } | { readonly error: unknown }): void {
    if (this.outcome !== null) return;
    this.outcome = outcome;
    for (const run of this.waiting.splice(0)) run();
  }
}
