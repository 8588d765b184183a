import { asyncScheduler } from 'rxjs';
import type { Clock } from '../../pool/time/clock';
import { InvalidConfigError } from '../../pool/errors';
import { describeValue } from '../../pool/values/describe';
import { schedulerClock } from '../../pool/rx/scheduler-clock';
import { IteratorSource } from './iterator-source';
import { isPullIterable } from './pull-iterable';
import { ReaderSource } from './reader-source';
import type { Reader } from './reader-source';
import type { PullSource, Receiver, Source } from './source';
import { SyncSource } from './sync-source';
import { unwrapIxFrom } from './ix-internals';

/** A source, with the members by which its kind is recognised. */
interface Drawable<T> {
  readonly [Symbol.asyncIterator]?: (signal?: AbortSignal) => AsyncIterator<T>;
  readonly [Symbol.iterator]?: () => Iterator<T>;
  readonly getReader?: () => Reader<T>;
  readonly subscribe?: unknown;
  readonly pipe?: unknown;
  readonly destroy?: () => unknown;
}

const realTime = schedulerClock(asyncScheduler);

/** Refuses what cannot be drawn from, when the operator is put on it. */
export function checkSource(operator: string, source: unknown): void {
  const found = source as Drawable<unknown> | null | undefined;
  const able =
    isMethod(found?.[Symbol.asyncIterator]) || isMethod(found?.[Symbol.iterator]) || isMethod(found?.getReader);
  if (able && typeof source !== 'string') return;
  const issue =
    typeof source === 'string'
      ? `a string would be drawn letter by letter: give it as [${describeValue(source)}]`
      : isMethod(found?.subscribe)
        ? `an Observable pushes, whether or not a slot is free: use the operators of 'rxjs-connection-pool' for it`
        : `the source must be an AsyncIterable or an Iterable, but got ${describeValue(source)}`;
  throw new InvalidConfigError('pool', `${operator} cannot draw`, [issue]);
}

/**
 * Begins to draw from anything that can be drawn from. Node and web streams are ended by their own means: their iterators hear
 * of a `return()` only when the next piece of data has come.
 */
export function openSource<T>(
  source: PullSource<T>,
  receiver: Receiver<T>,
  signal: AbortSignal | undefined,
  clock: Clock = realTime,
): Source {
  const inner = unwrapIxFrom(source);
  if (isPullIterable<T>(inner)) return inner.open(receiver, signal);
  const found = inner as Drawable<T>;
  if (found.getReader !== undefined) return new ReaderSource(found.getReader(), receiver);
  if (found[Symbol.asyncIterator] !== undefined) {
    const isNodeStream = isMethod(found.pipe) && isMethod(found.destroy);
    const destroy = isNodeStream ? (): unknown => found.destroy!() : undefined;
    return new IteratorSource(found[Symbol.asyncIterator]!(signal), receiver, clock, destroy);
  }
  return new SyncSource((inner as Iterable<T>)[Symbol.iterator](), receiver);
}

function isMethod(value: unknown): boolean {
  return typeof value === 'function';
}
