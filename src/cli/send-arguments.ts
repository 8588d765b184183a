import type { ParsedOptions, OptionTable } from './options';
import { kindOf, wrongTarget, type TargetSettings } from './targets';

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
  /** Connections at the most. */
  readonly max: number;
  /** Calls under way on one connection at the most. */
  readonly pipeline: number;
  /** Calls under way at the most. */
  readonly parallel: number;
  readonly ordered: boolean;
  /** In ms, for one call; undefined for none. */
  readonly timeout: number | undefined;
  /** In ms, how long lines wait for a node that is away. */
  readonly patience: number;
  readonly json: boolean;
  readonly jsonInput: boolean;
  readonly files: readonly string[];
  /** What is not wrong, but not what was meant either. */
  readonly remark: string | undefined;
}

/** Adds what is wrong to the problems; without any the arguments are right. */
export function sendArguments({ texts, numbers, switches, operands, problems }: ParsedOptions): SendArguments {
  const { target = '', call, method = call ?? '', 'cookie-file': cookieFile } = texts;
  const settings: TargetSettings = cookieFile === undefined ? {} : { cookieFile };
  const kind = kindOf(target);
  const { max = kind.max, pipeline = kind.pipeline, timeout, patience = 5_000 } = numbers;
  if (target === '') missing('--target', 'the node to send to, such as worker@127.0.0.1:7000');
  else problems.push(...wrongTarget(target, settings));
  if (method === '') missing('--method', 'what to call there, such as word_count');
  if (call !== undefined && texts['method'] !== undefined) {
    problems.push(`--call ${call} and --method ${texts['method']} mean the same: give one of them`);
  }
  if (switches.has('sequential') && numbers['parallel'] !== undefined) {
    problems.push(`--sequential is one at a time, and --parallel ${numbers['parallel']} is not: give one of them`);
  }
  const room = max * pipeline;
  const wanted = switches.has('sequential') ? 1 : (numbers['parallel'] ?? room);
  return {
    target,
    settings,
    method,
    max,
    pipeline,
    parallel: Math.min(wanted, room),
    ordered: switches.has('ordered'),
    timeout,
    patience,
    json: switches.has('json'),
    jsonInput: switches.has('json-input'),
    files: operands,
    remark:
      wanted > room
        ? `--parallel ${wanted} is more than --max ${max} connections carry (--pipeline ${pipeline}): ${room} at a time.`
        : undefined,
  };

  function missing(option: string, what: string): void {
    if (!problems.some((problem) => problem.startsWith(`${option} needs`)))
      problems.push(`${option} is missing: ${what}`);
  }
}
