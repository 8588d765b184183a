import { describeValue } from '../pool/values/describe';
import type { Histogram } from '../pool/metrics/histogram';
import { formatMs } from './format-ms';
import { outcomes } from './outcome';
import type { Outcome } from './outcome';

/** The figures of a run that thresholds can bound. */
export interface Figures {
  /** Measured operations that have ended. */
  readonly ended: number;
  readonly throughput: number;
  /** From 0 to 1. */
  readonly saturated: number;
  readonly utilisation: number;
  readonly queueLength: number;
  readonly times: Readonly<Record<TimeName, Histogram>>;
  readonly counts: Readonly<Record<Outcome, number>>;
}

export type TimeName = 'wait' | 'use' | 'total' | 'lag' | 'fromStart.wait' | 'fromStart.total';

/** The result of checking a threshold. */
export interface ThresholdResult {
  /** The threshold as it was given. */
  readonly threshold: string;
  /** Whether it held; false where nothing was measured. */
  readonly passed: boolean;
  /** The measured figure: milliseconds, a share from 0 to 1, operations per second, or a count. */
  readonly value: number;
  /** The figure as text, such as `wait.p99 is 12.4 ms`. */
  readonly summary: string;
}

/** A threshold that has been read. `check` may be called any number of times. */
export interface Threshold {
  readonly text: string;
  /** The percentile and the bound in ms, if it is an upper bound on a percentile of the wait; otherwise null. */
  readonly waitBound: { readonly percent: number; readonly ms: number } | null;
  check(figures: Figures): ThresholdResult;
}

const timeNames: readonly TimeName[] = ['wait', 'use', 'total', 'lag', 'fromStart.wait', 'fromStart.total'];
const statNames = ['min', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'];
const units: Readonly<Record<string, number>> = { us: 0.001, µs: 0.001, ms: 1, s: 1_000, min: 60_000 };
const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};
const shareNames = ['saturated', 'utilisation'] as const;
const countNames = ['errors', ...outcomes] as const;
const examples = `'wait.p99<20ms', 'total.mean<=1.5s', 'errors<1%', 'throughput>500/s'`;

/** Reads a threshold. Returns a text that says what is wrong with it, if it is not valid. */
export function readThreshold(text: unknown, what: string): Threshold | string {
  const match = typeof text === 'string' ? /^\s*([\w.]+)\s*(<=|>=|<|>)\s*([\d.]+)\s*([^\d\s]*)\s*$/.exec(text) : null;
  if (match === null || Number.isNaN(Number(match[3]))) {
    return `${what} must be a figure, a comparison and a bound, such as ${examples}, but got ${describeValue(text)}`;
  }
  const [, name = '', sign = '', digits = '', unit = ''] = match;
  const wrong = (why: string): string => `${what} ${describeValue(text)}: ${why}`;
  const bound = Number(digits);
  const compare = comparisons[sign]!;
  const build = (
    figure: (figures: Figures) => number,
    limit: number,
    say: (value: number) => string,
    waitBound: Threshold['waitBound'] = null,
  ): Threshold => ({
    text: text as string,
    waitBound,
    check: (figures) => {
      const value = figure(figures);
      const nothing = figures.ended === 0;
      // With nothing measured the figure is 0, which an upper bound would accept.
      const passed = !nothing && compare(value, limit);
      const summary = nothing ? `${name} is not known: no operation was measured` : `${name} is ${say(value)}`;
      return { threshold: text as string, passed, value, summary };
    },
  });

  const time = timeNames.find((each) => name.startsWith(`${each}.`));
  if (time !== undefined) {
    const stat = name.slice(time.length + 1);
    const percent = /^p(\d+(?:\.\d+)?)$/.exec(stat);
    const isPercentile = percent !== null && Number(percent[1]) <= 100;
    if (!isPercentile && stat !== 'min' && stat !== 'mean' && stat !== 'max') {
      return wrong(
        `of ${time} there are ${statNames.join(', ')} and other percentiles, but not ${describeValue(stat)}`,
      );
    }
    const scale = units[unit];
    if (scale === undefined) {
      return wrong(`${name} is a time: its bound needs a unit, one of ${Object.keys(units).join(', ')}`);
    }
    const limit = bound * scale;
    const of = (histogram: Histogram): number =>
      isPercentile ? histogram.percentile(Number(percent[1])) : histogram[stat as 'min' | 'mean' | 'max'];
    const isWaitBound = isPercentile && time === 'wait' && sign.startsWith('<');
    const waitBound = isWaitBound ? { percent: Number(percent[1]), ms: limit } : null;
    const threshold = build(({ times }) => of(times[time]), limit, formatMs, waitBound);
    return {
      ...threshold,
      check: (figures) => {
        const result = threshold.check(figures);
        if (figures.times[time].count > 0 || figures.ended === 0) return result;
        return { ...result, passed: false, summary: `${name} is not known: no operation got so far` };
      },
    };
  }
  if (timeNames.includes(name as TimeName)) {
    return wrong(`${name} is a distribution: say which figure of it, such as ${name}.p99 (${statNames.join(', ')})`);
  }
  if (name === 'throughput') {
    if (unit !== '' && unit !== '/s') return wrong(`throughput is in operations per second: its unit is /s, or none`);
    return build(
      ({ throughput }) => throughput,
      bound,
      (value) => `${formatNumber(value)}/s`,
    );
  }
  if (name === 'queueLength') {
    if (unit !== '') return wrong(`queueLength is the longest queue of callers: a number without a unit`);
    return build(({ queueLength }) => queueLength, bound, formatNumber);
  }
  const share = shareNames.find((each) => each === name);
  if (share !== undefined) {
    if (unit !== '%') return wrong(`${share} is a share of the time: its bound is in %`);
    return build((figures) => figures[share], bound / 100, formatPercent);
  }
  const counted = countNames.find((each) => each === name);
  if (counted !== undefined) {
    if (unit !== '' && unit !== '%') return wrong(`${counted} is a number of operations, or with % a share of them`);
    const count = ({ counts, ended }: Figures): number =>
      counted === 'errors' ? ended - counts.succeeded : counts[counted];
    return unit === '%'
      ? build((figures) => (figures.ended === 0 ? 0 : count(figures) / figures.ended), bound / 100, formatPercent)
      : build(count, bound, formatNumber);
  }
  return wrong(
    `there is no figure ${describeValue(name)}; there are ${[...timeNames.map((each) => `${each}.…`), 'throughput', 'queueLength', ...shareNames, ...countNames].join(', ')}`,
  );
}

const formatNumber = (value: number): string => String(Math.round(value * 10) / 10);
const formatPercent = (value: number): string => `${Math.round(value * 1_000) / 10} %`;
