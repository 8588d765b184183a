import type { Claim } from './claim';
import type { Cancel } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { Lane } from './lane';
import { LinkedList } from '../collections/linked-list';

/** In ms. */
const laterTask = 1;

/**
 * The waiting line: first come, first served. Getting in, leaving from anywhere, and the head are O(1).
 * Waits end by one timer for all that wait equally long: those are in the order of their deadlines already.
 */
export class Line<C> {
  private readonly claims = new LinkedList<Claim<C>>();
  /** Standing requests that get in line again in a later task. */
  private readonly resting = new LinkedList<Claim<C>>();
  private cancelRest: Cancel | null = null;
  private readonly lanes = new Map<number, Lane<C>>();
  /** The one that was used last: most wait equally long. It alone stays when it is empty. */
  private recent: Lane<C> | null = null;
  /** Who of those in line has asked from inside its own work, as the holder of a connection of this very pool. */
  private readonly inside = new Map<Claim<C>, Claim<C>>();
  private standing = 0;

  constructor(
    private readonly clock: CoarseClock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
    private readonly onRestOver: () => void,
  ) {}

  /** Everyone in line. */
  get size(): number {
    return this.claims.size;
  }

  /** Those who wait for an acquire: everyone but the standing requests. */
  get pending(): number {
    return this.claims.size - this.standing;
  }

  get first(): Claim<C> | null {
    return this.claims.first;
  }

  get firstPending(): Claim<C> | null {
    let claim = this.claims.first;
    while (claim?.standing) claim = claim.behind;
    return claim;
  }

  get lastPending(): Claim<C> | null {
    let claim = this.claims.last;
    while (claim?.standing) claim = claim.ahead;
    return claim;
  }

  /** `inside`: whose work it is that asks, if that is known. */
  push(claim: Claim<C>, inside: Claim<C> | null): void {
    claim.state = 'waiting';
    // Its wait begins when everything else has been decided: most are served in the same breath.
    claim.since = -1;
    this.claims.push(claim);
    if (claim.standing) this.standing++;
    else if (inside !== null) this.inside.set(claim, inside);
  }

  /** The holder inside whose work this one has asked, while it waits. */
  insideOf(claim: Claim<C>): Claim<C> | undefined {
    return this.inside.get(claim);
  }

  /** The claim has been served, has failed, or has left. */
  remove(claim: Claim<C>): void {
    if (claim.state === 'resting') {
      this.rise(claim);
      return;
    }
    this.claims.remove(claim);
    if (claim.standing) this.standing--;
    // Kept any longer, it would be the next link of a chain that a caller who asks inside `next` makes longer for ever.
    if (this.inside.size > 0) this.inside.delete(claim);
    const { acquireTimeout } = claim.asking;
    if (claim.since < 0 || acquireTimeout === Infinity) return;
    this.laneOf(acquireTimeout).remove(claim);
  }

  /** Nothing is decided any more for now: whoever is still in line begins to wait. */
  settle(): void {
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
      const { acquireTimeout } = claim.asking;
      if (acquireTimeout !== Infinity) this.laneOf(acquireTimeout).push(claim);
    }
  }

  get anyResting(): boolean {
    return this.resting.size > 0;
  }

  /**
   * Let a stream get in line again in a later task: a receiver that gives back at once would otherwise be served for ever, and
   * nobody else would run.
   */
  rest(claim: Claim<C>): void {
    this.remove(claim);
    claim.state = 'resting';
    this.resting.push(claim);
    this.cancelRest ??= this.clock.after(
      laterTask,
      () => {
        this.endRest();
        this.onRestOver();
      },
      true,
    );
  }

  private rise(claim: Claim<C>): void {
    this.resting.remove(claim);
    if (this.resting.size === 0) this.stopRestTimer();
  }

  endRest(): void {
    this.stopRestTimer();
    for (let claim = this.resting.first; claim !== null; claim = this.resting.first) {
      this.resting.remove(claim);
      this.push(claim, null);
    }
  }

  private stopRestTimer(): void {
    this.cancelRest?.();
    this.cancelRest = null;
  }

  private laneOf(timeout: number): Lane<C> {
    const { recent } = this;
    return recent !== null && recent.timeout === timeout ? recent : this.otherLane(timeout);
  }

  private otherLane(timeout: number): Lane<C> {
    const { recent } = this;
    if (recent?.empty) {
      recent.end();
      this.lanes.delete(recent.timeout);
    }
    let lane = this.lanes.get(timeout);
    if (lane === undefined) {
      lane = new Lane(timeout, this.clock, this.onTimeout);
      this.lanes.set(timeout, lane);
    }
    return (this.recent = lane);
  }
}
