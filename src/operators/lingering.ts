import type { ClaimState } from '../pool/claim';

interface Run {
  readonly state: ClaimState;
}

/**
 * Knows the runs that still use their connections although they have been cancelled: promises, and whatever else cannot be
 * stopped. Costs nothing for those that end by themselves.
 */
export class Lingering {
  private readonly runs = new Set<Run>();
  private waiting: (() => void)[] = [];

  add(run: Run): void {
    this.runs.add(run);
  }

  /** A run is about to end, or to be cancelled: which of the two shows a microtask later. */
  look(run: Run): void {
    if (!this.runs.has(run)) return;
    void Promise.resolve().then(() => {
      if (run.state === 'held') return;
      this.runs.delete(run);
      if (this.runs.size > 0) return;
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    });
  }

  /** Resolves when none of them has a connection any more. */
  gone(): Promise<void> {
    if (this.runs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
