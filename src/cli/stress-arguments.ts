import { resolveLoad } from '../stress/options';
import type { StressOptions } from '../stress/options';
import { readThreshold } from '../stress/thresholds';
import { isPoolError } from '../pool/errors';
import type { ParsedOptions, OptionTable } from './options';
import { wrongTarget } from './targets';

export const stressOptions = {
  target: 'text',
  pool: 'text',
  method: 'text',
  params: 'text',
  max: 'count',
  pipeline: 'count',
  workers: 'count',
  ops: 'count',
  rate: 'number',
  arrivals: 'text',
  duration: 'time',
  warmup: 'time',
  'acquire-timeout': 'time',
  threshold: 'texts',
  seed: 'count',
  dashboard: 'switch',
  json: 'switch',
} satisfies OptionTable;

export interface StressArguments {
  /** The pool of a module, or work at a node: at `target`, or at a node in this process if that is undefined. */
  readonly pool: { readonly module: string } | NodeWork;
  /** The options of the load, without the work. */
  readonly load: Pick<
    StressOptions<unknown>,
    'workers' | 'operations' | 'rate' | 'arrivals' | 'duration' | 'warmup' | 'acquireTimeout' | 'thresholds'
  >;
  readonly seed: number | undefined;
  /** Whether the run is shown on a page while it lasts. */
  readonly dashboard: boolean;
  readonly json: boolean;
}

export interface NodeWork {
  readonly target: string | undefined;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly max: number;
  readonly pipeline: number;
}

/** The default concurrency and duration. */
const defaults = { workers: 50, duration: 10_000 };

/** Resolves the arguments, or adds to the problems. */
export function stressArguments(given: ParsedOptions): StressArguments {
  const { texts, numbers, lists, switches, operands, problems } = given;
  if (operands.length > 0) problems.push(`stress takes no operands, but got '${operands.join(' ')}'`);
  const { arrivals } = texts;
  if (arrivals !== undefined && arrivals !== 'even' && arrivals !== 'poisson') {
    problems.push(`--arrivals must be even or poisson, but got '${arrivals}'`);
  }
  for (const text of lists['threshold'] ?? []) {
    const read = readThreshold(text, '--threshold');
    if (typeof read === 'string') problems.push(read);
  }
  const { rate, ops, workers = rate === undefined ? defaults.workers : undefined } = numbers;
  const load: StressArguments['load'] = {
    workers,
    operations: ops,
    rate,
    arrivals: arrivals as 'even' | 'poisson' | undefined,
    duration: numbers['duration'] ?? (ops === undefined ? defaults.duration : undefined),
    warmup: numbers['warmup'],
    acquireTimeout: numbers['acquire-timeout'],
    thresholds: lists['threshold'] ?? [],
  };
  const pool = texts['pool'] === undefined ? nodeWork(given) : modulePool(given, texts['pool']);
  if (problems.length === 0) problems.push(...contradictions(load));
  return { pool, load, seed: numbers['seed'], dashboard: switches.has('dashboard'), json: switches.has('json') };
}

function modulePool({ texts, numbers, problems }: ParsedOptions, module: string): { module: string } {
  const others = ['target', 'method', 'params', 'max', 'pipeline'].filter(
    (name) => texts[name] !== undefined || numbers[name] !== undefined,
  );
  for (const name of others) {
    problems.push(`--pool and --${name} exclude each other: the module exports the pool and the work`);
  }
  return { module };
}

function nodeWork({ texts, numbers, problems }: ParsedOptions): NodeWork {
  const { target, method, params } = texts;
  const { max = 10, pipeline = 1 } = numbers;
  if (target !== undefined) problems.push(...wrongTarget(target));
  if (target !== undefined && method === undefined) {
    problems.push('--method is missing: the method to call at the target, such as echo');
  }
  // The default call of the node in this process takes a while, so that callers have to wait.
  const isOurs = target === undefined && method === undefined;
  const list = params === undefined ? (isOurs ? [5] : []) : parsedParams(params, problems);
  return { target, method: method ?? 'sleep', params: list, max, pipeline };
}

function parsedParams(text: string, problems: string[]): readonly unknown[] {
  try {
    const params: unknown = JSON.parse(text);
    if (Array.isArray(params)) return params as unknown[];
    problems.push(`--params must be a JSON array, such as '["a text", 5]', but got '${text}'`);
  } catch (error) {
    problems.push(`--params must be a JSON array, such as '["a text", 5]': ${(error as Error).message}`);
  }
  return [];
}

function contradictions(load: StressArguments['load']): readonly string[] {
  try {
    resolveLoad('stress', load);
    return [];
  } catch (error) {
    if (!isPoolError(error, 'INVALID_CONFIG')) throw error;
    return error.issues.map((issue) => `--${issue}`);
  }
}
