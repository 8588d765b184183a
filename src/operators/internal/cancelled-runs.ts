import type { ClaimState } from '../../pool/state/claim';

interface Run {
  readonly state: ClaimState;
  readonly over: boolean;
}

/**
 * Knows the runs that still use their connections although they have been cancelled: promises, and whatever else cannot be
 * stopped. Costs nothing for those that end by themselves.
 */
export class CancelledRuns {
  private readonly runs = new Set<Run>();
  private waiting: (() => void)[] = [];

  /** A run has been unsubscribed: does it still hold its connection? */
  add(run: Run): void {
    if (run.state !== 'held' || this.runs.has(run)) return;
    this.runs.add(run);
    // Its own `end` is put before that of its class: a subclass would cost every run what only these need.
    const ending = run as Run & { end(): void };
    const end = ending.end.bind(run);
    ending.end = () => {
      end();
      this.look(run);
    };
    // Inside of its own teardown, or of a listener of its signal, it has come past its `end`.
    if (run.over) this.look(run);
  }

  /** Resolves when none of them has a connection any more. */
  allReleased(): Promise<void> {
    if (this.runs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The run is about to end, or to linger: which of the two shows a microtask later. */
  private look(run: Run): void {
    void Promise.resolve().then(() => {
      if (run.state === 'held') return;
      this.runs.delete(run);
      if (this.runs.size > 0) return;
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    });
  }
}
