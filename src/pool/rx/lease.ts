import { Claim } from '../state/claim-and-slot';
import { disposeSymbol } from '../values/disposal';
import { InvalidLeaseError } from '../errors';
import type { PoolError } from '../errors';
import { inspectSymbol } from '../values/inspect-symbol';
import { internals } from './internals';
import type { PoolInternals } from './internals';

/**
 * One connection, lent to one holder until it is released.
 *
 * ```ts
 * using lease = await firstValueFrom(pool.acquire());
 * lease.connection.write('hello');
 * ```
 */
export interface Lease<C> {
  /** The connection. Throws an `InvalidLeaseError` once the lease has ended: another caller may hold the connection by then. */
  readonly connection: C;
  /**
   * Aborted when the connection is lost, or closed by `destroy`, while the lease is held; its `reason` is that error. Not aborted by
   * `release` and `discard`. Created on first access.
   */
  readonly signal: AbortSignal;
  /** Releases the connection. A second call, and a call after the connection was lost, do nothing. */
  release(): void;
  /**
   * Ends the lease and closes the connection, because it is broken. If several leases share the connection (`capacity`), it
   * takes no new lease and is closed when the last of them has ended. The `reason` is shown in the pool's events.
   */
  discard(reason?: unknown): void;
  /** Releases the connection at the end of the block that declares the lease by `using`. */
  [Symbol.dispose](): void;
  /** The pool, the number of the connection and the label; `util.inspect` and `JSON.stringify` show the same. */
  toString(): string;
}

/** A claim whose connection is delivered to the receiver as a lease. */
export abstract class LeaseClaim<C> extends Claim<C> {
  protected delivered = false;
  /** The error that revoked the lease, if it was revoked. */
  loss: PoolError | null = null;
  private controller: AbortController | null = null;

  constructor(protected readonly pool: PoolInternals<C>) {
    super();
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.loss !== null) this.controller.abort(this.loss);
      this.context ??= this.pool.core.captureContext();
    }
    return this.controller.signal;
  }

  /** The lease is revoked because of this error. */
  protected lost(loss: PoolError): void {
    this.loss = loss;
    this.controller?.abort(loss);
  }

  /** The lease was garbage-collected. */
  collected(): void {
    this.pool.core.leaseCollected(this);
  }

  /** Creates the lease, which the receiver must release. */
  protected deliver(): HeldLease<C> {
    this.delivered = true;
    const lease = new HeldLease(this.pool, this);
    this.pool.abandonedLeases.watch(lease);
    return lease;
  }
}

export class HeldLease<C> implements Lease<C> {
  readonly [internals]: PoolInternals<C>;

  constructor(
    pool: PoolInternals<C>,
    readonly claim: LeaseClaim<C>,
  ) {
    this[internals] = pool;
  }

  get connection(): C {
    const { slot } = this.claim;
    if (slot === null) {
      const { name } = this[internals].core;
      throw new InvalidLeaseError(
        name,
        `This lease of pool '${name}' has ended (released, discarded, or its connection was lost): another caller may hold the ` +
          `connection by now. Acquire again, and keep the lease until the work is done.`,
        this.claim.loss ?? undefined,
      );
    }
    return slot.connection as C;
  }

  get signal(): AbortSignal {
    return this.claim.signal;
  }

  release(): void {
    this[internals].core.release(this.claim);
  }

  discard(reason?: unknown): void {
    this[internals].core.discard(this.claim, reason);
  }

  [disposeSymbol](): void {
    this[internals].core.release(this.claim);
  }

  get [Symbol.toStringTag](): string {
    return 'Lease';
  }

  /** For messages and logs; also what `util.inspect` shows. */
  toString(): string {
    const { pool, connection, label } = this.toJSON();
    const what = connection === undefined ? 'ended' : `connection ${connection}`;
    return `Lease of '${pool}' (${what}${label === undefined ? '' : `, '${label}'`})`;
  }

  [inspectSymbol](): string {
    return this.toString();
  }

  /** For `JSON.stringify`: the pool, the number of the connection while it is held, and the label. */
  toJSON(): { readonly pool: string; readonly connection?: number; readonly label?: string } {
    const { slot, options } = this.claim;
    return {
      pool: this[internals].core.name,
      ...(slot === null ? {} : { connection: slot.id }),
      ...(options.label === undefined ? {} : { label: options.label }),
    };
  }
}
