import { Claim } from '../state/claim-and-slot';
import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { DeferredCancelTimer } from '../time/deferred-cancel-timer';
import type { Slot } from '../state/claim-and-slot';

/** The holder of a lease. */
export interface Holder {
  /** The purpose of the lease: the `label` of its acquire. */
  readonly label?: string;
  /** How long the lease has been held, in ms. */
  readonly age: number;
  /** The number of its connection, as in the events. */
  readonly connection: number;
  /** The stack of the acquire. Only with a finite `leakThreshold`: a stack costs more than a lease. */
  readonly stack?: string;
}

/** A holder as messages show it: a readable age, and the label. */
export function describeHolder({ age, label }: Holder): string {
  const time = age < 1_000 ? `${Math.round(age)} ms` : `${Math.round(age / 100) / 10} s`;
  return label === undefined ? time : `${time} by '${label}'`;
}

export function holderOf<C>(claim: Claim<C>, now: number, origin: Error | undefined): Holder {
  const { heldSince, slot } = claim;
  const { label } = claim.options;
  const stack = origin?.stack;
  return {
    ...(label === undefined ? {} : { label }),
    age: Math.max(0, now - heldSince),
    connection: slot!.id,
    ...(stack === undefined ? {} : { stack }),
  };
}

/**
 * Whether a waiting claim belongs to a holder of a connection of this same pool: it was acquired inside the work of that holder, or its
 * subscriber is part of what that work returned. It cannot be known of an acquire elsewhere, for example after an `await`.
 */
export function isSelfDeadlock<C>(
  claim: Claim<C>,
  requester: Claim<C> | undefined,
  isOfThisPool: (slot: Slot<C>) => boolean,
): boolean {
  const holds = (other: Claim<C> | undefined): boolean => other?.slot != null && isOfThisPool(other.slot);
  if (holds(requester)) return true;
  for (let link = claim.sink; link; link = (link as Link).destination ?? (link as Link).sink) {
    if (link instanceof Claim && holds(link as Claim<C>)) return true;
  }
  return false;
}

/** The members of a subscriber, or of a claim, that lead to the next one downstream. */
interface Link {
  readonly destination?: unknown;
  readonly sink?: unknown;
}

/** Reports each lease that is held for longer than the threshold once. It uses one timer, for the lease that has been held longest. */
export class LeakWatch<C> {
  /** In the order in which they were lent. */
  private readonly held = new Set<Claim<C>>();
  private readonly stacks = new WeakMap<Claim<C>, Error>();
  private readonly timer: DeferredCancelTimer;

  constructor(
    private readonly threshold: number,
    private readonly clock: CoarseClock,
    private readonly report: (claim: Claim<C>) => void,
  ) {
    this.timer = new DeferredCancelTimer(clock, false, () => {
      this.look();
    });
  }

  requested(claim: Claim<C>): void {
    this.stacks.set(claim, captureStack());
  }

  /** The stack of the acquire. */
  stackOf(claim: Claim<C>): Error | undefined {
    return this.stacks.get(claim);
  }

  handedOver(from: Claim<C>, to: Claim<C>): void {
    this.stacks.set(to, this.stackOf(from)!);
    this.ended(from);
    this.lent(to);
  }

  lent(claim: Claim<C>): void {
    this.held.add(claim);
    if (!this.timer.isSet) this.timer.set(this.threshold);
  }

  ended(claim: Claim<C>): void {
    this.held.delete(claim);
    if (this.held.size === 0) this.timer.stop();
  }

  private look(): void {
    const now = this.clock.now();
    for (const claim of this.held) {
      const left = claim.heldSince + this.threshold - now;
      if (left > timeEpsilon) {
        this.timer.set(left);
        break;
      }
      this.held.delete(claim);
      this.report(claim);
    }
  }
}

/** The stack of the caller. Deeper than the default, because most of the first frames belong to operators. */
function captureStack(): Error {
  const kind = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = kind;
  kind.stackTraceLimit = 50;
  const origin = new Error('acquired here');
  if (stackTraceLimit === undefined) delete kind.stackTraceLimit;
  else kind.stackTraceLimit = stackTraceLimit;
  return origin;
}
