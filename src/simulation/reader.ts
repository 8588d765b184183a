import { describeValue } from '../pool/values/describe';
import { readOptions } from '../pool/values/read-options';
import { meantBy } from '../pool/values/unknown-option';

/** A value of the scenario and its path, such as `outages[0].at`. */
export interface ScenarioPart {
  readonly value: unknown;
  readonly path: string;
}

const units: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Reads a scenario from plain data, and collects every problem with the path of the value. */
export class ScenarioReader {
  readonly issues: string[] = [];

  /** Adds a problem. Returns undefined, of the type that the caller needs. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- so that a reading method can return the result
  invalid<T>({ path, value }: ScenarioPart, wanted: string): T | undefined {
    this.issues.push(`${path} must be ${wanted}, but got ${describeValue(value)}`);
    return undefined;
  }

  /** The fields of an object. Unknown fields are problems. Undefined if the value is no object. */
  record<K extends string>(
    part: ScenarioPart,
    names: readonly K[],
    wanted: string,
  ): Record<K, ScenarioPart> | undefined {
    const { value, path } = part;
    if (!isRecord(value)) return this.invalid(part, wanted);
    const given = readOptions(value, names);
    for (const name of Object.keys(given)) {
      if ((names as readonly string[]).includes(name)) continue;
      const meant = meantBy(name, names, path === '' ? '' : join(path, ''));
      this.issues.push(
        `${join(path, name)} is not known; ${path === '' ? 'there are' : 'here are'} ${names.join(', ')}${meant === '' ? '' : `.${meant}`}`,
      );
    }
    return fieldsOf({ value: given, path }, names);
  }

  list<T>(part: ScenarioPart, read: (part: ScenarioPart) => T | undefined): T[] {
    const { value, path } = part;
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.invalid(part, 'an array');
      return [];
    }
    const items = (value as unknown[]).map((item, index) => read({ value: item, path: `${path}[${index}]` }));
    return items.filter((item) => item !== undefined);
  }

  /** A time in ms. */
  time(
    part: ScenarioPart,
    { least = 0, fallback }: { least?: number; fallback?: number | undefined } = {},
  ): number | undefined {
    const { value } = part;
    if (value === undefined && fallback !== undefined) return fallback;
    const ms = typeof value === 'string' ? millisecondsOf(value) : value;
    if (typeof ms === 'number' && ms >= 0 && ms < Infinity && ms >= least) return ms;
    const bound = least > 0 ? ` of at least ${least} ms` : '';
    return this.invalid(
      part,
      `a time${bound}: milliseconds, or a text with a unit such as "20ms", "1.5s", "2min" or "1h"`,
    );
  }

  /** A share from 0 to 1. */
  share(part: ScenarioPart, fallback: number): number | undefined {
    const { value } = part;
    if (value === undefined) return fallback;
    if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    return this.invalid(part, 'a share, from 0 to 1');
  }

  count(part: ScenarioPart): number | undefined {
    const { value } = part;
    return Number.isSafeInteger(value) && (value as number) > 0
      ? (value as number)
      : this.invalid(part, 'a positive integer');
  }

  oneOf<W extends string>(part: ScenarioPart, words: readonly W[], fallback: W): W | undefined {
    const { value } = part;
    if (value === undefined) return fallback;
    const word = words.find((each) => each === value);
    return word ?? this.invalid(part, words.map((each) => `"${each}"`).join(' or '));
  }

  boolean(part: ScenarioPart, fallback: boolean): boolean | undefined {
    const { value } = part;
    if (value === undefined) return fallback;
    return typeof value === 'boolean' ? value : this.invalid(part, 'true or false');
  }
}

/** The fields of a value that is known to be an object. */
export function fieldsOf<K extends string>(
  { value, path }: ScenarioPart,
  names: readonly K[],
): Record<K, ScenarioPart> {
  const record = value as Record<string, unknown>;
  const fields = names.map((name) => [name, { value: record[name], path: join(path, name) }] as const);
  return Object.fromEntries(fields) as Record<K, ScenarioPart>;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function millisecondsOf(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|min|h)\s*$/.exec(text) ?? [];
  return digits === '' ? undefined : Number(digits) * units[unit]!;
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
