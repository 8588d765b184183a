import { timeEpsilon } from '../../pool/time/clock';
import { messageWithKind } from '../../pool/values/describe';
import { isPoolError } from '../../pool/errors';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Operation } from '../operation';
import type { Findings } from './findings';
import type { DelayedChecks } from './delayed-checks';

/** In ms: how late a wait may end by its timeout. A turn of the event loop is no measure of time. */
const timeoutTolerance = 1_000;

/**
 * Holds what becomes of the operations that wait against the contract: who came first is served first; nobody is told that his time is up
 * before it is, nor left waiting long after; and who comes after `destroy` is told so.
 */
export class WaitRules<C> {
  /** The one that has waited longest, and all who came after it. */
  private longest: Operation<C> | null = null;
  private newest: Operation<C> | null = null;
  private state: PoolStats['state'];
  /** The last wait that has ended by its timeout, as the events tell. */
  private timeout: { readonly error: unknown; readonly waited: number } | null = null;

  constructor(
    private readonly findings: Findings,
    private readonly delayed: DelayedChecks,
    first: PoolStats,
    /** How long an operation may wait, where it is known. */
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

  /** The one that has waited longest. */
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

  /** It has asked, and may have been answered already. */
  started(operation: Operation<C>): void {
    if (!operation.startedAfterDestroy || operation.ended) return;
    this.delayed.add(() => {
      if (operation.ended || operation.lentAt >= 0) return;
      this.findings.add(`operation ${operation.index} came after destroy, and still waits`);
    });
  }

  lent(operation: Operation<C>): void {
    const { first, findings } = this;
    if (first === operation) this.advance();
    else if (first !== null && operation.index > first.index) {
      findings.add(
        `operation ${operation.index} was served before operation ${first.index}, which came first and still waited`,
      );
    }
    if (operation.startedAfterDestroy) findings.add(`operation ${operation.index} came after destroy, and was served`);
  }

  /** It has ended without having been served. */
  failed({ index, startedAfterDestroy }: Operation<C>, error: unknown): void {
    const { findings, timeout, acquireTimeout } = this;
    if (!isPoolError(error))
      findings.add(`operation ${index} got no connection, but what is no error of a pool: ${messageWithKind(error)}`);
    else if (startedAfterDestroy && error.code !== 'INVALID_POOL')
      findings.add(`operation ${index} came after destroy, and was told ${error.code}`);
    if (timeout === null || error !== timeout.error || acquireTimeout === undefined) return;
    if (timeout.waited < acquireTimeout - timeEpsilon) {
      findings.add(`the time of operation ${index} was said to be up after ${timeout.waited} of ${acquireTimeout} ms`);
    }
  }

  /** Looks for one that waits for longer than it may. */
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
