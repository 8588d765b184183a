import type { Claim } from './claim-and-slot';
import type { CoarseClock } from '../time/coarse-clock';
import { TimeoutQueue } from './timeout-queue';
import { Timer } from '../time/timer';
import { LinkedList } from '../collections/linked-list';

/** How long a stream is deferred, in ms. */
const deferralMs = 1;

/**
 * The wait queue: first in, first out. Adding, removing from any position, and reading the first are O(1).
 * Claims with the same timeout share one timer: they are in the order of their deadlines already.
 */
export class WaitQueue<C> {
  private readonly claims = new LinkedList<Claim<C>>();
  /** Claims of streams that are added to the queue again in a later task. */
  private readonly deferred = new LinkedList<Claim<C>>();
  private readonly deferTimer: Timer;
  private readonly timeoutQueues = new Map<number, TimeoutQueue<C>>();
  /** The one that was used last: most claims have the same timeout. It is the only one that is kept while it is empty. */
  private recent: TimeoutQueue<C> | null = null;
  /** For each waiting claim that was acquired inside work of this same pool: the claim of that work. */
  private readonly requesters = new Map<Claim<C>, Claim<C>>();
  private streamCount = 0;

  constructor(
    private readonly clock: CoarseClock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
    onDeferralOver: () => void,
  ) {
    this.deferTimer = new Timer(clock, true, () => {
      this.endDeferral();
      onDeferralOver();
    });
  }

  /** The number of waiting claims. */
  get size(): number {
    return this.claims.size;
  }

  /** The number of waiting acquires: all claims except those of streams. */
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

  /** `requester`: the claim of the work that acquires, if that is known. */
  push(claim: Claim<C>, requester: Claim<C> | null): void {
    const { isStream } = claim;
    this.claims.push(claim);
    // Only when it is in the list: with a full stack it may not come there, and must not be removed from it later.
    claim.state = 'waiting';
    // Its wait begins when the pass of the drain loop has ended: most claims are served in the same pass.
    claim.waitingSince = -1;
    if (isStream) this.streamCount++;
    else if (requester !== null) this.requesters.set(claim, requester);
  }

  /** The holder inside whose work this claim was acquired, while it waits. */
  requesterOf(claim: Claim<C>): Claim<C> | undefined {
    return this.requesters.get(claim);
  }

  /** Call it when the claim is served, rejected or cancelled, or has timed out. */
  remove(claim: Claim<C>): void {
    if (claim.state === 'deferred') {
      this.undefer(claim);
      return;
    }
    const { isStream } = claim;
    this.claims.remove(claim);
    if (isStream) this.streamCount--;
    // Kept any longer, it would extend a chain that grows without a limit while a caller acquires inside `next`.
    if (this.requesters.size > 0) this.requesters.delete(claim);
    const { acquireTimeout } = claim.options;
    if (claim.waitingSince < 0 || acquireTimeout === Infinity) return;
    this.timeoutQueueOf(acquireTimeout).remove(claim);
  }

  /** Call it at the end of a pass: every claim that is still in the queue begins to wait. */
  beginWaiting(): void {
    const { last } = this.claims;
    if (last !== null && last.waitingSince < 0) this.beginWaits(last);
  }

  private beginWaits(last: Claim<C>): void {
    let first = last;
    while (first.ahead !== null && first.ahead.waitingSince < 0) first = first.ahead;
    // At least 0, even when the clock has been set back.
    const now = Math.max(0, this.clock.now());
    for (let claim: Claim<C> | null = first; claim !== null; claim = claim.behind) {
      claim.waitingSince = now;
      const { acquireTimeout } = claim.options;
      if (acquireTimeout !== Infinity) this.timeoutQueueOf(acquireTimeout).push(claim);
    }
  }

  get anyDeferred(): boolean {
    return this.deferred.size > 0;
  }

  /**
   * Adds a stream to the queue again in a later task: a subscriber that releases each lease at once would otherwise be served without
   * an end, and no other code would run.
   */
  defer(claim: Claim<C>): void {
    this.remove(claim);
    claim.state = 'deferred';
    this.deferred.push(claim);
    if (!this.deferTimer.isSet) this.deferTimer.set(deferralMs);
  }

  private undefer(claim: Claim<C>): void {
    this.deferred.remove(claim);
    if (this.deferred.size === 0) this.deferTimer.stop();
  }

  endDeferral(): void {
    this.deferTimer.stop();
    for (let claim = this.deferred.first; claim !== null; claim = this.deferred.first) {
      this.deferred.remove(claim);
      this.push(claim, null);
    }
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
    let queue = this.timeoutQueues.get(timeout);
    if (queue === undefined) {
      queue = new TimeoutQueue(timeout, this.clock, this.onTimeout);
      this.timeoutQueues.set(timeout, queue);
    }
    return (this.recent = queue);
  }
}
