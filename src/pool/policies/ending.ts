import type { Cancel, Clock } from '../time/clock';
import type { PoolError } from '../errors';
import { closedByDestroy } from '../reports/refusals';

/** How far `destroy` has come, and for how long it is patient with what is lent. */
export class Ending {
  private swept = false;
  private outOfPatience = false;
  private cancelPatience: Cancel | null = null;
  /** Keeps the process alive until the end has come: somebody waits for it. */
  private cancelVigil: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
  ) {}

  begin(timeout: number): void {
    this.cancelVigil = this.clock.after(Infinity, () => undefined, true);
    if (timeout === 0) {
      this.outOfPatience = true;
    } else if (timeout !== Infinity) {
      this.cancelPatience = this.clock.after(
        timeout,
        () => {
          this.cancelPatience = null;
          this.outOfPatience = true;
          this.wake();
        },
        true,
      );
    }
  }

  /** True once: it is time to close what nobody holds. */
  mayCloseWhatIsFree(): boolean {
    const first = !this.swept;
    this.swept = true;
    return first;
  }

  /** True once: whoever still holds a connection has had his time. */
  mayCloseWhatIsLent(): boolean {
    const first = this.outOfPatience;
    this.outOfPatience = false;
    return first;
  }

  impatience(name: string): PoolError {
    return closedByDestroy(name);
  }

  end(): void {
    this.cancelVigil?.();
    this.cancelPatience?.();
    this.cancelVigil = this.cancelPatience = null;
  }
}
