import { from, Subscriber } from 'rxjs';
import type { ObservableInput, Unsubscribable } from 'rxjs';
import type { Cancel, Clock } from '../time/clock';
import { thrownBy } from './rxjs-internals';

/**
 * Subscribes to the result of a user's function until it ends, at most for `ms`, and calls `done` once: with the error if it failed
 * or timed out, otherwise without. A function that returns nothing is done at once. The returned function stops the run
 * without a call of `done`.
 */
export function runToEnd(
  clock: Clock,
  ms: number,
  userCode: () => ObservableInput<unknown> | undefined,
  done: (failure?: { error: unknown }) => void,
): Cancel {
  let cancelTimer: Cancel | null = null;
  let ended = false;
  const end = (failure?: { error: unknown }): void => {
    if (ended) return;
    ended = true;
    cancelTimer?.();
    done(failure);
  };
  const subscriber = new Subscriber<unknown>({
    next: () => undefined,
    // Its own teardown runs first: `done` may lend the connection to another caller.
    error: (error: unknown) => {
      unsubscribeQuietly(subscriber);
      end({ error });
    },
    complete: () => {
      unsubscribeQuietly(subscriber);
      end();
    },
  });
  try {
    const running = userCode();
    if (running === undefined) end();
    else from(running).subscribe(subscriber);
  } catch (error) {
    end({ error });
  }
  if (!ended && ms !== Infinity) {
    cancelTimer = clock.after(
      ms,
      () => {
        unsubscribeQuietly(subscriber);
        end({ error: new Error(`it did not end within ${ms} ms`) });
      },
      false,
    );
  }
  return () => {
    ended = true;
    cancelTimer?.();
    unsubscribeQuietly(subscriber);
  };
}

/** Returns the error of a teardown instead of throwing it: at the end it concerns no caller. */
export function unsubscribeQuietly(subscription: Unsubscribable): unknown {
  try {
    subscription.unsubscribe();
    return undefined;
  } catch (error) {
    return thrownBy(error);
  }
}
