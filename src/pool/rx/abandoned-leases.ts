import type { Clock } from '../time/clock';
import { Timer } from '../time/timer';
import type { ClaimState } from '../state/claim-and-slot';

/** The number of recent leases that are kept before the ended ones among them are removed. */
const initialLimit = 64;

/**
 * One registry for all pools, which is never collected itself. V8 has a bug (seen in Node 20, V8 11.3): if a registry is collected before it
 * has called a pending callback, no registry in the process ever calls a callback again. The registered value is weak, because the claim of a
 * lease refers to its receiver, which may refer to the lease.
 */
const registry = new FinalizationRegistry<WeakRef<{ collected(): void }>>((claim) => {
  claim.deref()?.collected();
});

/** A lease, and its claim, which knows whether it has ended. */
interface WatchedLease {
  readonly claim: { readonly state: ClaimState; collected(): void };
}

/**
 * Finds abandoned leases: those that were garbage-collected without having been released. The holder may still use the connection
 * (`const { connection } = lease`), so it is closed and not lent again. Registration costs about as much as everything else of a lease, so a
 * lease that is released within the same millisecond, as most are, is not registered.
 */
export class AbandonedLeases {
  private recent: WatchedLease[] = [];
  private limit = initialLimit;
  private readonly timer: Timer;

  constructor(clock: Clock) {
    this.timer = new Timer(clock, false, () => {
      this.register();
    });
  }

  watch(lease: WatchedLease): void {
    // A turn may deliver a million leases that are released at once: they must not all be kept until its end.
    if (this.recent.length >= this.limit) {
      this.recent = this.recent.filter(isHeld);
      this.limit = Math.max(initialLimit, 2 * this.recent.length);
    }
    this.recent.push(lease);
    if (!this.timer.isSet) this.timer.set(0);
  }

  end(): void {
    this.timer.stop();
    this.recent = [];
  }

  private register(): void {
    const { recent } = this;
    this.recent = [];
    this.limit = initialLimit;
    for (const lease of recent) if (isHeld(lease)) registry.register(lease, new WeakRef(lease.claim));
  }
}

function isHeld({ claim }: WatchedLease): boolean {
  return claim.state === 'held';
}
