import type { Subscriber, Unsubscribable } from 'rxjs';
import { Claim } from '../state/claim';
import type { Context } from './context';
import { DirectObservable } from './direct-observable';
import type { CancellableRun } from './direct-subscriber';
import { disposeSymbol } from '../values/disposal';
import { InvalidLeaseError } from '../errors';
import type { PoolError } from '../errors';
import { inspectSymbol } from '../values/inspect-symbol';
import { internals } from './internals';
import type { PoolInternals } from './internals';
import { isUnsubscribed } from './is-unsubscribed';
import type { ResolvedAcquireOptions } from '../options';
import type { Sink } from './work';

/**
 * One connection, lent to one holder until it is given back.
 *
 * ```ts
 * using lease = await firstValueFrom(pool.acquire());
 * lease.connection.write('hello');
 * ```
 */
export interface Lease<C> {
  /** The connection. Throws an `InvalidLeaseError` once the lease has ended: by then it may be somebody else's. */
  readonly connection: C;
  /**
   * Aborted when the connection is lost, or closed by `destroy`, while the lease is held; its `reason` is that error. Not aborted by
   * `release` and `discard`. Made only when it is asked for.
   */
  readonly signal: AbortSignal;
  /** Gives the connection back. The second call, and one after the connection was lost, do nothing. */
  release(): void;
  /**
   * The connection is broken: it is lent to nobody again, and closed. Where several leases share it (`capacity`), it
   * takes no new one and is closed when the last of them has ended. The `reason` is shown in the pool's events.
   */
  discard(reason?: unknown): void;
  /** Gives the connection back, at the end of the block that holds it by `using`. */
  [Symbol.dispose](): void;
  /** The pool, the number of the connection and the label; `util.inspect` shows the same, and so does JSON. */
  toString(): string;
}

/** A claim whose connection is handed to the receiver as a lease. */
export abstract class LeaseClaim<C> extends Claim<C> {
  protected delivered = false;
  /** What took the connection away, if it was not the holder. */
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

  /** What has taken the connection away. */
  protected lost(loss: PoolError): void {
    this.loss = loss;
    this.controller?.abort(loss);
  }

  /** The lease was collected as garbage. */
  collected(): void {
    this.pool.core.leaseCollected(this);
  }

  /** The lease, which is the receiver's from now on. */
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
        `This lease of pool '${name}' has ended (released, discarded, or its connection was lost): the connection may be ` +
          `somebody else's by now. Acquire again, and keep the lease until the work is done.`,
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

/** `acquire()`: one lease, then complete. */
export class Acquire<C> extends DirectObservable<Lease<C>, LeaseRequest<C>> {
  constructor(
    private readonly pool: PoolInternals<C>,
    private readonly asking: ResolvedAcquireOptions,
  ) {
    super();
  }

  createRun(sink: Sink<Lease<C>>): LeaseRequest<C> {
    return new LeaseRequest(this.pool, sink, this.asking);
  }

  start(request: LeaseRequest<C>): void {
    this.pool.core.acquire(request);
  }
}

class LeaseRequest<C> extends LeaseClaim<C> implements CancellableRun {
  constructor(
    pool: PoolInternals<C>,
    readonly sink: Sink<Lease<C>>,
    readonly options: ResolvedAcquireOptions,
  ) {
    super(pool);
  }

  /** Once delivered, the lease is the receiver's. */
  get over(): boolean {
    return this.delivered || this.state === 'ended';
  }

  get isUnsubscribed(): boolean {
    return isUnsubscribed(this.sink);
  }

  granted(): void {
    // Cancelled while it was asking, when it could not yet be told so.
    if (this.sink.closed) {
      this.unsubscribe();
      return;
    }
    this.sink.next(this.deliver());
    this.sink.complete();
  }

  failed(error: PoolError): void {
    this.sink.error(error);
  }

  revoked(error: PoolError): void {
    this.lost(error);
    if (!this.delivered) this.sink.error(error);
  }

  unsubscribe(): void {
    this.pool.core.withdraw(this);
    if (!this.delivered) this.pool.core.release(this);
  }
}

/** The pool's own stream: one place in line at a time, and a new one as soon as the last has been served. */
export class LeaseStream<C> implements Unsubscribable {
  /** In which drain of the core it was last served. */
  servedIn = -1;
  private place: StreamClaim<C> | null = null;
  /** Of the first wait: the later ones begin in it. */
  private context: Context | null = null;

  constructor(
    private readonly pool: PoolInternals<C>,
    readonly subscriber: Subscriber<Lease<C>>,
  ) {}

  enqueue(): void {
    const place = new StreamClaim(this.pool, this);
    place.context = this.context;
    this.place = place;
    this.pool.core.acquire(place);
  }

  served(lease: HeldLease<C>): void {
    this.context = this.place!.context;
    this.place = null;
    this.servedIn = this.pool.core.passes;
    this.subscriber.next(lease);
    if (!this.subscriber.closed) this.enqueue();
  }

  ended(): void {
    this.subscriber.complete();
  }

  unsubscribe(): void {
    const { place } = this;
    if (place === null) return;
    this.place = null;
    this.pool.core.withdraw(place);
    this.pool.core.release(place);
  }
}

/** No pending acquire: it waits without an end, and for nothing in particular. */
const standing: ResolvedAcquireOptions = { acquireTimeout: Infinity, label: undefined, signal: undefined };

class StreamClaim<C> extends LeaseClaim<C> {
  constructor(
    pool: PoolInternals<C>,
    private readonly request: LeaseStream<C>,
  ) {
    super(pool);
  }

  get options(): ResolvedAcquireOptions {
    return standing;
  }

  get sink(): unknown {
    return this.request.subscriber;
  }

  override get isStream(): boolean {
    return true;
  }

  override get servedInPass(): number {
    return this.request.servedIn;
  }

  get isUnsubscribed(): boolean {
    return isUnsubscribed(this.request.subscriber);
  }

  granted(): void {
    this.request.served(this.deliver());
  }

  failed(): void {
    this.request.ended();
  }

  revoked(error: PoolError): void {
    this.lost(error);
    if (!this.delivered) this.request.enqueue();
  }
}
