import { isObservable, Observable, Subscription } from 'rxjs';
import type { RunHelpers, TestScheduler } from 'rxjs/testing';
import { callSite, errorAt } from './call-site';
import { compareMessages, compareSubscriptions } from './compare';
import { parseMarbles, parseSubscriptions } from './marbles';
import { show } from './show';
import type { Message } from './show';

type ExpectObservable = RunHelpers['expectObservable'];
type ExpectSubscriptions = RunHelpers['expectSubscriptions'];

interface Check {
  readonly what: string;
  /** The text of the failure; null if it holds. Undefined until the expectation is complete. */
  compare: (() => string | null) | undefined;
  site: readonly string[];
}

interface Failure {
  readonly message: string;
  readonly site: readonly string[];
}

/**
 * The expectations of a test. They are checked when virtual time has passed, all of them, so that one failure shows everything. Like those of
 * `TestScheduler`, which however only tell a function that takes the values whether they are equal.
 */
export class Expectations {
  private checks: Check[] = [];
  private readonly failures: Failure[] = [];
  /** The subscriptions of `expectObservable`: they end when the test ends. */
  readonly subscriptions = new Subscription();

  constructor(private readonly scheduler: TestScheduler) {}

  /** Registers an expectation; the function that is returned completes it. */
  add(what: string): (compare: () => string | null) => void {
    const check: Check = { what, compare: undefined, site: callSite() };
    this.checks.push(check);
    return (compare) => {
      check.compare = compare;
      check.site = callSite();
    };
  }

  fail(message: string, site: readonly string[] = []): void {
    this.failures.push({ message, site });
  }

  /** Throws if anything that could be checked did not hold. */
  verify(): void {
    this.checks = this.checks.filter(({ what, compare, site }) => {
      if (compare === undefined) return true;
      const found = compare();
      if (found !== null) this.fail(`${what}: ${found}`, site);
      return false;
    });
    this.throwFailures();
  }

  /** At the end: an expectation without `toBe` would assert nothing. */
  verifyAll(): void {
    this.verify();
    for (const { what, site } of this.checks)
      this.fail(`${what} is not followed by .toBe(…), so it asserts nothing`, site);
    this.throwFailures();
  }

  private throwFailures(): void {
    const failures = this.failures.splice(0);
    if (failures.length === 0) return;
    const [first] = failures;
    const message =
      failures.length === 1
        ? first!.message
        : failures.map(({ message: each, site }, i) => `${i + 1}) ${each}${placeOf(site)}`).join('\n\n');
    throw errorAt(message, failures.find(({ site }) => site.length > 0)?.site ?? []);
  }

  readonly expectObservable: ExpectObservable = (observable, subscriptionMarbles = null) => {
    const what = 'expectObservable';
    if (!isObservable(observable)) {
      throw new TypeError(`${what} takes an Observable, but got ${show(observable)}`);
    }
    const complete = this.add(what);
    const times = subscriptionMarbles === null ? undefined : parseSubscriptions(what, subscriptionMarbles);
    const from = times === undefined || times.subscribedFrame === Infinity ? 0 : times.subscribedFrame;
    const actual = this.record(observable, from, times?.unsubscribedFrame ?? Infinity);
    return {
      toBe: (marbles: string, values?: unknown, error?: unknown) => {
        const expected = parseMarbles(what, marbles, { values, subscription: true }, error);
        const written = parseMarbles(what, marbles, { subscription: true });
        complete(() => compareMessages(actual, expected, { written }));
      },
      toEqual: (other) => {
        const expected = this.record(other, from, Infinity);
        complete(() => compareMessages(actual, expected));
      },
    };
  };

  readonly expectSubscriptions: ExpectSubscriptions = (actual) => {
    const what = 'expectSubscriptions';
    if (!Array.isArray(actual)) {
      throw new TypeError(
        `${what} takes the subscriptions of a cold, a hot or a scripted connector, but got ${typeof actual}`,
      );
    }
    const complete = this.add(what);
    return {
      toBe: (marbles) => {
        const expected = [marbles]
          .flat()
          .map((each) => parseSubscriptions(what, each))
          .filter(({ subscribedFrame }) => subscribedFrame !== Infinity);
        complete(() => compareSubscriptions(actual, expected));
      },
    };
  };

  /** Subscribes in virtual time, and records. */
  private record(observable: Observable<unknown>, from: number, until: number): Message[] {
    const { scheduler, subscriptions } = this;
    const messages: Message[] = [];
    const subscription = new Subscription();
    subscriptions.add(subscription);
    scheduler.schedule(() => {
      if (subscription.closed) return;
      subscription.add(this.recordInto(messages, observable, 0));
    }, from);
    if (until !== Infinity) {
      scheduler.schedule(() => {
        subscription.unsubscribe();
      }, until);
    }
    return messages;
  }

  /** An Observable that is emitted is recorded in the place of the value, with times from its emission. */
  private recordInto(messages: Message[], observable: Observable<unknown>, start: number): Subscription {
    const { scheduler } = this;
    const add = (notification: Message['notification']): void => {
      messages.push({ frame: scheduler.frame - start, notification });
    };
    return observable.subscribe({
      next: (value) => {
        if (!(value instanceof Observable)) {
          add({ kind: 'N', value, error: undefined });
          return;
        }
        const inner: Message[] = [];
        this.subscriptions.add(this.recordInto(inner, value, scheduler.frame));
        add({ kind: 'N', value: inner, error: undefined });
      },
      error: (error: unknown) => {
        add({ kind: 'E', value: undefined, error });
      },
      complete: () => {
        add({ kind: 'C', value: undefined, error: undefined });
      },
    });
  }
}

const placeOf = (site: readonly string[]): string => (site[0] === undefined ? '' : `\n\n  ${site[0]}`);
