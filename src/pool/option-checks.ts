import { describeValue } from './values/describe';
import { optionIssues } from './values/option-issues';
import type { OptionCheck } from './values/option-issues';
import { maxTimerMs } from './time/clock';

/** Recognised by its members: it may come from another realm, or be a polyfill. */
export function isSignal(value: unknown): value is AbortSignal {
  return typeof (value as AbortSignal | null)?.addEventListener === 'function' && 'aborted' in (value as AbortSignal);
}

/** The problem with a count, or null: shared by everything that takes a count. */
export function countIssue(what: string, value: unknown, { least = 1, infinite = false } = {}): string | null {
  if (infinite && value === Infinity) return null;
  if (Number.isSafeInteger(value) && (value as number) >= least) return null;
  const wanted = least === 0 ? 'an integer of 0 or more' : 'a positive integer';
  return `${what} must be ${wanted}${infinite ? ' or Infinity' : ''}, but got ${describeValue(value)}`;
}

/** The problem with a time, or null. */
export function timeIssue(what: string, value: unknown): string | null {
  if (value === Infinity) return null;
  if (typeof value !== 'number' || !(value >= 0)) {
    return `${what} must be milliseconds, 0 or more, or Infinity for none, but got ${describeValue(value)}`;
  }
  return value <= maxTimerMs
    ? null
    : `${what} must be at most ${maxTimerMs} ms, or Infinity for none, but got ${describeValue(value)}`;
}

/** The problem with a scheduler, or null. */
export function schedulerIssue(what: string, value: unknown): string | null {
  return isRecord(value) && typeof value['schedule'] === 'function' && typeof value['now'] === 'function'
    ? null
    : `${what} must be an RxJS scheduler, but got ${describeValue(value)}`;
}

export type Rules = Record<string, OptionCheck>;

export const count: OptionCheck = (value, what) => countIssue(what, value);
export const countOrInfinity: OptionCheck = (value, what) => countIssue(what, value, { infinite: true });
export const countOrNone: OptionCheck = (value, what) => countIssue(what, value, { least: 0, infinite: true });
export const time: OptionCheck = (value, what) => timeIssue(what, value);
export const boolean: OptionCheck = (value, what) =>
  typeof value === 'boolean' ? null : `${what} must be true or false, but got ${describeValue(value)}`;
export const part: OptionCheck = (value, what) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? null
    : `${what} must be a number from 0 to 1, but got ${describeValue(value)}`;
export const fn: OptionCheck = (value, what) =>
  typeof value === 'function' ? null : `${what} must be a function, but got ${describeValue(value)}`;
export const text: OptionCheck = (value, what) =>
  typeof value === 'string' && value !== ''
    ? null
    : `${what} must be a string that is not empty, but got ${describeValue(value)}`;
export const oneOf =
  (...words: string[]): OptionCheck =>
  (value, what) =>
    words.includes(value as string)
      ? null
      : `${what} must be ${words.map((w) => `'${w}'`).join(' or ')}, but got ${describeValue(value)}`;
export const record =
  (inner: Rules, or: string): OptionCheck =>
  (value, what) =>
    isRecord(value)
      ? optionIssues(value, inner, `${what}.`)
      : `${what} must be ${or}an object with ${Object.keys(inner).join(' and ')}, but got ${describeValue(value)}`;

export const signal: OptionCheck = (value, what) =>
  isSignal(value) ? null : `${what} must be an AbortSignal, but got ${describeValue(value)}`;

export function isRecord(value: unknown): value is Record<string, unknown> {
  try {
    return (typeof value === 'object' || typeof value === 'function') && value !== null && !Array.isArray(value);
  } catch {
    // A revoked proxy throws on any access.
    return false;
  }
}
