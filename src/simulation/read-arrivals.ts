import { evenArrivals, poissonArrivals, traceArrivals } from '../stress/arrivals';
import type { Arrivals } from '../stress/arrivals';
import type { LoadDescription } from '../stress/report';
import { burstArrivals } from './burst-arrivals';
import type { RandomSource } from './random-sources';
import { readTrace } from './read-recorded';
import type { Recorded } from './read-recorded';
import type { ScenarioPart, ScenarioReader } from './reader';

/** The resolved arrivals, and what is known of them before the run. */
export interface ArrivalsPlan {
  readonly begin: (random: RandomSource) => Arrivals | null;
  readonly trace?: readonly number[];
  readonly offered: number | null;
  readonly description: Pick<LoadDescription, 'model' | 'workers' | 'rate' | 'arrivals'>;
}

const patterns = ['poisson', 'even'] as const;
const mostPerSecond = 1e7;

export function readArrivals(reader: ScenarioReader, part: ScenarioPart, recorded: Recorded): ArrivalsPlan | undefined {
  if (part.value === undefined) {
    if (recorded.arrivals !== undefined) return traced(recorded.arrivals);
    reader.issues.push('arrivals is missing: when operations arrive, such as { "rate": 100 }; or give a recording');
    return undefined;
  }
  const wanted = 'an object with one of rate, bursts, trace, workers';
  const fields = reader.record(part, ['rate', 'pattern', 'bursts', 'trace', 'workers'], wanted);
  if (fields === undefined) return undefined;
  const { rate, pattern, bursts, trace, workers } = fields;
  const given = [rate, bursts, trace, workers].filter(({ value }) => value !== undefined);
  if (given.length !== 1) {
    const names = given.map(({ path }) => path).join(' and ');
    reader.issues.push(`${part.path} must be ${wanted}, but got ${names === '' ? 'none of them' : names}`);
    return undefined;
  }
  if (pattern.value !== undefined && rate.value === undefined) {
    reader.issues.push(`${pattern.path} goes with ${rate.path} only; a burst has a pattern of its own`);
  }
  if (rate.value !== undefined) return readRate(reader, rate, pattern);
  if (bursts.value !== undefined) return readBursts(reader, bursts);
  if (workers.value !== undefined) {
    const count = reader.count(workers);
    if (count === undefined) return undefined;
    const description = { model: 'closed', workers: count, rate: null, arrivals: null } as const;
    return { begin: () => null, offered: null, description };
  }
  const times = readTrace(reader, trace);
  return times === undefined ? undefined : traced(times);
}

function readRate(reader: ScenarioReader, part: ScenarioPart, pattern: ScenarioPart): ArrivalsPlan | undefined {
  const how = reader.oneOf(pattern, patterns, 'poisson');
  const rate = part.value;
  if (typeof rate !== 'number' || !(rate > 0 && rate <= mostPerSecond)) {
    return reader.invalid(part, `operations per second, more than 0 and at most ${mostPerSecond}`);
  }
  if (how === undefined) return undefined;
  return {
    begin: (random) => (how === 'even' ? evenArrivals(rate) : poissonArrivals(rate, random)),
    offered: rate,
    description: { model: 'open', workers: null, rate, arrivals: how },
  };
}

function readBursts(reader: ScenarioReader, part: ScenarioPart): ArrivalsPlan | undefined {
  const fields = reader.record(part, ['size', 'every', 'pattern'], 'an object with size and every');
  if (fields === undefined) return undefined;
  const size = reader.count(fields.size);
  const every = reader.time(fields.every, { least: 0.001 });
  const how = reader.oneOf(fields.pattern, patterns, 'poisson');
  if (size === undefined || every === undefined || how === undefined) return undefined;
  const rate = (size * 1_000) / every;
  return {
    begin: (random) => burstArrivals(size, every, how === 'even' ? null : random),
    offered: rate,
    description: { model: 'open', workers: null, rate, arrivals: 'bursts' },
  };
}

function traced(trace: readonly number[]): ArrivalsPlan {
  const span = trace.at(-1) ?? 0;
  return {
    begin: () => traceArrivals(trace),
    trace,
    offered: span > 0 ? (trace.length * 1_000) / span : null,
    description: { model: 'open', workers: null, rate: null, arrivals: 'trace' },
  };
}

/** The duration of a trace: the last arrival is part of it. */
export const endOf = (trace: readonly number[], { arrivals, duration = 0 }: Recorded): number =>
  Math.max((trace.at(-1) ?? 0) + 1, trace === arrivals ? duration : 0);
