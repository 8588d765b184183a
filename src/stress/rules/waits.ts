import { timeEpsilon } from '../../pool/time/clock';
import { messageWithKind } from '../../pool/values/describe';
import { isPoolError } from '../../pool/errors';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Operation } from '../operation';
import type { Findings } from './findings';
import type { DelayedChecks } from './delayed-checks';

/** In ms: how late a timeout may end a wait. A turn of the event loop may take long. */
const timeoutTolerance = 1_000;

/**
 * Checks the operations that wait: the first to arrive is served first; none times out early, or waits long after its timeout; and those that
 * arrive after `destroy` are rejected for that reason.
 */
export class WaitRules<C> {
  /** The operation that has waited longest, and the newest one. They are linked by `following`. */
  private longest: Operation<C> | null = null;
  private newest: Operation<C> | null = null;
  private state: PoolStats['state'];
  /** The last `timedOut` event. */
  private timeout: { readonly error: unknown; readonly waited: number } | null = null;

  constructor(
    private readonly findings: Findings,
    private readonly delayed: DelayedChecks,
    first: PoolStats,
    /** How long an operation may wait, if the load gives it. */
    private readonly acquireTimeout: number | undefined,
  ) {
    this.state = first.state;
  }

  onSnapshot({ state }: PoolStats): void {
    this.state = state;
  }

  onEvent(event: PoolEvent): void {
    if (event.type === 'timedOut') this.timeout = event;
  }

  /** The operation that has waited longest. */
  get first(): Operation<C> | null {
    while (this.longest !== null && (this.longest.ended || this.longest.lentAt >= 0)) this.advance();
    return this.longest;
  }

  starting(operation: Operation<C>): void {
    operation.startedAfterDestroy = this.state !== 'open';
    if (this.newest === null) this.longest = operation;
    else this.newest.following = operation;
    this.newest = operation;
  }

  /** The operation has asked for a connection, and may have an answer already. */
  started(operation: Operation<C>): void {
    if (!operation.startedAfterDestroy || operation.ended) return;
    this.delayed.add(() => {
      if (operation.ended || operation.lentAt >= 0) return;
      this.findings.add(`operation ${operation.index} arrived after destroy, and still waits`);
    });
  }

  lent(operation: Operation<C>): void {
    const { first, findings } = this;
    if (first === operation) this.advance();
    else if (first !== null && operation.index > first.index) {
      findings.add(
        `operation ${operation.index} was served before operation ${first.index}, which arrived first and still waited`,
      );
    }
    if (operation.startedAfterDestroy)
      findings.add(`operation ${operation.index} arrived after destroy, and was served`);
  }

  /** The operation has ended without a connection. */
  failed({ index, startedAfterDestroy }: Operation<C>, error: unknown): void {
    const { findings, timeout, acquireTimeout } = this;
    if (!isPoolError(error))
      findings.add(
        `operation ${index} failed without a connection, with a value that is no error of a pool: ${messageWithKind(error)}`,
      );
    else if (startedAfterDestroy && error.code !== 'INVALID_POOL')
      findings.add(`operation ${index} arrived after destroy, and was rejected with ${error.code}`);
    if (timeout === null || error !== timeout.error || acquireTimeout === undefined) return;
    if (timeout.waited < acquireTimeout - timeEpsilon) {
      findings.add(`operation ${index} timed out after ${timeout.waited} of ${acquireTimeout} ms`);
    }
  }

  /** Checks for an operation that waits for longer than its timeout. */
  tick(now: number): void {
    const { first, acquireTimeout = Infinity } = this;
    if (first === null || now - first.startedAt < acquireTimeout + timeoutTolerance) return;
    this.delayed.add(() => {
      if (this.first !== first) return;
      this.findings.add(`operation ${first.index} still waits, although its ${acquireTimeout} ms are long over`);
    });
  }

  private advance(): void {
    const first = this.longest!;
    this.longest = first.following;
    first.following = null;
    if (this.longest === null) this.newest = null;
  }
}
