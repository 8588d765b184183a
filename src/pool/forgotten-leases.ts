import type { Claim } from './claim';
import type { Cancel, Clock } from './clock';
import type { HeldLease } from './lease';

/**
 * Finds the leases that their holders have forgotten: collected as garbage, and never given back. Somebody may still use the connection
 * (`const { connection } = lease`), so it is closed and not lent again. To be told of it costs 200 ns a lease; one that is given back
 * within the millisecond, as most are, is not worth that.
 */
export class ForgottenLeases<C> {
  private readonly registry: FinalizationRegistry<Claim<C>>;
  private fresh: HeldLease<C>[] = [];
  private cancel: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    forgotten: (claim: Claim<C>) => void,
  ) {
    this.registry = new FinalizationRegistry(forgotten);
  }

  watch(lease: HeldLease<C>): void {
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
    for (const lease of fresh) if (lease.claim.state === 'held') this.registry.register(lease, lease.claim);
  };
}
