import type { Observer, Subscriber } from 'rxjs';
import type { WorkContext } from '../pool/rx/work';
import type { Outcome } from './outcome';

/** Is notified of the end of an operation. */
export interface OperationHost<C> {
  succeeded(operation: Operation<C>): void;
  failed(operation: Operation<C>, error: unknown): void;
}

/** One operation of a load, from its start to its end. */
export class Operation<C> implements Observer<unknown> {
  /** When it got its connection; -1 before. */
  lentAt = -1;
  /** Its connection. */
  connection: C | undefined = undefined;
  /** The number of that connection in the pool's events. */
  connectionNumber = 0;
  context: WorkContext | null = null;
  /** Its signal, if it was read at the start of the work; otherwise null. */
  signal: AbortSignal | null = null;
  /** Whether its work has ended; `'unobserved'` where that would need a second subscription. */
  workState: 'running' | 'ended' | 'unobserved' = 'running';
  /** Why its lease was revoked during the work; null if it was not. */
  revoked: { readonly reason: unknown } | null = null;
  /** Whether it arrived after the pool was destroyed. */
  startedAfterDestroy = false;
  ended = false;
  subscription: Subscriber<unknown> | null = null;
  /** The operation that was started next. */
  following: Operation<C> | null = null;

  constructor(
    private readonly host: OperationHost<C>,
    readonly index: number,
    /** The planned and the actual start, by the clock of the load. */
    readonly plannedAt: number,
    readonly startedAt: number,
  ) {}

  next(): void {
    // Only the end of the work counts.
  }

  error(error: unknown): void {
    this.host.failed(this, error);
  }

  complete(): void {
    this.host.succeeded(this);
  }
}

/** The durations of an operation, in ms; null where unknown. */
export interface Spans {
  /** From the planned to the actual start. */
  readonly lag: number;
  /** From the actual start to the connection, the timeout or the end of the run; null if the operation was rejected. */
  readonly wait: number | null;
  /** With the connection. */
  readonly use: number | null;
}

/** Waits that ended without a connection count, too: a pool that serves no caller must not look fast. */
export function spansOf<C>(operation: Operation<C>, outcome: Outcome, now: number): Spans {
  const { plannedAt, startedAt, lentAt } = operation;
  const lag = startedAt - plannedAt;
  if (lentAt >= 0) return { lag, wait: lentAt - startedAt, use: now - lentAt };
  const waited = outcome === 'timedOut' || outcome === 'unfinished';
  return { lag, wait: waited ? now - startedAt : null, use: null };
}
