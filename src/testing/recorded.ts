import type { PoolEvent, PoolEventDetails } from '../pool/reports/events';
import type { PoolStats } from '../pool/rx/stats';
import type { ConnectionPool } from '../pool/connection-pool';
import { compareMessages } from './compare';
import { deepEqual } from './equality';
import { parseMarbles, parseRows } from './marbles';
import type { Message } from './show';
import type { TestRun } from './test-run';

type AnyPool = Pick<ConnectionPool<unknown>, 'name' | 'stats$' | 'events$'>;

/** What `expectStats` compares: a letter for each state, with the figures that matter. */
export interface StatsExpectation {
  toBe(marbles: string, values: Readonly<Record<string, Partial<PoolStats>>>): void;
}

/** What `expectStats` of one figure compares: digits and letters stand for themselves. */
export interface StatsFigureExpectation<V> {
  toBe(marbles: string, values?: Readonly<Record<string, V>>): void;
}

/** A property of an event, whichever events have it. */
export type EventFields<E = PoolEventDetails> = E extends unknown ? Partial<E> : never;

/** What a letter of `expectEvents` stands for: a type of event, or the properties that matter. */
export type ExpectedEvent = PoolEvent['type'] | EventFields;

/** Which events `expectEvents` compares: of this type, of these types, or those for which the function returns true. */
export type EventFilter = PoolEvent['type'] | readonly PoolEvent['type'][] | ((event: PoolEvent) => boolean);

/** What `expectEvents` compares. */
export interface EventsExpectation {
  /** Several rows are one above the other, for events that one row cannot show. */
  toBe(marbles: string | readonly string[], values?: Readonly<Record<string, ExpectedEvent>>): void;
}

const message = (frame: number, value: unknown): Message => ({
  frame,
  notification: { kind: 'N', value, error: undefined },
});
const end = (frame: number): Message => ({ frame, notification: { kind: 'C', value: undefined, error: undefined } });

export function expectStats(run: TestRun, pool: AnyPool, figure?: keyof PoolStats): StatsFigureExpectation<unknown> {
  const what = `expectStats of pool '${nameOf(pool)}'${figure === undefined ? '' : `, ${figure}`}`;
  run.assertPool(pool, 'expectStats');
  if (figure !== undefined && !(figure in pool.stats$.value)) {
    throw new TypeError(
      `expectStats knows no figure '${figure as string}'; the figures are ${Object.keys(pool.stats$.value).join(', ')}`,
    );
  }
  const complete = run.expectations.add(what);
  const snapshots: { readonly frame: number; readonly stats: PoolStats }[] = [];
  let endedAt: number | null = null;
  run.expectations.subscriptions.add(
    pool.stats$.subscribe({
      next: (stats) => snapshots.push({ frame: run.scheduler.frame, stats }),
      complete: () => (endedAt = run.scheduler.frame),
    }),
  );
  /** The last state of each frame, where it differs from the one before. */
  const states = (view: (stats: PoolStats) => unknown): Message[] => {
    const messages: Message[] = [];
    let before: unknown;
    for (const [i, { frame, stats }] of snapshots.entries()) {
      const state = view(stats);
      if (snapshots[i + 1]?.frame === frame || (messages.length > 0 && deepEqual(state, before))) continue;
      before = state;
      messages.push(message(frame, state));
    }
    return endedAt === null ? messages : [...messages, end(endedAt)];
  };
  return {
    toBe: (marbles, values) => {
      const expected = parseMarbles('expectStats', marbles, { values });
      const written = parseMarbles('expectStats', marbles);
      if (figure !== undefined) {
        const isText = values === undefined;
        const view = (stats: PoolStats): unknown => (isText ? String(stats[figure]) : stats[figure]);
        complete(() => compareMessages(states(view), expected, { written }));
        return;
      }
      if (values === undefined) {
        throw new TypeError(
          "expectStats needs values, such as { a: { inUseConnections: 1 } }, or the name of a figure: expectStats(pool, 'inUseConnections')",
        );
      }
      const names = [...new Set(Object.values(values).flatMap((each) => Object.keys(each as object)))];
      const view = (stats: PoolStats): unknown => Object.fromEntries(names.map((name) => [name, stats[name as 'seq']]));
      // A letter without one of the figures matches any value of that.
      const matches = (actual: unknown, wanted: unknown): boolean => isPart(actual, wanted);
      complete(() => compareMessages(states(view), expected, { written, matches }));
    },
  };
}

export function expectEvents(run: TestRun, pool: AnyPool, filter?: EventFilter): EventsExpectation {
  const what = `expectEvents of pool '${nameOf(pool)}'`;
  run.assertPool(pool, 'expectEvents');
  const complete = run.expectations.add(what);
  const types = typeof filter === 'function' || filter === undefined ? null : new Set([filter].flat());
  const isWanted = typeof filter === 'function' ? filter : ({ type }: PoolEvent) => types === null || types.has(type);
  const messages: Message[] = [];
  run.expectations.subscriptions.add(
    pool.events$.subscribe((event) => {
      if (!isWanted(event)) return;
      const { pool: _pool, at: _at, elapsed: _elapsed, ...details } = event;
      messages.push(message(run.scheduler.frame, details));
    }),
  );
  return {
    toBe: (marbles, values) => {
      const expected = parseRows('expectEvents', marbles, { values });
      const written = parseRows('expectEvents', marbles);
      if (values === undefined && expected.length > 0 && types?.size !== 1) {
        throw new TypeError(
          "expectEvents needs values that say what each letter is, such as { a: 'acquired', t: { type: 'timedOut' } }",
        );
      }
      // With one type, any letter stands for it.
      const one = types?.size === 1 && values === undefined;
      const matches = (actual: unknown, wanted: unknown): boolean =>
        one || (typeof wanted === 'string' ? (actual as PoolEvent).type === wanted : isPart(actual, wanted));
      complete(() => compareMessages(messages, expected, { written, matches }));
    },
  };
}

/** Whether a value has the properties of another one. */
function isPart(actual: unknown, wanted: unknown): boolean {
  if (typeof actual !== 'object' || actual === null || typeof wanted !== 'object' || wanted === null) {
    return deepEqual(actual, wanted);
  }
  return Object.entries(wanted).every(([key, value]) => deepEqual((actual as Record<string, unknown>)[key], value));
}

const nameOf = (pool: AnyPool | null | undefined): string => pool?.name ?? '?';
