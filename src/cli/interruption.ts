import type { Observable, Subscription } from 'rxjs';

/** In ms: how long what runs may take to end. */
export const GRACE_MS = 5_000;

/**
 * The wish to end: the first signal begins the end, the second one does not wait for it, and neither does anybody after the grace.
 */
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

  /** Signals are somebody else's again. */
  stopListening(): void {
    clearTimeout(this.timer);
    this.listening.unsubscribe();
  }
}
