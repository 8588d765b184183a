import { maxTimerMs } from '../../pool/time/clock';
import { describeValue } from '../../pool/values/describe';
import { readOptions } from '../../pool/values/read-options';
import { unknownOption } from '../../pool/values/unknown-option';
import type { Codec } from './codec';

// Each of these adds problems to `issues`, so that all can be reported at once.

/** An object with unchecked properties. */
export type UnknownProperties = Readonly<Record<string, unknown>>;

/** The value as an object; undefined if it is none. Properties that are not known are problems, since they may be misspelt. */
export function checkObject(
  what: string,
  value: unknown,
  known: readonly string[] | undefined,
  issues: string[],
  or = '',
): UnknownProperties | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    issues.push(`${what} must be ${or}an object, but got ${describeValue(value)}`);
    return undefined;
  }
  if (known === undefined) return value as UnknownProperties;
  const prefix = what === 'options' ? '' : `${what}.`;
  const given = readOptions(value, known);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) issues.push(unknownOption(name, known, prefix));
  }
  return given;
}

export function checkText(what: string, value: unknown, issues: string[]): void {
  if (typeof value === 'string' && value !== '') return;
  issues.push(`${what} must be a string that is not empty, but got ${describeValue(value)}`);
}

/** A timeout in ms; Infinity for none. */
export function checkTimeout(what: string, value: unknown, issues: string[]): void {
  if (value === Infinity || (typeof value === 'number' && value > 0 && value <= maxTimerMs)) return;
  issues.push(
    `${what} must be more than 0 and at most ${maxTimerMs} milliseconds, or Infinity for none, but got ${describeValue(value)}`,
  );
}

export function checkCodec(codec: Codec | undefined, issues: string[]): void {
  if (codec === undefined) return;
  const { encode, decode } = (codec ?? {}) as Partial<Codec>;
  if (typeof encode === 'function' && typeof decode === 'function') return;
  issues.push(`codec must have the functions encode and decode, but got ${describeValue(codec)}`);
}
