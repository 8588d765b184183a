import type { ObservableInput } from 'rxjs';

/** What work is told about the run it is part of. */
export interface WorkContext {
  /**
   * Aborted when the run is cancelled, its connection lost, or the pool destroyed before the work was done. Made only
   * when it is asked for.
   */
  readonly signal: AbortSignal;
}

/**
 * What `work` may return: whatever RxJS's `from` takes, except a string, which `from` would emit letter by letter.
 * For one plain value return `of(value)` or a Promise.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in RxJS's own signatures, for inference
export type WorkResult = ObservableInput<any> & object;

/** Where the outcome of a run goes: a `Subscriber` is one. After `error` or `complete` nothing more comes. */
export interface Sink<R> {
  /** Whether nobody listens any more. */
  readonly closed: boolean;
  next(value: R): void;
  error(error: unknown): void;
  complete(): void;
}
