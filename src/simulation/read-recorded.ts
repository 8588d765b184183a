import { from } from 'rxjs';
import { isPoolError } from '../pool/errors';
import type { PoolEvent } from '../pool/reports/events';
import type { Histogram } from '../pool/metrics/histogram';
import { recordLoad } from '../stress/record-load';
import type { LoadRecording } from '../stress/record-load';
import { readHistogram } from './read-distribution';
import { fieldsOf } from './reader';
import type { ScenarioPart, ScenarioReader } from './reader';

/** Values from a recording or from timings. */
export interface Recorded {
  readonly use?: Histogram | undefined;
  readonly open?: Histogram | undefined;
  readonly arrivals?: readonly number[];
  readonly duration?: number | undefined;
}

export function readTimings(reader: ScenarioReader, part: ScenarioPart): Recorded {
  if (part.value === undefined) return {};
  const fields = reader.record(
    part,
    ['wait', 'failedWait', 'use', 'open'],
    'the return value of pool.timings(), or its JSON',
  );
  if (fields === undefined) return {};
  return { use: readHistogram(reader, fields.use), open: readHistogram(reader, fields.open) };
}

export function readRecording(reader: ScenarioReader, part: ScenarioPart): Recorded {
  const { value } = part;
  if (value === undefined) return {};
  if (Array.isArray(value)) return recordingOf(reader, part, value as PoolEvent[]);
  if (typeof value !== 'object' || value === null) {
    reader.invalid(part, 'a recording made by recordLoad(), or an array of events of a pool');
    return {};
  }
  const fields = fieldsOf(part, ['arrivals', 'use', 'open', 'duration']);
  const arrivals = readTrace(reader, fields.arrivals);
  const duration = reader.time(fields.duration);
  const [use, open] = [readHistogram(reader, fields.use), readHistogram(reader, fields.open)];
  return { use, open, duration, ...(arrivals === undefined ? {} : { arrivals }) };
}

function recordingOf(reader: ScenarioReader, { path }: ScenarioPart, events: readonly PoolEvent[]): Recorded {
  let recording: LoadRecording | undefined;
  let failure: unknown;
  from(events)
    .pipe(recordLoad({ limit: Number.MAX_SAFE_INTEGER }))
    .subscribe({ next: (made) => (recording = made), error: (error: unknown) => (failure = error) });
  if (recording !== undefined) return recording;
  if (!isPoolError(failure, 'INVALID_CONFIG')) throw failure;
  reader.issues.push(...failure.issues.map((issue) => `${path} must be events of a pool: ${issue}`));
  return {};
}

export function readTrace(reader: ScenarioReader, part: ScenarioPart): readonly number[] | undefined {
  const { value, path } = part;
  if (!Array.isArray(value)) return reader.invalid(part, 'an array of milliseconds since the beginning');
  let last = 0;
  for (const [index, at] of (value as unknown[]).entries()) {
    if (typeof at !== 'number' || !(at >= last) || at === Infinity) {
      return reader.invalid(
        { value: at, path: `${path}[${index}]` },
        `milliseconds, at least those of the arrival before it (${last})`,
      );
    }
    last = at;
  }
  return value as number[];
}
