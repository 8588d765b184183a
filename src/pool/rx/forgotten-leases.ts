import type { Cancel, Clock } from '../time/clock';
import type { HeldLease } from './lease';

/** So many fresh ones are let pile up before it is looked which of them are over. */
const fewFresh = 64;

/**
 * One for all pools, which is never garbage itself. V8 has a flaw (seen in Node 20, V8 11.3): a registry that has something to tell and is collected
 * before it has told it leaves nobody's registry in the whole process to tell anything again. What it is given is weak: the claim of a lease
 * knows its receiver, who may know the lease.
 */
const registry = new FinalizationRegistry<WeakRef<{ forgotten(): void }>>((claim) => {
  claim.deref()?.forgotten();
});

/**
 * Finds the leases that their holders have forgotten: collected as garbage, and never given back. Somebody may still use the connection
 * (`const { connection } = lease`), so it is closed and not lent again. To be told of it costs about as much as all the rest of a lease;
 * one that is given back within the millisecond, as most are, is not worth that.
 */
export class ForgottenLeases<C> {
  private fresh: HeldLease<C>[] = [];
  private most = fewFresh;
  private cancel: Cancel | null = null;

  constructor(private readonly clock: Clock) {}

  watch(lease: HeldLease<C>): void {
    // A turn may bring a million of them, each given back at once: none of those is to be kept until its end.
    if (this.fresh.length >= this.most) {
      this.fresh = this.fresh.filter(isHeld);
      this.most = Math.max(fewFresh, 2 * this.fresh.length);
    }
    this.fresh.push(lease);
    this.cancel ??= this.clock.after(0, this.look, false);
  }

  end(): void {
    this.cancel?.();
    this.cancel = null;
    this.fresh = [];
  }

  private readonly look = (): void => {
    this.cancel = null;
    const { fresh } = this;
    this.fresh = [];
    this.most = fewFresh;
    for (const lease of fresh) if (isHeld(lease)) registry.register(lease, new WeakRef(lease.claim));
  };
}

function isHeld<C>({ claim }: HeldLease<C>): boolean {
  return claim.state === 'held';
}
