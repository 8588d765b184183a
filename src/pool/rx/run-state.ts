import { Subscription } from 'rxjs';
import type { TeardownLogic, Unsubscribable } from 'rxjs';
import { Claim } from '../state/claim-and-slot';
import type { OperationOutcome } from '../state/counters';
import type { PoolInternals } from './internals';
import { isUnsubscribed } from './rxjs-internals';

/**
 * - `waiting`: for a connection;
 * - `starting`: inside the call of `work`, or inside the subscribe of its result;
 * - `piping`: the same, inside the subscribe of an Observable with operators;
 * - `running`;
 * - `draining`: cancelled, but work that cannot be stopped still uses the connection;
 * - `ended`.
 */
export type Phase = 'waiting' | 'starting' | 'piping' | 'running' | 'draining' | 'ended';

/** An outcome that is recorded while the work is being started. */
export interface Settled {
  readonly outcome: OperationOutcome;
  readonly error: unknown;
  /** The value of a promise. */
  readonly last?: { readonly value: unknown };
}

export const succeeded: Settled = { outcome: 'successfulOperations', error: undefined };
export const cancelled: Settled = { outcome: 'cancelledOperations', error: undefined };

/** What is known of one run of work: its phase, its signal, its teardowns, and what waits for its end. */
export abstract class RunState<C> extends Claim<C> implements Unsubscribable {
  protected phase: Phase = 'waiting';
  /**
   * How the work is stopped: by its teardowns, if it is an Observable that has any, or by a function that requests a stop, if it cannot be
   * forced to.
   */
  protected stopper: Subscription | (() => void) | null = null;
  protected settled: Settled | null = null;
  /** The signal, if the work has read it; or the reason with which it is aborted when it is read. */
  private abortion: AbortController | { readonly reason: unknown } | null = null;
  /** Stops the timers of the run when it has ended, and calls what else waits for that. */
  private endHook: (() => void) | null = null;

  constructor(
    /** The receiver of the outcome. */
    readonly sink: { readonly closed: boolean },
  ) {
    super();
  }

  protected abstract get pool(): PoolInternals<C>;

  abstract unsubscribe(): void;

  get isUnsubscribed(): boolean {
    return isUnsubscribed(this.sink);
  }

  get closed(): boolean {
    return this.settled !== null || this.hasEnded || this.phase === 'draining';
  }

  /** Whether nothing is left that could be stopped. */
  get hasEnded(): boolean {
    return this.phase === 'ended';
  }

  override get isWork(): boolean {
    return true;
  }

  override get isCancelledWork(): boolean {
    return this.phase === 'draining';
  }

  /** For calls that do not come from the work's own promises, which keep the context themselves. */
  protected inContext(fn: () => void): void {
    if (this.context === null) fn();
    else this.context.runInAsyncScope(fn);
  }

  // ---------------------------------------------------------------- the signal

  get signal(): AbortSignal {
    let { abortion } = this;
    if (!(abortion instanceof AbortController)) {
      const controller = new AbortController();
      if (abortion !== null) controller.abort(abortion.reason);
      abortion = this.abortion = controller;
      // Its listeners run in the context of the caller, whatever ends the run.
      this.context ??= this.pool.core.captureContext();
    }
    return abortion.signal;
  }

  protected abort(reason: unknown): void {
    if (this.abortion instanceof AbortController) this.abortion.abort(reason);
    else this.abortion ??= { reason };
  }

  // ---------------------------------------------------------------- the teardowns of the work

  add(teardown: TeardownLogic): void {
    if (!teardown || teardown === this) return;
    if (!this.closed) (this.teardowns ?? (this.stopper = new Subscription())).add(teardown);
    else if (typeof teardown === 'function') teardown();
    else teardown.unsubscribe();
  }

  remove(teardown: Exclude<TeardownLogic, void>): void {
    this.teardowns?.remove(teardown);
  }

  protected get teardowns(): Subscription | null {
    return typeof this.stopper === 'function' ? null : this.stopper;
  }

  // ---------------------------------------------------------------- the end

  protected end(): void {
    this.phase = 'ended';
    if (this.endHook !== null) this.callEndHook(this.endHook);
  }

  private callEndHook(hook: () => void): void {
    this.endHook = null;
    hook();
  }

  /**
   * Calls `fn` the next time that this run ends. Cancelled work that cannot be stopped ends twice: when it is cancelled, and when it
   * releases its connection.
   */
  onceEnded(fn: () => void): void {
    const { endHook } = this;
    this.endHook =
      endHook === null
        ? fn
        : () => {
            endHook();
            fn();
          };
  }
}
