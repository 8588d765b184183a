import { Claim } from '../state/claim';
import type { PoolError } from '../errors';
import type { PoolInternals } from './internals';
import type { ResolvedAcquireOptions } from '../options';

const endless: ResolvedAcquireOptions = { acquireTimeout: Infinity, label: undefined, signal: undefined };

/** Told once: `recovered` when a connection could be lent, or `failed` when there will be none, since the pool is destroyed. */
export interface RecoveryWatcher {
  readonly gone: boolean;
  recovered(): void;
  failed(error: PoolError): void;
}

/**
 * Waits in line until a connection could be lent, and takes none. As long as it waits, the pool goes on trying to connect, and the process
 * stays alive.
 */
export class RecoveryClaim<C> extends Claim<C> {
  constructor(
    private readonly pool: PoolInternals<C>,
    private readonly watcher: RecoveryWatcher,
  ) {
    super();
  }

  override get isStream(): boolean {
    return true;
  }

  override get takesNoLease(): boolean {
    return true;
  }

  get options(): ResolvedAcquireOptions {
    return endless;
  }

  get sink(): unknown {
    return null;
  }

  get isUnsubscribed(): boolean {
    return this.watcher.gone;
  }

  wait(): void {
    this.pool.core.acquire(this);
  }

  withdraw(): void {
    this.pool.core.withdraw(this);
  }

  granted(): void {
    this.watcher.recovered();
  }

  failed(error: PoolError): void {
    this.watcher.failed(error);
  }

  revoked(): void {
    // It never holds one.
  }
}
