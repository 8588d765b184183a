import { fixedTimes, histogramTimes } from './distribution';
import { isDistribution, readTimes } from './read-distribution';
import type { Recorded } from './read-recorded';
import type { ScenarioPart, ScenarioReader } from './reader';
import type { Fault, Span, TargetPlan } from './target';

/** In ms: how long a connect takes by default. */
const usualConnect = 10;

export function readTarget(
  reader: ScenarioReader,
  fields: Record<'work' | 'connect' | 'outages' | 'restarts', ScenarioPart>,
  recorded: Recorded,
): TargetPlan | undefined {
  const work = readWork(reader, fields.work, recorded);
  const connect = readConnect(reader, fields.connect, recorded);
  const silentOutages: Span[] = [];
  const faults: Fault[] = [];
  reader.list(fields.outages, (part) => {
    readOutage(reader, part, faults, silentOutages);
  });
  reader.list(fields.restarts, (part) => {
    readRestart(reader, part, faults);
  });
  if (work === undefined || connect === undefined) return undefined;
  return { work, connect, faults, silentOutages: joined(silentOutages) };
}

function readWork(reader: ScenarioReader, part: ScenarioPart, { use }: Recorded): TargetPlan['work'] | undefined {
  if (part.value === undefined) {
    if (use !== undefined && use.count > 0) return { takes: histogramTimes(use), fails: 0, fatal: false };
    reader.issues.push(
      'work is missing: how long it takes, such as { "exponential": "5ms" }; or give timings or a recording',
    );
    return undefined;
  }
  if (isDistribution(part.value)) {
    const takes = readTimes(reader, part);
    return takes === undefined ? undefined : { takes, fails: 0, fatal: false };
  }
  const fields = reader.record(part, ['takes', 'fails', 'fatal'], '')!;
  const takes = readTimes(reader, fields.takes);
  const fails = reader.share(fields.fails, 0);
  const fatal = reader.boolean(fields.fatal, false);
  return takes === undefined || fails === undefined || fatal === undefined ? undefined : { takes, fails, fatal };
}

function readConnect(
  reader: ScenarioReader,
  part: ScenarioPart,
  { open }: Recorded,
): TargetPlan['connect'] | undefined {
  if (part.value === undefined) {
    const takes = open !== undefined && open.count > 0 ? histogramTimes(open) : fixedTimes(usualConnect);
    return { takes, fails: 0, lives: null };
  }
  if (isDistribution(part.value)) {
    const takes = readTimes(reader, part);
    return takes === undefined ? undefined : { takes, fails: 0, lives: null };
  }
  const fields = reader.record(part, ['takes', 'fails', 'lives'], '')!;
  const takes = readTimes(reader, fields.takes);
  const fails = reader.share(fields.fails, 0);
  const lives = fields.lives.value === undefined ? null : readTimes(reader, fields.lives);
  return takes === undefined || fails === undefined || lives === undefined ? undefined : { takes, fails, lives };
}

function readOutage(reader: ScenarioReader, part: ScenarioPart, faults: Fault[], silentOutages: Span[]): void {
  const fields = reader.record(part, ['at', 'for', 'mode'], 'an object with at and for');
  if (fields === undefined) return;
  const at = reader.time(fields.at);
  const down = reader.time(fields.for);
  const mode = reader.oneOf(fields.mode, ['refuse', 'silent'], 'refuse');
  if (at === undefined || down === undefined || mode === undefined) return;
  if (mode === 'silent') silentOutages.push({ from: at, to: at + down });
  else faults.push({ at, down, share: 1, every: Infinity, what: 'the target is down' });
}

function readRestart(reader: ScenarioReader, part: ScenarioPart, faults: Fault[]): void {
  const fields = reader.record(part, ['at', 'down', 'share', 'every'], 'an object with at least at');
  if (fields === undefined) return;
  const at = reader.time(fields.at);
  const down = reader.time(fields.down, { fallback: 0 });
  const share = reader.share(fields.share, 1);
  const every = fields.every.value === undefined ? Infinity : reader.time(fields.every, { least: 1 });
  if (at === undefined || down === undefined || share === undefined || every === undefined) return;
  if (down >= every) {
    reader.invalid(fields.down, `less than ${fields.every.path} (${every} ms), or it would never be up`);
    return;
  }
  faults.push({ at, down, share, every, what: 'the target is restarted' });
}

/** Sorted, with overlapping spans merged. */
function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || span.from > last.to) result.push(span);
    else result.push({ from: result.pop()!.from, to: Math.max(last.to, span.to) });
  }
  return result;
}
