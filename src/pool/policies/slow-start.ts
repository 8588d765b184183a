/** The first window: the number of concurrent connects of a pool that has measured nothing yet. */
const firstWindow = 4;

/**
 * The number of concurrent connects, as TCP's slow start sets it: the window doubles when a connect succeeds while more than one caller waits, and
 * falls to 1 when a connect fails or the queue has been empty for a while.
 */
export class SlowStart {
  window: number;

  constructor(private readonly maxOpening: number) {
    this.window = Math.min(firstWindow, maxOpening);
  }

  connected(waiting: number): void {
    if (waiting > 1) this.window = Math.min(this.window * 2, this.maxOpening);
  }

  restart(): void {
    this.window = 1;
  }
}
