import type { Observer, Subscriber } from 'rxjs';
import type { WorkContext } from '../pool/rx/work';
import type { Outcome } from './outcome';

/** What an operation tells of itself. */
export interface OperationHost<C> {
  succeeded(operation: Operation<C>): void;
  failed(operation: Operation<C>, error: unknown): void;
}

/** One operation of a load, from its start to its end. */
export class Operation<C> implements Observer<unknown> {
  /** When it was lent its connection; -1 while it was not. */
  lentAt = -1;
  /** What it was lent, while it works. */
  connection: C | undefined = undefined;
  /** The number of that connection, as in the pool's events. */
  connectionNumber = 0;
  context: WorkContext | null = null;
  /** Its signal, where it was asked for before there was anything to signal. */
  signal: AbortSignal | null = null;
  /** Whether its work has ended by itself; `'unobserved'` where that cannot be seen without being another user of it. */
  workState: 'running' | 'ended' | 'unobserved' = 'running';
  /** Why its connection was taken away while it worked. */
  revoked: { readonly reason: unknown } | null = null;
  /** Whether the pool had been destroyed before it came. */
  startedAfterDestroy = false;
  ended = false;
  subscription: Subscriber<unknown> | null = null;
  /** The one that was begun next. */
  following: Operation<C> | null = null;

  constructor(
    private readonly host: OperationHost<C>,
    readonly index: number,
    /** When it was to start, and did: by the clock of the load. */
    readonly plannedAt: number,
    readonly startedAt: number,
  ) {}

  next(): void {
    // What work emits is nobody's business here.
  }

  error(error: unknown): void {
    this.host.failed(this, error);
  }

  complete(): void {
    this.host.succeeded(this);
  }
}

/** How long the parts of an operation took, in ms; null for what is not known. */
export interface Spans {
  /** From the planned to the actual start. */
  readonly lag: number;
  /** From the actual start until it was served, or waited no longer; null for who was turned away. */
  readonly wait: number | null;
  /** With the connection. */
  readonly use: number | null;
}

/** The wait of those who were not served counts, too: a pool that serves nobody must not look quick. */
export function spansOf<C>(operation: Operation<C>, outcome: Outcome, now: number): Spans {
  const { plannedAt, startedAt, lentAt } = operation;
  const lag = startedAt - plannedAt;
  if (lentAt >= 0) return { lag, wait: lentAt - startedAt, use: now - lentAt };
  const waited = outcome === 'timedOut' || outcome === 'unfinished';
  return { lag, wait: waited ? now - startedAt : null, use: null };
}
