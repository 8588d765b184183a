import type { ObservableInput } from 'rxjs';

/** What the pool passes to `work` for one run. */
export interface WorkContext {
  /**
   * Aborted when the run is cancelled, its connection is lost, or the pool is destroyed before the work has ended. Created on
   * first access.
   */
  readonly signal: AbortSignal;
}

/**
 * What `work` may return: any input of RxJS's `from`, except a string, which `from` would emit character by character.
 * For one plain value return `of(value)` or a Promise.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in RxJS's own signatures, for inference
export type WorkResult = ObservableInput<any> & object;

/** The receiver of the outcome of a run, such as a `Subscriber`. Nothing follows after `error` or `complete`. */
export interface Sink<R> {
  /** Whether the outcome is no longer wanted. */
  readonly closed: boolean;
  next(value: R): void;
  error(error: unknown): void;
  complete(): void;
}
