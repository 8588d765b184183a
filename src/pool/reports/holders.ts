import { Claim } from '../state/claim';
import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { DeferredCancelTimer } from '../time/deferred-cancel-timer';
import type { Slot } from '../state/slot';

/** Who holds a lease now. */
export interface Holder {
  /** What the lease is for: the `label` it was asked for with. */
  readonly label?: string;
  /** For how long it has been held, in ms. */
  readonly age: number;
  /** The number of its connection, as in the events. */
  readonly connection: number;
  /** Where it was asked for. Only with a finite `leakThreshold`: a stack costs more than a lease. */
  readonly stack?: string;
}

/** What a holder is called in messages: an age that people can read, and the label. */
export function describeHolder({ age, label }: Holder): string {
  const time = age < 1_000 ? `${Math.round(age)} ms` : `${Math.round(age / 100) / 10} s`;
  return label === undefined ? time : `${time} by '${label}'`;
}

export function holderOf<C>(claim: Claim<C>, now: number, origin: Error | undefined): Holder {
  const { since, slot } = claim;
  const { label } = claim.options;
  const stack = origin?.stack;
  return {
    ...(label === undefined ? {} : { label }),
    age: Math.max(0, now - since),
    connection: slot!.id,
    ...(stack === undefined ? {} : { stack }),
  };
}

/**
 * Whether somebody waits who holds a connection of this very pool: he asked inside his own work, or what waits is part of what his work
 * returned, and ends in it. Asked from elsewhere, after an `await` say, it cannot be known.
 */
export function isSelfDeadlock<C>(
  claim: Claim<C>,
  inside: Claim<C> | undefined,
  ours: (slot: Slot<C>) => boolean,
): boolean {
  const holds = (other: Claim<C> | undefined): boolean => other?.slot != null && ours(other.slot);
  if (holds(inside)) return true;
  for (let link = claim.sink; link; link = (link as Link).destination ?? (link as Link).sink) {
    if (link instanceof Claim && holds(link as Claim<C>)) return true;
  }
  return false;
}

/** As much of a subscriber, or of a claim, as leads further down. */
interface Link {
  readonly destination?: unknown;
  readonly sink?: unknown;
}

/** Reports leases that are held for longer than they should be, each once: one timer, for the one that is held longest. */
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

  asked(claim: Claim<C>): void {
    this.stacks.set(claim, captureStack());
  }

  /** The stack of who asked. */
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
      const left = claim.since + this.threshold - now;
      if (left > timeEpsilon) {
        this.timer.set(left);
        break;
      }
      this.held.delete(claim);
      this.report(claim);
    }
  }
}

/** The stack of who asks. Deeper than usual, because most of the first frames are of operators. */
function captureStack(): Error {
  const kind = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = kind;
  kind.stackTraceLimit = 50;
  const origin = new Error('acquired here');
  if (stackTraceLimit === undefined) delete kind.stackTraceLimit;
  else kind.stackTraceLimit = stackTraceLimit;
  return origin;
}
