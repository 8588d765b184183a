import type { ClaimState } from '../../pool/state/claim-and-slot';

/** A run that may hold its connection after it was cancelled. */
export interface CancelledRun {
  readonly state: ClaimState;
  readonly hasEnded: boolean;
  onceEnded(fn: () => void): void;
}

/**
 * The cancelled runs that still hold their connections: promises, and other work that cannot be stopped. A run that ends by itself is never
 * in it, and costs nothing.
 */
export class CancelledRuns {
  private readonly runs = new Set<CancelledRun>();
  private waiting: (() => void)[] = [];

  /** Called when a run was unsubscribed. Keeps it as long as it holds its connection. */
  add(run: CancelledRun): void {
    if (run.state !== 'held' || this.runs.has(run)) return;
    this.runs.add(run);
    // Unsubscribed inside of its own teardown, or of a listener of its signal, the run has ended already.
    if (run.hasEnded) this.checkLater(run);
    else this.watch(run);
  }

  /** Resolves when every cancelled run has released its connection. */
  allReleased(): Promise<void> {
    if (this.runs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private watch(run: CancelledRun): void {
    run.onceEnded(() => {
      this.checkLater(run);
    });
  }

  /** Whether an ended run releases its connection, or holds it until its work has stopped, is decided within the same microtask. */
  private checkLater(run: CancelledRun): void {
    void Promise.resolve().then(() => {
      if (run.state === 'held') {
        if (!run.hasEnded) this.watch(run);
        return;
      }
      this.runs.delete(run);
      if (this.runs.size > 0) return;
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    });
  }
}
