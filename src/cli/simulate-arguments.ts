import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { isPoolError } from '../pool/errors';
import { planCapacity } from '../simulation/plan-capacity';
import type { CapacityQuestion } from '../simulation/plan-capacity';
import { isRecord } from '../simulation/reader';
import type { Scenario } from '../simulation/scenario';
import { simulate } from '../simulation/simulate';
import type { Io } from './io';
import type { ParsedOptions, OptionTable } from './options';
import { readJson } from './json-file';

export const simulateOptions = {
  plan: 'texts',
  from: 'count',
  to: 'count',
  max: 'count',
  seed: 'count',
  duration: 'time',
  warmup: 'time',
  threshold: 'texts',
  timings: 'text',
  recording: 'text',
  json: 'switch',
} satisfies OptionTable;

export interface SimulateArguments {
  /** The name of the scenario in texts. */
  readonly what: string;
  readonly task: { readonly scenario: Scenario } | { readonly question: CapacityQuestion };
  readonly json: boolean;
}

/** Resolves the arguments, or adds to the problems and returns undefined. */
export async function simulateArguments(given: ParsedOptions, io: Io): Promise<SimulateArguments | undefined> {
  const { operands, switches, problems } = given;
  const [file] = operands;
  if (file === undefined || operands.length > 1) {
    const got = operands.length > 1 ? `, but got '${operands.join(' ')}'` : '';
    problems.push(`simulate takes one file with a scenario, such as scenario.json${got}`);
    return undefined;
  }
  const piped = file === '-' ? await allOf(io.stdin()) : undefined;
  const scenario = readJson(file, problems, piped);
  if (scenario === undefined) return undefined;
  if (!isRecord(scenario)) {
    problems.push(`${file} must contain an object, such as {"pool": {"max": 10}, "arrivals": {"rate": 100}, …}`);
    return undefined;
  }
  const full = withFiles(withOptions(scenario, given), file, problems);
  if (problems.length > 0) return undefined;
  const isPlan = full['target'] !== undefined;
  const { from, to, target, ...plain } = full;
  if (!isPlan && (from !== undefined || to !== undefined)) {
    problems.push('from and to are the range of a search: give a target, too (--plan)');
    return undefined;
  }
  const task = isPlan
    ? { question: { ...plain, target, from, to } as unknown as CapacityQuestion }
    : { scenario: plain as unknown as Scenario };
  problems.push(...wrongIn(task, file));
  return problems.length > 0 ? undefined : { what: file, task, json: switches.has('json') };
}

/** Options override the file. */
function withOptions(
  scenario: Record<string, unknown>,
  { texts, numbers, lists }: ParsedOptions,
): Record<string, unknown> {
  const said: Record<string, unknown> = {
    target: lists['plan'],
    from: numbers['from'],
    to: numbers['to'],
    seed: numbers['seed'],
    duration: numbers['duration'],
    warmup: numbers['warmup'],
    thresholds: lists['threshold'],
    timings: texts['timings'] === undefined ? undefined : resolve(texts['timings']),
    recording: texts['recording'] === undefined ? undefined : resolve(texts['recording']),
  };
  const stronger = Object.entries(said).filter(([, value]) => value !== undefined);
  const { max } = numbers;
  const { pool } = scenario;
  const sized = max === undefined ? {} : { pool: { ...(isRecord(pool) ? pool : {}), max } };
  return { ...scenario, ...Object.fromEntries(stronger), ...sized };
}

/** The fields `timings` and `recording` of a scenario may be paths of files, relative to it. */
function withFiles(scenario: Record<string, unknown>, file: string, problems: string[]): Record<string, unknown> {
  const result = { ...scenario };
  for (const name of ['timings', 'recording']) {
    const path = scenario[name];
    if (typeof path === 'string') result[name] = readJson(resolve(dirname(file), path), problems);
  }
  return result;
}

async function allOf(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

/** Both functions only check their arguments until their result is subscribed. */
function wrongIn(task: SimulateArguments['task'], file: string): readonly string[] {
  try {
    if ('question' in task) planCapacity(task.question);
    else simulate(task.scenario);
    return [];
  } catch (error) {
    if (!isPoolError(error, 'INVALID_CONFIG')) throw error;
    return error.issues.map((issue) => `${file}: ${issue}`);
  }
}
