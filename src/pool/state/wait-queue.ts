import type { Claim } from './claim';
import type { Cancel } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { TimeoutQueue } from './timeout-queue';
import { LinkedList } from '../collections/linked-list';

/** In ms. */
const deferralMs = 1;

/**
 * The waiting line: first come, first served. Getting in, leaving from anywhere, and the head are O(1).
 * Waits end by one timer for all that wait equally long: those are in the order of their deadlines already.
 */
export class WaitQueue<C> {
  private readonly claims = new LinkedList<Claim<C>>();
  /** Standing requests that get in line again in a later task. */
  private readonly deferred = new LinkedList<Claim<C>>();
  private cancelDeferTimer: Cancel | null = null;
  private readonly timeoutQueues = new Map<number, TimeoutQueue<C>>();
  /** The one that was used last: most wait equally long. It alone stays when it is empty. */
  private recent: TimeoutQueue<C> | null = null;
  /** Who of those in line has asked from inside its own work, as the holder of a connection of this very pool. */
  private readonly requesters = new Map<Claim<C>, Claim<C>>();
  private streamCount = 0;

  constructor(
    private readonly clock: CoarseClock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
    private readonly onDeferralOver: () => void,
  ) {}

  /** Everyone in line. */
  get size(): number {
    return this.claims.size;
  }

  /** Those who wait for an acquire: everyone but the standing requests. */
  get pending(): number {
    return this.claims.size - this.streamCount;
  }

  get first(): Claim<C> | null {
    return this.claims.first;
  }

  get firstPending(): Claim<C> | null {
    let claim = this.claims.first;
    while (claim?.isStream) claim = claim.behind;
    return claim;
  }

  get lastPending(): Claim<C> | null {
    let claim = this.claims.last;
    while (claim?.isStream) claim = claim.ahead;
    return claim;
  }

  /** `inside`: whose work it is that asks, if that is known. */
  push(claim: Claim<C>, inside: Claim<C> | null): void {
    claim.state = 'waiting';
    // Its wait begins when everything else has been decided: most are served in the same breath.
    claim.since = -1;
    this.claims.push(claim);
    if (claim.isStream) this.streamCount++;
    else if (inside !== null) this.requesters.set(claim, inside);
  }

  /** The holder inside whose work this one has asked, while it waits. */
  requesterOf(claim: Claim<C>): Claim<C> | undefined {
    return this.requesters.get(claim);
  }

  /** The claim has been served, has failed, or has left. */
  remove(claim: Claim<C>): void {
    if (claim.state === 'resting') {
      this.undefer(claim);
      return;
    }
    this.claims.remove(claim);
    if (claim.isStream) this.streamCount--;
    // Kept any longer, it would be the next link of a chain that a caller who asks inside `next` makes longer for ever.
    if (this.requesters.size > 0) this.requesters.delete(claim);
    const { acquireTimeout } = claim.options;
    if (claim.since < 0 || acquireTimeout === Infinity) return;
    this.timeoutQueueOf(acquireTimeout).remove(claim);
  }

  /** Nothing is decided any more for now: whoever is still in line begins to wait. */
  beginWaiting(): void {
    const { last } = this.claims;
    if (last !== null && last.since < 0) this.beginWaits(last);
  }

  private beginWaits(last: Claim<C>): void {
    let first = last;
    while (first.ahead !== null && first.ahead.since < 0) first = first.ahead;
    // No less than 0, also when the clock has been set back.
    const now = Math.max(0, this.clock.now());
    for (let claim: Claim<C> | null = first; claim !== null; claim = claim.behind) {
      claim.since = now;
      const { acquireTimeout } = claim.options;
      if (acquireTimeout !== Infinity) this.timeoutQueueOf(acquireTimeout).push(claim);
    }
  }

  get anyDeferred(): boolean {
    return this.deferred.size > 0;
  }

  /**
   * Let a stream get in line again in a later task: a receiver that gives back at once would otherwise be served for ever, and
   * nobody else would run.
   */
  defer(claim: Claim<C>): void {
    this.remove(claim);
    claim.state = 'resting';
    this.deferred.push(claim);
    this.cancelDeferTimer ??= this.clock.after(
      deferralMs,
      () => {
        this.endDeferral();
        this.onDeferralOver();
      },
      true,
    );
  }

  private undefer(claim: Claim<C>): void {
    this.deferred.remove(claim);
    if (this.deferred.size === 0) this.stopDeferTimer();
  }

  endDeferral(): void {
    this.stopDeferTimer();
    for (let claim = this.deferred.first; claim !== null; claim = this.deferred.first) {
      this.deferred.remove(claim);
      this.push(claim, null);
    }
  }

  private stopDeferTimer(): void {
    this.cancelDeferTimer?.();
    this.cancelDeferTimer = null;
  }

  private timeoutQueueOf(timeout: number): TimeoutQueue<C> {
    const { recent } = this;
    return recent !== null && recent.timeout === timeout ? recent : this.otherTimeoutQueue(timeout);
  }

  private otherTimeoutQueue(timeout: number): TimeoutQueue<C> {
    const { recent } = this;
    if (recent?.isEmpty) {
      recent.end();
      this.timeoutQueues.delete(recent.timeout);
    }
    let lane = this.timeoutQueues.get(timeout);
    if (lane === undefined) {
      lane = new TimeoutQueue(timeout, this.clock, this.onTimeout);
      this.timeoutQueues.set(timeout, lane);
    }
    return (this.recent = lane);
  }
}
