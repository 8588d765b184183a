import type { Claim } from '../state/claim';
import type { CoarseClock } from '../time/coarse-clock';
import type { Connections } from '../state/connections';
import { holderOf, isSelfDeadlock } from './holders';
import type { Holder, LeakWatch } from './holders';
import type { WaitQueue } from '../state/wait-queue';
import type { ConnectPolicy } from '../policies/connect-policy';
import type { Diagnosis } from './error-texts';

/** Looks at the pool as somebody does who has to explain it. */
export class Diagnostics<C> {
  private last: { at: number; holders: readonly Holder[]; cancelled: number } = { at: -1, holders: [], cancelled: 0 };

  constructor(
    private readonly name: string,
    private readonly clock: CoarseClock,
    private readonly connections: Connections<C>,
    private readonly opening: ConnectPolicy,
    private readonly line: WaitQueue<C>,
    private readonly leaks: LeakWatch<C> | null,
  ) {}

  /** Who holds what, those who have held it longest first. */
  holders(): Holder[] {
    const diagnose = this.clock.peek();
    const holders: Holder[] = [];
    for (const slot of this.connections.all()) {
      for (const claim of slot.holders.all()) holders.push(holderOf(claim, diagnose, this.leaks?.stackOf(claim)));
    }
    return holders.sort((a, b) => b.age - a.age);
  }

  /** What a refusal is explained with: to this claim, if it is somebody's. */
  now(claim: Claim<C> | null = null): Diagnosis {
    const { connections, opening } = this;
    return {
      name: this.name,
      max: connections.max,
      total: connections.total,
      inUse: connections.inUse,
      opening: connections.opening,
      closing: connections.closing,
      validating: connections.validating,
      resetting: connections.resetting,
      pending: this.line.pending,
      attempts: opening.failures,
      lastFailure: opening.lastFailure,
      failedPhase: opening.failedPhase,
      ...this.leasesNow(),
      isSelfDeadlock:
        claim !== null && isSelfDeadlock(claim, this.line.requesterOf(claim), (slot) => connections.has(slot)),
    };
  }

  /** Thousands may be refused in the same instant: looking at the leases once is enough. */
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
