import type { Cancel, Clock } from './clock';

/** One timer of the pool's clock. Setting it again replaces the earlier time. */
export class Timer {
  private cancel: Cancel | null = null;

  /** `held`: whether it keeps the process alive, since a caller's answer depends on it. */
  constructor(
    private readonly clock: Clock,
    private readonly held: boolean,
    private readonly callback: () => void,
  ) {}

  get isSet(): boolean {
    return this.cancel !== null;
  }

  /** Fires once, in `ms` from now. */
  set(ms: number): void {
    this.cancel?.();
    this.cancel = this.clock.after(ms, this.fire, this.held);
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private readonly fire = (): void => {
    this.cancel = null;
    this.callback();
  };
}
