import type { Claim, Slot } from '../state/claim-and-slot';

/**
 * The drain loop. Every event (acquire, cancel, connect, loss, release, timer) only updates the state and then calls `drain` or `decide`, which
 * takes one step after another until no decision is due. User code runs between `enter` and `leave`: what it requests is recorded, and decided
 * when it has returned. So no call recurses, however deep the pipelines of the callers are.
 *
 * Two shortcuts skip the decision table (see `decisions.ts`):
 *
 * - `quiescent`: no caller waits and nothing is due. An acquire is served without the loop, and a release ends without it.
 * - `saturated`: all connections are lent and callers wait. Only serving can be due until an event other than an acquire or a release occurs.
 *
 * Both are optimisations: with `useShortcuts` off, every pass evaluates the whole table. The ledger compares the events of both ways.
 */
export abstract class DrainLoop<C> {
  /** Turned off only by specs, which compare both ways. */
  useShortcuts = true;
  /** The number of passes of the loop so far. */
  passes = 0;
  /** A step is being taken, or user code is running. */
  protected busy = false;
  /** No decision was due at the end of the last pass, and since then leases were only lent and released at once. */
  protected quiescent = false;
  /** At the end of the last pass only serving could be due, and since then there were only acquires and releases. */
  protected saturated = false;
  /** The slot whose newest holder is being told of its lease: what the pool is asked for meanwhile is requested by that holder. */
  protected slotBeingGranted: Slot<C> | null = null;
  /** The claim whose grant a full call stack has interrupted, until its recovery is scheduled: scheduling needs stack too. */
  protected interrupted: Claim<C> | null = null;
  protected overflow: RangeError | null = null;
  /** The number of state changes that the stats show. */
  protected changes = 0;
  /** The number of items that steps have taken off a list without a change of the stats. */
  protected dequeued = 0;

  /** Whether no caller waits and nothing is due: the state after most leases. */
  protected abstract get isQuiescent(): boolean;

  /** Takes the first decision that is due; false if none is. */
  protected abstract step(): boolean;

  /** No further decision is due: arms the timers. */
  protected abstract endPass(): void;

  /** Ends the lease of a caller whose call stack overflowed while it was served. */
  protected abstract recover(claim: Claim<C> | null, error: RangeError): void;

  abstract reportUnhandled(error: unknown): void;

  /** Marks the begin of user code. No decision is taken until `leave` is called with the returned value. */
  enter(): boolean {
    const outer = this.busy;
    this.busy = true;
    return outer;
  }

  leave(outer: boolean): void {
    this.busy = outer;
    this.decide();
  }

  /** Runs user code. What it throws is reported: the code that calls this rarely belongs to the same caller. */
  run(userCode: () => void): void {
    const outer = this.enter();
    try {
      userCode();
    } catch (error) {
      this.reportUnhandled(error);
    } finally {
      this.leave(outer);
    }
  }

  /** After an event other than an acquire or a release: anything may be due. */
  protected drain(): void {
    this.saturated = false;
    this.decide();
  }

  protected decide(): void {
    this.quiescent = !this.busy && this.isQuiescent;
    if (this.busy || this.quiescent) return;
    if (this.overflow !== null) this.scheduleRecovery();
    this.busy = true;
    this.passes++;
    let progressAtError = -1;
    for (;;) {
      try {
        if (!this.step()) break;
      } catch (error) {
        // An exception of one caller must not stop the loop for the others, nor become the outcome of the one that happens to be calling.
        // Only assignments at first: the stack may be full.
        const slot = this.slotBeingGranted;
        this.slotBeingGranted = null;
        this.interrupted = slot === null ? null : slot.holders.newest;
        this.overflow = error as RangeError;
        this.busy = false;
        if (error instanceof RangeError) {
          this.scheduleRecovery();
          return;
        }
        this.interrupted = this.overflow = null;
        this.busy = true;
        this.reportUnhandled(error);
        // A step that throws twice without progress would throw for ever.
        const progress = this.changes + this.dequeued;
        if (progress === progressAtError) break;
        progressAtError = progress;
      }
    }
    this.busy = false;
    this.endPass();
  }

  /** Recovers in a later microtask, with an empty stack. If that does not fit on the stack either, the next decision schedules it. */
  protected scheduleRecovery(): void {
    const { interrupted, overflow } = this;
    void Promise.resolve().then(() => {
      this.recover(interrupted, overflow!);
    });
    this.interrupted = this.overflow = null;
  }
}
