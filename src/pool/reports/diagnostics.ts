import type { Claim } from '../state/claim-and-slot';
import type { CoarseClock } from '../time/coarse-clock';
import type { Connections } from '../state/connections';
import { phaseOf } from './pool-details';
import type { PoolDetails } from './pool-details';
import { holderOf, isSelfDeadlock } from './holders';
import type { Holder, LeakWatch } from './holders';
import type { WaitQueue } from '../state/wait-queue';
import type { ConnectPolicy } from '../policies/connect-policy';
import type { Diagnosis } from './error-texts';

/** The number of abandoned leases that are kept for a diagnosis. */
const maxAbandoned = 10;

/** Collects the state of the pool that errors, events and `holders()` report. */
export class Diagnostics<C> {
  private last: { at: number; holders: readonly Holder[]; cancelled: number } = { at: -1, holders: [], cancelled: 0 };

  /** Leases that were garbage-collected without a release: their number, and the last of them. */
  private readonly abandoned = { count: 0, last: [] as Holder[] };

  constructor(
    private readonly name: string,
    private readonly clock: CoarseClock,
    private readonly connections: Connections<C>,
    private readonly connectPolicy: ConnectPolicy,
    private readonly queue: WaitQueue<C>,
    private readonly leaks: LeakWatch<C> | null,
  ) {}

  /** The current holders, the longest first. */
  holders(): Holder[] {
    const now = this.clock.peek();
    const holders: Holder[] = [];
    for (const slot of this.connections.all()) {
      for (const claim of slot.holders.all()) holders.push(holderOf(claim, now, this.leaks?.stackOf(claim)));
    }
    return holders.sort((a, b) => b.age - a.age);
  }

  leaseCollected(claim: Claim<C>): void {
    const { abandoned } = this;
    abandoned.count++;
    abandoned.last.push(holderOf(claim, this.clock.peek(), this.leaks?.stackOf(claim)));
    if (abandoned.last.length > maxAbandoned) abandoned.last.shift();
  }

  /** The state of each connection, of the first waiter and of the connects: built on demand. */
  details(): PoolDetails {
    const now = this.clock.peek();
    const { connectPolicy } = this;
    const since = this.queue.firstPending?.waitingSince ?? -1;
    return {
      connections: this.connections.all().map((slot) => phaseOf(slot, now)),
      oldestWait: since < 0 ? 0 : Math.max(0, now - since),
      attempts: connectPolicy.failures,
      lastFailure: connectPolicy.lastFailure,
      failedPhase: connectPolicy.failedPhase,
      nextConnectIn: connectPolicy.nextConnectIn,
      abandoned: { count: this.abandoned.count, last: [...this.abandoned.last] },
    };
  }

  /** What the message of an error explains; `claim` is the one that fails, if there is one. */
  diagnose(claim: Claim<C> | null = null): Diagnosis {
    const { connections, connectPolicy } = this;
    return {
      name: this.name,
      max: connections.max,
      total: connections.total,
      inUse: connections.inUse,
      opening: connections.opening,
      closing: connections.closing,
      validating: connections.validating,
      resetting: connections.resetting,
      pending: this.queue.pending,
      attempts: connectPolicy.failures,
      lastFailure: connectPolicy.lastFailure,
      failedPhase: connectPolicy.failedPhase,
      ...this.leasesNow(),
      isSelfDeadlock:
        claim !== null && isSelfDeadlock(claim, this.queue.requesterOf(claim), (slot) => connections.has(slot)),
    };
  }

  /** Cached for the instant: thousands of callers may be rejected at the same time. */
  private leasesNow(): { readonly holders: readonly Holder[]; readonly cancelled: number } {
    const at = this.clock.peek();
    if (this.last.at !== at) this.last = { at, holders: this.holders(), cancelled: this.cancelled() };
    return this.last;
  }

  private cancelled(): number {
    let count = 0;
    for (const slot of this.connections.all()) {
      for (const claim of slot.holders.all()) if (claim.isCancelledWork) count++;
    }
    return count;
  }
}
