/** The maximum number of parts of an aggregate error that are described, and the maximum depth. */
const maxParts = 3;
const maxDepth = 3;

/**
 * A value as text for a message. Users throw, reject with and return any value: objects without a prototype, getters that throw, revoked
 * proxies. It never throws, because it is called while an error is being handled.
 */
export function describeValue(value: unknown): string {
  try {
    return describeUnsafe(value);
  } catch {
    return typeof value === 'function' ? 'a function that cannot be read' : 'an object that cannot be read';
  }
}

/** The message of an error, or a description of any other value that was thrown. Never throws either. */
export function messageOf(reason: unknown): string {
  return messageAt(reason, 1);
}

/** The same, with the name of the error in front. */
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
  const parts = Array.isArray(errors) && depth < maxDepth ? partsOf(errors, depth) : '';
  if (message !== '') return parts === '' ? message : `${message}: ${parts}`;
  if (parts !== '') return parts;
  const code = read(reason, 'code');
  if ((typeof code === 'string' && code !== '') || typeof code === 'number') return String(code);
  const cause = read(reason, 'cause');
  if (cause !== undefined && depth < maxDepth) return messageAt(cause, depth + 1);
  if (reason instanceof Error) return textOf(reason, 'name') || describeValue(reason);
  const text: unknown = hasOwnToString(reason) ? (reason as { toString(): unknown }).toString() : '';
  return typeof text === 'string' && text !== '' ? text : describeValue(reason);
}

function partsOf(errors: readonly unknown[], depth: number): string {
  const named = errors.slice(0, maxParts).map((part) => messageAt(part, depth + 1));
  const more = errors.length > maxParts ? `; and ${errors.length - maxParts} more` : '';
  // All addresses of a host often fail for the same reason.
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

function hasOwnToString(object: object): boolean {
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
    // Most names with a U are said as with a Y: a URL, a Uint8Array.
    return name === '' ? 'an object' : `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name}`;
  }
  return String(value);
}
