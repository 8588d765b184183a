import { time } from '../../diagnosis/words';

export { time };

export const perSecond = (value: number): string =>
  value >= 1_000
    ? `${Number((value / 1_000).toPrecision(3))}k`
    : value >= 10
      ? String(Math.round(value))
      : String(Number(value.toPrecision(2)));

const clockFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** A date in local time; a time of a run that began at 0 as a duration. */
export const clock = (at: number): string => (at > 1e11 ? clockFormat.format(at) : time(at));

export const words: Readonly<Record<string, string>> = {
  healthy: 'healthy',
  draining: 'draining',
  destroyed: 'destroyed',
  'dead-target': 'target down',
  leak: 'leak',
  overload: 'overload',
  'slow-checks': 'slow checks',
  'slow-work': 'slow work',
  'slow-connects': 'slow connects',
  'too-small': 'too small',
  reconnecting: 'reconnecting',
  'failing-work': 'work fails',
  passed: 'passed',
  'not-passed': 'not passed',
};

/** A sign in addition to the colour. */
export const signs: Readonly<Record<string, string>> = { critical: '✕', warning: '!', notice: 'ⓘ', ok: '✓' };

/** Letters that are written from right to left, and the spaces between them. */
const rightToLeft = /((?:[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+ *)+(?<! ))/u;

/** The pieces of a text, in turn from left to right and from right to left: they are isolated from each other, so that none reorders the next. */
export const directions = (text: string): readonly string[] => text.split(rightToLeft);
