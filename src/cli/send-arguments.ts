import type { ParsedOptions, OptionTable } from './options';
import type { TargetSettings } from './target-kind';
import { kindOf, wrongTarget } from './targets';

export const sendOptions = {
  target: 'text',
  method: 'text',
  call: 'text',
  'cookie-file': 'text',
  max: 'count',
  pipeline: 'count',
  parallel: 'count',
  sequential: 'switch',
  ordered: 'switch',
  timeout: 'ms',
  patience: 'whole',
  json: 'switch',
  'json-input': 'switch',
} satisfies OptionTable;

export interface SendArguments {
  readonly target: string;
  readonly settings: TargetSettings;
  readonly method: string;
  /** Maximum number of connections. */
  readonly max: number;
  /** Maximum number of calls in flight on one connection. */
  readonly pipeline: number;
  /** Maximum number of calls in flight. */
  readonly parallel: number;
  readonly ordered: boolean;
  /** The timeout of a call in ms; undefined for none. */
  readonly timeout: number | undefined;
  /** In ms: how long lines wait for a node that is not available. */
  readonly patience: number;
  readonly json: boolean;
  readonly jsonInput: boolean;
  readonly files: readonly string[];
  /** A warning about arguments that are valid but have no effect. */
  readonly remark: string | undefined;
}

/** Resolves the arguments, or adds to the problems. */
export function sendArguments({ texts, numbers, switches, operands, problems }: ParsedOptions): SendArguments {
  const { target = '', call, method = call ?? '', 'cookie-file': cookieFile } = texts;
  const settings: TargetSettings = cookieFile === undefined ? {} : { cookieFile };
  const kind = kindOf(target);
  const { max = kind.max, pipeline = kind.pipeline, timeout, patience = 5_000 } = numbers;
  if (target === '') missing('--target', 'the node to send to, such as worker@127.0.0.1:7000');
  else problems.push(...wrongTarget(target, settings));
  if (method === '') missing('--method', 'the method to call, such as word_count');
  if (call !== undefined && texts['method'] !== undefined) {
    problems.push(`--call ${call} and --method ${texts['method']} mean the same: give one of them`);
  }
  if (switches.has('sequential') && numbers['parallel'] !== undefined) {
    problems.push(`--sequential means --parallel 1, but got --parallel ${numbers['parallel']}: give one of them`);
  }
  const limit = max * pipeline;
  const wanted = switches.has('sequential') ? 1 : (numbers['parallel'] ?? limit);
  return {
    target,
    settings,
    method,
    max,
    pipeline,
    parallel: Math.min(wanted, limit),
    ordered: switches.has('ordered'),
    timeout,
    patience,
    json: switches.has('json'),
    jsonInput: switches.has('json-input'),
    files: operands,
    remark:
      wanted > limit
        ? `--parallel ${wanted} is more than --max ${max} times --pipeline ${pipeline}: the concurrency is ${limit}.`
        : undefined,
  };

  function missing(option: string, what: string): void {
    if (!problems.some((problem) => problem.startsWith(`${option} needs`)))
      problems.push(`${option} is missing: ${what}`);
  }
}
