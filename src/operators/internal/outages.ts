import type { Cancel } from '../../pool/time/clock';
import type { Context } from '../../pool/state/context';
import { isPoolError } from '../../pool/errors';
import type { PoolError } from '../../pool/errors';
import type { PoolInternals } from '../../pool/rx/internals';
import { isUnsubscribed } from '../../pool/rx/rxjs-internals';
import { RecoveryClaim } from '../../pool/rx/recovery-claim';
import type { RecoveryWatcher } from '../../pool/rx/recovery-claim';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import type { BatchRules, HeldMember } from './member';
import type { BatchWait } from './batch-wait';

/** The batch that holds them. */
export interface HoldingBatch<R> {
  readonly closed: boolean;
  readonly destination: unknown;
  readonly rules: BatchRules<R>;
  restart(member: HeldMember<R>): void;
  notifyWaiting(wait: BatchWait | null): void;
  pump(): void;
}

/** Whether it was refused since there is no connection, not since all of them are busy. */
function isOutage({ core }: PoolInternals<unknown>, error: unknown): error is PoolError {
  if (isPoolError(error, 'CONNECTION_FAILED')) return error.phase !== 'use';
  return isPoolError(error, 'POOL_EXHAUSTED') && core.isTargetDown;
}

/**
 * What a batch does while the target of a pool is unreachable: it holds the items that were refused a connection, starts no others, and starts
 * again with the first connection. Without it all items of a batch would fail as fast as a pool can refuse them.
 */
export class Outages<R> {
  /** Whether anything is held: as long as it is, nothing else is started. */
  holdsAny = false;
  private readonly byPool = new Map<PoolInternals<unknown>, Outage<R>>();
  private reportedError: unknown = undefined;
  /** How many times members are being started again, or fail, one after the other: until that is over they are held, whatever it sets off. */
  private releasing = 0;

  constructor(
    private readonly batch: HoldingBatch<R>,
    /** In ms; undefined for the `acquireTimeout` of the pool. */
    private readonly patience: number | undefined,
  ) {}

  /** Holds a member that was refused a connection; false when it is to fail. */
  hold(member: HeldMember<R>, error: unknown): boolean {
    const { pool } = member;
    const patience = this.patience ?? pool.acquireTimeout;
    if (patience === 0 || !isOutage(pool, error)) return false;
    let outage = this.byPool.get(pool);
    if (outage === undefined) this.byPool.set(pool, (outage = new Outage(this, this.batch, pool, patience)));
    return outage.hold(member, error);
  }

  /** Everything that is held fails with what it was refused with: nothing is started any more. */
  failAll(): void {
    for (const outage of this.byPool.values()) outage.fail();
  }

  /** The batch is closed: nothing is held, and no member is told. */
  cancel(): void {
    this.holdsAny = false;
    for (const outage of this.byPool.values()) outage.takeHeld();
  }

  /** Has done with each of these what there is to be done, as long as the batch goes on. */
  release(members: Refused<R>[], then: (refused: Refused<R>) => void): void {
    const { batch } = this;
    this.releasing++;
    for (const refused of members) {
      if (batch.closed) break;
      try {
        const { context } = refused;
        if (context === null) then(refused);
        else {
          context.runInAsyncScope(() => {
            then(refused);
          });
        }
      } catch (error) {
        reportUnhandled(error);
      }
    }
    this.releasing--;
    this.update();
    batch.pump();
  }

  /** Something is held, or no more. */
  update(): void {
    const { batch } = this;
    if (batch.closed) return;
    const first = [...this.byPool.values()].find(({ error }) => error !== undefined);
    this.holdsAny = first !== undefined || this.releasing > 0;
    if (first?.error === this.reportedError) return;
    this.reportedError = first?.error;
    batch.notifyWaiting(first === undefined ? null : { error: first.error });
  }
}

interface Refused<R> {
  readonly member: HeldMember<R>;
  readonly error: PoolError;
  readonly context: Context | null;
}

/** The outages of one pool, one after the other. */
class Outage<R> implements RecoveryWatcher {
  private held: Refused<R>[] = [];
  private claim: RecoveryClaim<unknown> | null = null;
  private cancelTimer: Cancel | null = null;
  /** The number of leases the pool had lent when the time limit expired, or -1. As long as it has lent no more, it is the same outage. */
  private expiredAtLease = -1;

  constructor(
    private readonly outages: Outages<R>,
    private readonly batch: HoldingBatch<R>,
    private readonly pool: PoolInternals<unknown>,
    private readonly patience: number,
  ) {}

  get isUnsubscribed(): boolean {
    return this.batch.closed || isUnsubscribed(this.batch.destination);
  }

  /** What the first of those that are held was refused with. */
  get error(): PoolError | undefined {
    return this.held[0]?.error;
  }

  hold(member: HeldMember<R>, error: PoolError): boolean {
    if (this.expiredAtLease === this.pool.core.counters.acquired) return false;
    // Whatever it fails with or is started again by comes from elsewhere.
    this.held.push({ member, error, context: this.pool.core.captureContext() });
    this.outages.update();
    if (this.claim === null && !this.isUnsubscribed) this.waitForRecovery();
    return true;
  }

  recovered(): void {
    this.outages.release(this.takeHeld(), ({ member }) => {
      this.batch.restart(member);
    });
  }

  /** Fails all held members: with `error` if the pool is destroyed, with their own errors if they were held too long. */
  fail(error?: PoolError): void {
    if (this.held.length === 0) return;
    this.outages.release(this.takeHeld(), ({ member, error: own }) => {
      this.batch.rules.failed(member, error ?? own);
    });
  }

  failed(error: PoolError): void {
    this.fail(error);
  }

  /** What was held is held no more, in the order of the batch. */
  takeHeld(): Refused<R>[] {
    const { held, claim } = this;
    this.cancelTimer?.();
    this.held = [];
    this.claim = this.cancelTimer = null;
    claim?.withdraw();
    return held.sort((a, b) => a.member.position - b.member.position);
  }

  private waitForRecovery(): void {
    const { core } = this.pool;
    const { patience } = this;
    this.claim = new RecoveryClaim(this.pool, this);
    if (patience !== Infinity) {
      const onExpired = (): void => {
        this.expiredAtLease = core.counters.acquired;
        core.run(() => {
          this.fail();
        });
      };
      this.cancelTimer = core.clock.after(patience, onExpired, true);
    }
    this.claim.wait();
  }
}
