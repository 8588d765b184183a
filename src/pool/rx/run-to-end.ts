import { from, Subscriber } from 'rxjs';
import type { ObservableInput, Unsubscribable } from 'rxjs';
import type { Cancel, Clock } from '../time/clock';
import { thrownBy } from './teardown-error';

/**
 * Runs what a user's function returns until it ends, at most `ms`, and says so once: with the error when it failed
 * or took too long, with nothing when it is done. A function that returns nothing is done at once. What this returns stops it
 * without a word.
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
    // Its own teardown comes first: what follows may be another user of the connection.
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

/** Returns what a teardown throws: at the end it concerns no caller any more. */
export function unsubscribeQuietly(subscription: Unsubscribable): unknown {
  try {
    subscription.unsubscribe();
    return undefined;
  } catch (error) {
    return thrownBy(error);
  }
}
