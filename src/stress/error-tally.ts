import { messageOf } from '../pool/values/describe';

/** Errors that say the same. */
export interface ErrorCount {
  /** The class, such as `PoolExhaustedError`. */
  readonly name: string;
  /** Its `code`, if that is a text. */
  readonly code?: string;
  /** The first of them; the others differ in their numbers at the most. */
  readonly message: string;
  /** How many there were. */
  readonly count: number;
  /** When the first and the last of them came: milliseconds since the beginning. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Different errors that are kept apart; a target that says something new each time must not fill the memory. */
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
        message: `${maxKinds} others, and more`,
        count: 1,
        firstAt: at,
        lastAt: at,
      });
    } else {
      const coded = code === undefined ? {} : { code };
      this.kinds.set(key, { name, ...coded, message, count: 1, firstAt: at, lastAt: at });
    }
  }

  /** Those that came most often first. */
  list(): ErrorCount[] {
    return [...this.kinds.values()].map((kind) => ({ ...kind })).sort((a, b) => b.count - a.count);
  }
}
