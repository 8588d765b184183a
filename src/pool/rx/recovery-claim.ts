import { Claim } from '../state/claim-and-slot';
import type { PoolError } from '../errors';
import type { PoolInternals } from './internals';
import type { ResolvedAcquireOptions } from '../state/claim-and-slot';

const recoveryOptions: ResolvedAcquireOptions = { acquireTimeout: Infinity, label: undefined, signal: undefined };

/** Notified once: by `recovered` when a connection could be lent, or by `failed` when the pool is destroyed. */
export interface RecoveryWatcher {
  readonly isUnsubscribed: boolean;
  recovered(): void;
  failed(error: PoolError): void;
}

/**
 * Waits in the wait queue until a connection could be lent, and takes none. While it waits, the pool continues to connect, and the process
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
    return recoveryOptions;
  }

  get sink(): unknown {
    return null;
  }

  get isUnsubscribed(): boolean {
    return this.watcher.isUnsubscribed;
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
    // It never holds a connection.
  }
}
