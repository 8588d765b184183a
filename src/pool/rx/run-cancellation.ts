import type { ObservableInput } from 'rxjs';
import type { PoolError } from '../errors';
import { RunOutcome } from './run-outcome';
import { cancelled } from './run-state';
import type { Phase } from './run-state';
import { runToEnd } from './run-to-end';

/** How a run ends before its work has: its subscriber unsubscribes, or its connection is lost. */
export abstract class RunCancellation<C, R> extends RunOutcome<C, R> {
  // ---------------------------------------------------------------- by the subscriber

  unsubscribe(): void {
    switch (this.phase) {
      case 'waiting':
        this.end();
        this.pool.core.withdraw(this);
        this.pool.core.release(this);
        break;
      case 'starting':
      case 'piping':
        if (this.settled !== null) return;
        this.settled = cancelled;
        this.teardowns?.unsubscribe();
        break;
      case 'running':
        this.inContext(() => {
          this.cancel();
        });
    }
  }

  /** The subscriber has unsubscribed during the start. It is not the caller of this, so what a teardown throws is reported. */
  protected cancelSynchronous(): void {
    try {
      this.cancel();
    } catch (error) {
      this.teardownFailed(error);
    }
  }

  protected teardownFailed(error: unknown): void {
    this.pool.core.reportUnhandled(error);
  }

  /** The subscriber has unsubscribed before the work has ended. */
  private cancel(): void {
    const { core, runs: settings } = this.pool;
    const outer = core.enter();
    try {
      this.end();
      this.abort(undefined);
      if (typeof this.stopper === 'function') this.drainUntilStopped(this.stopper);
      else {
        try {
          this.teardowns?.unsubscribe();
        } finally {
          if (settings.onCancel === 'release') core.operationEnded(this, 'cancelledOperations', 'released');
          else if (settings.onCancel === 'discard')
            core.operationEnded(this, 'cancelledOperations', 'discarded', unfinished());
          else this.drainUntilClean(settings.onCancel);
        }
      }
    } finally {
      core.leave(outer);
    }
  }

  private drainUntilStopped(requestStop: () => void): void {
    const { core } = this.pool;
    core.operationEnded(this, 'cancelledOperations', 'kept');
    const { cancelTimeout } = this.pool.runs;
    if (this.state === 'held') this.phase = 'draining';
    if (this.phase === 'draining' && cancelTimeout !== Infinity) {
      const cancelTimer = core.clock.after(
        cancelTimeout,
        () => {
          this.end();
          core.discard(this, new Error(`the cancelled work did not end within ${cancelTimeout} ms (cancelTimeout)`));
        },
        false,
      );
      this.onceEnded(cancelTimer);
    }
    requestStop();
  }

  private drainUntilClean(clean: (connection: C) => ObservableInput<unknown>): void {
    const { core, runs } = this.pool;
    core.operationEnded(this, 'cancelledOperations', 'kept');
    // A subscriber of the stats may have caused its loss just now.
    const { slot } = this;
    if (slot === null) return;
    this.phase = 'draining';
    const stop = runToEnd(
      core.clock,
      runs.cancelTimeout,
      () => clean(slot.connection as C),
      (failure) => {
        core.run(() => {
          this.end();
          if (failure === undefined) core.release(this);
          else core.discard(this, failure.error);
        });
      },
    );
    if ((this.phase as Phase) === 'draining') this.onceEnded(stop);
    // It has ended already, or the connection was lost inside the call: no caller waits for what it has begun.
    else stop();
  }

  // ---------------------------------------------------------------- by the loss of the connection

  revoked(error: PoolError): void {
    switch (this.phase) {
      case 'waiting':
        this.failed(error);
        break;
      case 'starting':
      case 'piping':
      case 'running':
        this.graceAfterLoss(error);
        this.abort(error);
        break;
      case 'draining':
        this.end();
    }
  }

  override interrupted(error: PoolError): void {
    if (this.phase === 'starting' || this.phase === 'piping') this.phase = 'running';
    this.revoked(error);
  }

  /** The connection is lost. Work that observes its signal, or the connection, may end by itself in this turn. */
  private graceAfterLoss(error: PoolError): void {
    const { core } = this.pool;
    core.lossGrace++;
    const cancel = core.clock.after(
      0,
      () => {
        this.inContext(() => {
          if (typeof this.stopper === 'function') this.stopper();
          this.settle({ outcome: 'failedOperations', error });
        });
      },
      true,
    );
    this.onceEnded(() => {
      core.lossGrace--;
      cancel();
    });
  }
}

const unfinished = (): Error => new Error('the work was cancelled (onCancel)');
