import type { Subscriber, Unsubscribable } from 'rxjs';
import type { ResolvedAcquireOptions } from '../state/claim-and-slot';
import type { Context } from '../state/context';
import type { PoolError } from '../errors';
import type { PoolInternals } from './internals';
import { LeaseClaim } from './lease';
import type { HeldLease, Lease } from './lease';
import { isUnsubscribed } from './rxjs-internals';

/** The pool's own stream: one claim in the wait queue at a time, and a new one as soon as the last has been served. */
export class LeaseStream<C> implements Unsubscribable {
  /** The pass of the drain loop in which it was last served. */
  servedInPass = -1;
  private claim: StreamClaim<C> | null = null;
  /** The context of the first wait, which the later ones use too. */
  private context: Context | null = null;

  constructor(
    private readonly pool: PoolInternals<C>,
    readonly subscriber: Subscriber<Lease<C>>,
  ) {}

  enqueue(): void {
    const claim = new StreamClaim(this.pool, this);
    claim.context = this.context;
    this.claim = claim;
    this.pool.core.acquire(claim);
  }

  served(lease: HeldLease<C>): void {
    this.context = this.claim!.context;
    this.claim = null;
    this.servedInPass = this.pool.core.passes;
    this.subscriber.next(lease);
    if (!this.subscriber.closed) this.enqueue();
  }

  /** The lease of this claim was interrupted: the stream goes on, unless its next claim waits already. */
  interrupted(claim: LeaseClaim<C>): void {
    if (this.subscriber.closed || (this.claim !== null && this.claim !== claim)) return;
    this.enqueue();
  }

  ended(): void {
    this.subscriber.complete();
  }

  unsubscribe(): void {
    const { claim } = this;
    if (claim === null) return;
    this.claim = null;
    this.pool.core.withdraw(claim);
    this.pool.core.release(claim);
  }
}

/** A stream is no pending acquire: it has no timeout and no label. */
const streamOptions: ResolvedAcquireOptions = { acquireTimeout: Infinity, label: undefined, signal: undefined };

class StreamClaim<C> extends LeaseClaim<C> {
  constructor(
    pool: PoolInternals<C>,
    private readonly stream: LeaseStream<C>,
  ) {
    super(pool);
  }

  get options(): ResolvedAcquireOptions {
    return streamOptions;
  }

  get sink(): unknown {
    return this.stream.subscriber;
  }

  override get isStream(): boolean {
    return true;
  }

  override get servedInPass(): number {
    return this.stream.servedInPass;
  }

  get isUnsubscribed(): boolean {
    return isUnsubscribed(this.stream.subscriber);
  }

  granted(): void {
    this.stream.served(this.deliver());
  }

  failed(): void {
    this.stream.ended();
  }

  revoked(error: PoolError): void {
    this.lost(error);
    if (!this.delivered) this.stream.enqueue();
  }

  override interrupted(error: PoolError): void {
    this.lost(error);
    this.stream.interrupted(this);
  }
}
