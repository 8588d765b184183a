import { Histogram } from '../pool/metrics/histogram';
import type { HistogramJSON } from '../pool/metrics/histogram';
import { exponentialTimes, fixedTimes, histogramTimes, logNormalTimes, uniformTimes } from './distribution';
import type { Times } from './distribution';
import { isRecord } from './reader';
import type { ScenarioPart, ScenarioReader } from './reader';

const kinds = ['fixed', 'exponential', 'logNormal', 'uniform', 'histogram'] as const;
const wanted = `a time, or an object with one of ${kinds.join(', ')}`;

/** Whether the value is a distribution itself, and not an object with one as a field. */
export const isDistribution = (value: unknown): boolean =>
  !isRecord(value) || kinds.some((kind) => Object.hasOwn(value, kind));

export function readTimes(reader: ScenarioReader, part: ScenarioPart): Times | undefined {
  const { value, path } = part;
  if (!isRecord(value)) {
    if (typeof value !== 'number' && typeof value !== 'string') return reader.invalid(part, wanted);
    const ms = reader.time(part);
    return ms === undefined ? undefined : fixedTimes(ms);
  }
  const fields = reader.record(part, kinds, wanted)!;
  const given = kinds.filter((kind) => fields[kind].value !== undefined);
  const [kind] = given;
  if (given.length !== 1 || kind === undefined) {
    reader.issues.push(
      `${path} must be an object with one of ${kinds.join(', ')}, but got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
    return undefined;
  }
  return readers[kind](reader, fields[kind]);
}

const readers: Readonly<
  Record<(typeof kinds)[number], (reader: ScenarioReader, part: ScenarioPart) => Times | undefined>
> = {
  fixed: (reader, part) => {
    const ms = reader.time(part);
    return ms === undefined ? undefined : fixedTimes(ms);
  },
  exponential: (reader, part) => {
    const mean = reader.time(part);
    return mean === undefined ? undefined : exponentialTimes(mean);
  },
  logNormal: (reader, part) => {
    const fields = reader.record(part, ['median', 'p99'], 'an object with median and p99');
    if (fields === undefined) return undefined;
    const median = reader.time(fields.median);
    const p99 = reader.time(fields.p99);
    if (median === undefined || p99 === undefined) return undefined;
    if (median === 0) return reader.invalid(fields.median, 'more than 0');
    return p99 >= median
      ? logNormalTimes(median, p99)
      : reader.invalid(fields.p99, `at least the median (${median} ms)`);
  },
  uniform: (reader, part) => {
    const { value, path } = part;
    if (!Array.isArray(value) || value.length !== 2) return reader.invalid(part, 'an array of two times');
    const least = reader.time({ value: value[0] as unknown, path: `${path}[0]` });
    const most = reader.time({ value: value[1] as unknown, path: `${path}[1]` });
    if (least === undefined || most === undefined) return undefined;
    if (most >= least) return uniformTimes(least, most);
    return reader.invalid({ value: value[1], path: `${path}[1]` }, `at least the first (${least} ms)`);
  },
  histogram: (reader, part) => {
    const histogram = readHistogram(reader, part);
    if (histogram === undefined) return undefined;
    if (histogram.count > 0) return histogramTimes(histogram);
    reader.issues.push(`${part.path} is empty: no value can be drawn from it`);
    return undefined;
  },
};

export function readHistogram(reader: ScenarioReader, part: ScenarioPart): Histogram | undefined {
  const { value, path } = part;
  if (value instanceof Histogram) return value;
  try {
    // A histogram of another copy of the package, or saved JSON.
    const json = (value as { toJSON?: () => unknown } | null | undefined)?.toJSON?.() ?? value;
    return Histogram.fromJSON(json as HistogramJSON);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    reader.issues.push(`${path} is not a saved histogram: ${error.message.replace('Invalid histogram: ', '')}`);
    return undefined;
  }
}
