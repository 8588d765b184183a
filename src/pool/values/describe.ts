/** So many parts of an error that has several are named, and so deep. */
const partsNamed = 3;
const deepest = 3;

/**
 * A value as a message can show it. Users throw, reject with and return anything: objects without a prototype, getters that throw, proxies
 * that have been revoked. Describing one never throws, since that would happen where an error is being handled.
 */
export function describeValue(value: unknown): string {
  try {
    return describeUnsafe(value);
  } catch {
    return typeof value === 'function' ? 'a function that cannot be read' : 'an object that cannot be read';
  }
}

/** The reason that was given for a failure, whatever was thrown: the words of an error, or the value. Never throws either. */
export function messageOf(reason: unknown): string {
  return messageAt(reason, 1);
}

/** The same, and what kind of error it is. */
export function messageWithKind(reason: unknown): string {
  const isError = typeof reason === 'object' && reason !== null && textOf(reason, 'message') !== '';
  const kind = isError ? textOf(reason, 'name') : '';
  return kind === '' ? messageOf(reason) : `${kind}: ${messageOf(reason)}`;
}

function messageAt(reason: unknown, depth: number): string {
  try {
    return reasonOf(reason, depth);
  } catch {
    return describeValue(reason);
  }
}

function reasonOf(reason: unknown, depth: number): string {
  if (typeof reason === 'string' && reason !== '') return reason;
  if (typeof reason !== 'object' || reason === null) return describeValue(reason);
  const message = textOf(reason, 'message');
  const errors = read(reason, 'errors');
  const parts = Array.isArray(errors) && errors.length > 0 && depth < deepest ? partsOf(errors, depth) : '';
  if (message !== '') return parts === '' ? message : `${message}: ${parts}`;
  if (parts !== '') return parts;
  const code = read(reason, 'code');
  if ((typeof code === 'string' && code !== '') || typeof code === 'number') return String(code);
  const cause = read(reason, 'cause');
  if (cause !== undefined && depth < deepest) return messageAt(cause, depth + 1);
  if (reason instanceof Error) return textOf(reason, 'name') || describeValue(reason);
  const text: unknown = hasOwnWords(reason) ? (reason as { toString(): unknown }).toString() : '';
  return typeof text === 'string' && text !== '' ? text : describeValue(reason);
}

function partsOf(errors: readonly unknown[], depth: number): string {
  const named = errors.slice(0, partsNamed).map((part) => messageAt(part, depth + 1));
  const more = errors.length > partsNamed ? `; and ${errors.length - partsNamed} more` : '';
  // A name with several addresses often fails for one reason.
  return `${[...new Set(named)].join('; ')}${more}`;
}

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function textOf(object: object, key: string): string {
  const value = read(object, key);
  return typeof value === 'string' ? value : '';
}

function hasOwnWords(object: object): boolean {
  const toString = read(object, 'toString');
  return typeof toString === 'function' && toString !== Object.prototype.toString && !Array.isArray(object);
}

function describeUnsafe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `the function ${textOf(value, 'name') || '(anonymous)'}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const { constructor } = value as { constructor?: unknown };
    const name = typeof constructor === 'function' && constructor !== Object ? textOf(constructor, 'name') : '';
    return name === '' ? 'an object' : `a ${name}`;
  }
  return String(value);
}
