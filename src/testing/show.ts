import { describeValue, messageWithKind } from '../pool/values/describe';
import { isMatcher, missing } from './equality';
import { drawRows } from './rows';
import type { Mark } from './rows';

const maxDepth = 3;
const maxEntries = 12;
const maxLength = 300;

/** A value as the message of a failed assertion shows it: short, on one line. Never throws. */
export function show(value: unknown): string {
  try {
    const text = showAt(value, 0);
    return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  } catch {
    return describeValue(value);
  }
}

function showAt(value: unknown, depth: number): string {
  if (value === missing) return 'missing';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || value === null) return describeValue(value);
  if (isMatcher(value)) return showMatcher(value);
  if (value instanceof Error) return messageWithKind(value);
  if (value instanceof Date) return value.toISOString();
  if (isMarbles(value)) return `'${drawMessages(value)}'`;
  if (depth === maxDepth) return describeValue(value);
  if (Array.isArray(value)) return `[${listed(value, (each) => showAt(each, depth + 1))}]`;
  const kind = kindOf(value);
  if (value instanceof Map || value instanceof Set)
    return `${kind}[${listed([...value], (each) => showAt(each, depth + 1))}]`;
  const entries = Object.entries(value);
  const prefix = kind === 'Object' || kind === '' ? '' : `${kind} `;
  if (entries.length === 0) return `${prefix}{}`;
  return `${prefix}{ ${listed(entries, ([key, each]) => `${key}: ${showAt(each, depth + 1)}`)} }`;
}

function listed<T>(all: readonly T[], text: (one: T) => string): string {
  const more = all.length > maxEntries ? [`… ${all.length - maxEntries} more`] : [];
  return [...all.slice(0, maxEntries).map(text), ...more].join(', ');
}

function kindOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' ? constructor.name : '';
}

/** As the runner of the matcher prints it. */
function showMatcher(matcher: object): string {
  const { jasmineToString, toAsymmetricMatcher } = matcher as {
    jasmineToString?: (print: (value: unknown) => string) => string;
    toAsymmetricMatcher?: () => string;
  };
  if (typeof toAsymmetricMatcher === 'function') return toAsymmetricMatcher.call(matcher);
  if (typeof jasmineToString === 'function') return jasmineToString.call(matcher, show);
  return describeValue(matcher);
}

/** What `expectObservable` records: when which notification came. */
export interface Message {
  readonly frame: number;
  readonly notification: { readonly kind: 'N' | 'E' | 'C'; readonly value?: unknown; readonly error?: unknown };
}

/** An inner Observable: `expectObservable` records what it emits in the place of the value. */
const isMarbles = (value: unknown): value is readonly Message[] =>
  Array.isArray(value) && value.length > 0 && value.every(isMessage);

export function isMessage(value: unknown): value is Message {
  return typeof (value as Message | null)?.frame === 'number' && typeof (value as Message).notification === 'object';
}

function drawMessages(messages: readonly Message[]): string {
  const marks = messages.map(({ frame, notification: { kind, value } }): Mark => {
    const letter = typeof value === 'string' && value.length === 1 ? value : '?';
    return { frame, letter: kind === 'N' ? letter : kind === 'E' ? '#' : '|' };
  });
  return drawRows([marks]).rows[0]!;
}
