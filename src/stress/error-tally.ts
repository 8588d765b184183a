import { messageOf } from '../pool/values/describe';

/** Errors with the same class, code and message, apart from numbers in the message. */
export interface ErrorCount {
  /** The class, such as `PoolExhaustedError`. */
  readonly name: string;
  /** Its `code`, if that is a string. */
  readonly code?: string;
  /** The message of the first one. The others may differ in their numbers. */
  readonly message: string;
  /** The number of such errors. */
  readonly count: number;
  /** When the first and the last one occurred: ms since the beginning. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The most kinds of errors that are counted apart: a target with a new message each time must not fill the memory. */
const maxKinds = 50;

function kindOf(error: unknown): { name: string; code?: string } {
  try {
    const name = error instanceof Error ? error.name : typeof error;
    const code = (error as { code?: unknown } | null | undefined)?.code;
    return { name: typeof name === 'string' ? name : 'Error', ...(typeof code === 'string' ? { code } : {}) };
  } catch {
    return { name: typeof error };
  }
}

export class ErrorTally {
  private readonly kinds = new Map<string, { -readonly [K in keyof ErrorCount]: ErrorCount[K] }>();

  add(error: unknown, at: number): void {
    const { name, code } = kindOf(error);
    const message = messageOf(error);
    let key = `${name} ${code ?? ''} ${message.replace(/\d+(\.\d+)?/g, '#')}`;
    if (this.kinds.size >= maxKinds && !this.kinds.has(key)) key = '';
    const known = this.kinds.get(key);
    if (known !== undefined) {
      known.count++;
      known.lastAt = at;
    } else if (key === '') {
      this.kinds.set(key, {
        name: 'Error',
        message: `other errors, after the first ${maxKinds} kinds`,
        count: 1,
        firstAt: at,
        lastAt: at,
      });
    } else {
      const coded = code === undefined ? {} : { code };
      this.kinds.set(key, { name, ...coded, message, count: 1, firstAt: at, lastAt: at });
    }
  }

  /** The most frequent first. */
  list(): ErrorCount[] {
    return [...this.kinds.values()].map((kind) => ({ ...kind })).sort((a, b) => b.count - a.count);
  }
}
