import type { Claim } from './claim';
import { hair } from './clock';
import type { Cancel, Clock } from './clock';
import { LinkedList } from './linked-list';

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
  private standing = 0;
  /** The first of those at the end of the line whose wait has not begun: most are served in the same breath. */
  private firstNew: Claim<C> | null = null;

  constructor(
    private readonly clock: Clock,
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

  push(claim: Claim<C>, timeout: number): void {
    claim.state = 'waiting';
    claim.timeout = timeout;
    this.claims.push(claim);
    if (claim.standing) this.standing++;
    this.firstNew ??= claim;
  }

  /** The claim has been served, has failed, or has left. */
  remove(claim: Claim<C>): void {
    if (claim.state === 'resting') {
      this.resting.remove(claim);
      if (this.resting.size === 0) this.stopRestTimer();
      return;
    }
    if (claim === this.firstNew) this.firstNew = claim.behind;
    this.claims.remove(claim);
    if (claim.standing) this.standing--;
    const { lane } = claim;
    if (lane === null) return;
    lane.remove(claim);
    if (lane.empty) this.lanes.delete(lane.timeout);
  }

  /** Nothing is decided any more for now: whoever is still in line begins to wait. */
  settle(): void {
    if (this.firstNew === null) return;
    const now = this.clock.now();
    for (let claim: Claim<C> | null = this.firstNew; claim !== null; claim = claim.behind) {
      claim.askedAt = now;
      if (claim.timeout !== Infinity) this.lane(claim.timeout).push(claim);
    }
    this.firstNew = null;
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

  endRest(): void {
    this.stopRestTimer();
    for (let claim = this.resting.first; claim !== null; claim = this.resting.first) {
      this.resting.remove(claim);
      this.push(claim, Infinity);
    }
  }

  private stopRestTimer(): void {
    this.cancelRest?.();
    this.cancelRest = null;
  }

  private lane(timeout: number): Lane<C> {
    let lane = this.lanes.get(timeout);
    if (lane === undefined) {
      lane = new Lane(timeout, this.clock, this.onTimeout);
      this.lanes.set(timeout, lane);
    }
    return lane;
  }
}

/** Claims that wait for the same time, the earliest deadline first, and the timer of the first. */
export class Lane<C> {
  private first: Claim<C> | null = null;
  private last: Claim<C> | null = null;
  private cancel: Cancel | null = null;

  constructor(
    readonly timeout: number,
    private readonly clock: Clock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
  ) {}

  get empty(): boolean {
    return this.first === null;
  }

  push(claim: Claim<C>): void {
    claim.lane = this;
    claim.earlier = this.last;
    if (this.last === null) this.first = claim;
    else this.last.later = claim;
    this.last = claim;
    this.cancel ??= this.clock.after(this.timeout, this.expire, true);
  }

  remove(claim: Claim<C>): void {
    const { earlier, later } = claim;
    if (earlier === null) this.first = later;
    else earlier.later = later;
    if (later === null) this.last = earlier;
    else later.earlier = earlier;
    claim.lane = claim.earlier = claim.later = null;
    // The timer of a head that has left runs on, and finds out for whom when it fires.
    if (this.first === null && this.cancel !== null) {
      this.cancel();
      this.cancel = null;
    }
  }

  private readonly expire = (): void => {
    // Not null while it runs, or one who gets in line meanwhile would set the timer to a later deadline.
    this.cancel = noTimer;
    const now = this.clock.now();
    while (this.first !== null && now - this.first.askedAt >= this.timeout - hair) {
      this.onTimeout(this.first, now - this.first.askedAt);
    }
    if (this.cancel !== noTimer) return;
    this.cancel =
      this.first === null ? null : this.clock.after(this.first.askedAt + this.timeout - now, this.expire, true);
  };
}

const noTimer: Cancel = () => undefined;
