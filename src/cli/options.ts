import { parseArgs } from 'node:util';
import { suggestion } from './suggestion';

/** What an option takes, by its long name. */
export type OptionTable = Readonly<Record<string, 'text' | 'count' | 'port' | 'switch'>>;

export interface Given {
  readonly texts: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly switches: ReadonlySet<string>;
  readonly operands: readonly string[];
  /** A sentence for each thing that is wrong. */
  readonly problems: string[];
}

/**
 * Reads arguments. As strict as `parseArgs` can be made, but that stops at the first mistake: here it only cuts the arguments into
 * tokens, and every one that is wrong is named.
 */
export function readOptions(args: readonly string[], table: OptionTable): Given {
  const all: OptionTable = { ...table, help: 'switch', version: 'switch' };
  const { tokens } = parseArgs({
    args: [...args],
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
    } else {
      const [least, most, what] = kind === 'port' ? [0, 65_535, '0 to 65535'] : [1, 2 ** 31 - 1, 'a positive integer'];
      numbers[name] = Number(value);
      const right = /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
      if (!right) problems.push(`${rawName} must be ${what}, but got '${value}'`);
    }
  }
  return { texts, numbers, switches, operands, problems };
}
