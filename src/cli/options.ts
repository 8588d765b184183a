import { parseArgs } from 'node:util';
import { maxTimerMs } from '../pool/time/clock';
import { suggestion } from '../pool/values/suggestion';

/** The kind of value of each option, by its long name. */
export type OptionTable = Readonly<
  Record<string, 'text' | 'texts' | 'count' | 'whole' | 'port' | 'number' | 'time' | 'ms' | 'switch'>
>;

export interface ParsedOptions {
  readonly texts: Readonly<Record<string, string>>;
  /** Values of options that may be given several times. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Times are in milliseconds. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly switches: ReadonlySet<string>;
  readonly operands: readonly string[];
  /** One sentence for each problem. */
  readonly problems: string[];
}

/**
 * `parseArgs` needs time that grows with the square of the length of a group of short options, such as `-abc`. No valid group is longer
 * than this.
 */
const longestGroup = 1_000;

function withShortGroups(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((arg, i) => (/^-[^-]/.test(arg) && (end < 0 || i < end) ? arg.slice(0, longestGroup) : arg));
}

/**
 * Reads arguments. As strict as `parseArgs` with `strict`, which stops at the first problem: here it only splits the arguments into tokens, and
 * every problem is reported.
 */
export function readOptions(args: readonly string[], table: OptionTable): ParsedOptions {
  const all: OptionTable = { ...table, help: 'switch', version: 'switch' };
  const { tokens } = parseArgs({
    args: withShortGroups(args),
    options: Object.fromEntries(
      Object.entries(all).map(([name, kind]) => [
        name,
        { type: kind === 'switch' ? 'boolean' : 'string', ...(name === 'help' ? { short: 'h' } : {}) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const texts: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const numbers: Record<string, number> = {};
  const switches = new Set<string>();
  const operands: string[] = [];
  const problems: string[] = [];

  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const kind = Object.hasOwn(all, name) ? all[name] : undefined;
    if (kind === undefined) {
      const near = suggestion(name, Object.keys(all), (word) => `--${word}`);
      problems.push(`${rawName} is not an option.${near}`);
    } else if (kind === 'switch') {
      if (value === undefined) switches.add(name);
      else problems.push(`${rawName} takes no value, but got '${value}'`);
    } else if (value === undefined || value === '') {
      problems.push(`${rawName} needs a value`);
    } else if (!inlineValue && /^-(?!\d)/.test(value)) {
      problems.push(
        `${rawName} needs a value, but what follows is '${value}' (${rawName}=${value} if that is the value)`,
      );
    } else if (kind === 'text') {
      texts[name] = value;
    } else if (kind === 'texts') {
      (lists[name] ??= []).push(value);
    } else if (kind === 'number') {
      numbers[name] = Number(value);
      const right = /^\d+(\.\d+)?$/.test(value) && Number(value) > 0;
      if (!right) problems.push(`${rawName} must be a number of more than 0, but got '${value}'`);
    } else if (kind === 'ms') {
      // Milliseconds, or a time with its unit.
      const ms = /^\d+$/.test(value) ? Number(value) : milliseconds(value);
      numbers[name] = ms;
      const right = ms >= 1 && ms <= ranges.count[1];
      if (!right)
        problems.push(`${rawName} must be a positive integer, or a time such as 500ms or 2s, but got '${value}'`);
    } else if (kind === 'time') {
      numbers[name] = milliseconds(value);
      if (Number.isNaN(numbers[name])) {
        problems.push(`${rawName} must be a time with its unit, such as 500ms, 30s or 2min, but got '${value}'`);
      }
    } else {
      const [least, most, what] = ranges[kind];
      numbers[name] = Number(value);
      const right = /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
      if (!right) problems.push(`${rawName} must be ${what}, but got '${value}'`);
    }
  }
  return { texts, lists, numbers, switches, operands, problems };
}

/** Seeds are of 32 bits, and no count needs more. */
const maxCount = 2 ** 31 - 1;

const ranges = {
  port: [0, 65_535, '0 to 65535'],
  whole: [0, maxTimerMs, '0 or a positive integer'],
  count: [1, maxCount, 'a positive integer'],
} as const;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** NaN if the text is not a time. */
function milliseconds(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text) ?? [];
  return digits === '' ? NaN : Number(digits) * units[unit]!;
}
