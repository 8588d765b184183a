import type { Cancel, Clock } from '../time/clock';
import type { HeldLease } from './lease';

/** So many fresh ones are let pile up before it is looked which of them are over. */
const initialLimit = 64;

/**
 * One for all pools, which is never garbage itself. V8 has a flaw (seen in Node 20, V8 11.3): a registry that has something to tell and is collected
 * before it has told it leaves nobody's registry in the whole process to tell anything again. What it is given is weak: the claim of a lease
 * knows its receiver, who may know the lease.
 */
const registry = new FinalizationRegistry<WeakRef<{ collected(): void }>>((claim) => {
  claim.deref()?.collected();
});

/**
 * Finds the leases that their holders have forgotten: collected as garbage, and never given back. Somebody may still use the connection
 * (`const { connection } = lease`), so it is closed and not lent again. To be told of it costs about as much as all the rest of a lease;
 * one that is given back within the millisecond, as most are, is not worth that.
 */
export class AbandonedLeases<C> {
  private recent: HeldLease<C>[] = [];
  private most = initialLimit;
  private cancel: Cancel | null = null;

  constructor(private readonly clock: Clock) {}

  watch(lease: HeldLease<C>): void {
    // A turn may bring a million of them, each given back at once: none of those is to be kept until its end.
    if (this.recent.length >= this.most) {
      this.recent = this.recent.filter(isHeld);
      this.most = Math.max(initialLimit, 2 * this.recent.length);
    }
    this.recent.push(lease);
    this.cancel ??= this.clock.after(0, this.look, false);
  }

  end(): void {
    this.cancel?.();
    this.cancel = null;
    this.recent = [];
  }

  private readonly look = (): void => {
    this.cancel = null;
    const { recent } = this;
    this.recent = [];
    this.most = initialLimit;
    for (const lease of recent) if (isHeld(lease)) registry.register(lease, new WeakRef(lease.claim));
  };
}

function isHeld<C>({ claim }: HeldLease<C>): boolean {
  return claim.state === 'held';
}
