import type { Sendable, Term } from './terms/term';
import { keyText } from './terms/term-writer';
import { TermMap, Tuple } from './terms/term';

/** What a clause that does not match fails with: the value stands beside it. */
const mismatches = new Set(['case_clause', 'badmatch', 'try_clause', 'bad_call', 'bad_cast', 'unexpected_message']);

/**
 * Whether an exit reason says that a process ended because of this message: no clause of a `case`, or of a function, has matched the message, or a
 * tuple, list or map within it. The reason names the value of a `case`; the stack trace has the arguments of a function. In a message of more
 * than 1 KiB no parts are looked for.
 */
export function isCausedBy(reason: Term, message: Sendable): boolean {
  if (!(reason instanceof Tuple)) return false;
  const [error, trace] = reason.elements;
  const text = textOf(message);
  if (text === undefined) return false;
  const isOfMessage = (value: Term): boolean => {
    const found = textOf(value);
    return found !== undefined && (found === text || (hasParts(value) && text.includes(found)));
  };
  if (error instanceof Tuple && error.tag !== undefined && mismatches.has(error.tag)) {
    return error.elements.slice(1).some(isOfMessage);
  }
  if (!Array.isArray(trace)) return false;
  const [frame] = trace as readonly Term[];
  const args = frame instanceof Tuple ? frame.at(2) : undefined;
  return Array.isArray(args) && (args as readonly Term[]).some(isOfMessage);
}

/** A number, an atom or an empty list may be equal to a part of a message by chance. */
const hasParts = (value: Term): boolean =>
  (value instanceof Tuple || Array.isArray(value)
    ? (value as { readonly length: number }).length
    : value instanceof TermMap
      ? value.size
      : 0) > 0;

function textOf(value: Sendable): string | undefined {
  try {
    return keyText(value);
  } catch {
    return undefined;
  }
}
