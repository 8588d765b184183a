import type { Observable, Subscription } from 'rxjs';

/** In ms: how long work in flight may take to end. */
export const GRACE_MS = 5_000;

/** Handles termination signals: the first one calls `begin`; the second one, or the end of the grace, calls `now`. */
export class Interruption {
  /** The first signal. */
  signal: NodeJS.Signals | undefined;

  private readonly listening: Subscription;
  private timer: NodeJS.Timeout | undefined;

  constructor(signals$: Observable<NodeJS.Signals>, begin: () => void, now: () => void, grace = GRACE_MS) {
    this.listening = signals$.subscribe((signal) => {
      if (this.signal === undefined) {
        this.signal = signal;
        this.timer = setTimeout(now, grace);
        begin();
      } else now();
    });
  }

  /** Stops handling signals. */
  stopListening(): void {
    clearTimeout(this.timer);
    this.listening.unsubscribe();
  }
}
