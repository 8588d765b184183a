import type { Sendable, Term } from './terms/term';
import { keyText } from './terms/term-writer';
import { Tuple } from './terms/term';

/** What a clause that does not match fails with: the value stands beside it. */
const mismatches = new Set(['case_clause', 'badmatch', 'try_clause', 'bad_call', 'bad_cast', 'unexpected_message']);

/**
 * Whether an exit reason says that a process ended by this message: a clause did not match it, be it that of a function, whose arguments stand in the
 * stack trace, or one inside of it.
 */
export function isCausedBy(reason: Term, message: Sendable): boolean {
  if (!(reason instanceof Tuple)) return false;
  const [error, trace] = reason.elements;
  const text = textOf(message);
  if (text === undefined) return false;
  if (error instanceof Tuple && error.tag !== undefined && mismatches.has(error.tag)) {
    return error.elements.slice(1).some((value) => textOf(value) === text);
  }
  if (!Array.isArray(trace)) return false;
  const [frame] = trace as readonly Term[];
  const args = frame instanceof Tuple ? frame.at(2) : undefined;
  return Array.isArray(args) && (args as readonly Term[]).some((value) => textOf(value) === text);
}

function textOf(value: Sendable): string | undefined {
  try {
    return keyText(value);
  } catch {
    return undefined;
  }
}
