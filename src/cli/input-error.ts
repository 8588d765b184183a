import { ReadableError } from '../pool/values/readable-error';
/** A line that cannot be sent. Its item fails; the others are not affected. */
export class InputError extends ReadableError {
  override get name(): 'InputError' {
    return 'InputError';
  }

  constructor(
    readonly code: 'NOT_JSON' | 'NOT_UTF8' | 'TOO_LONG',
    /** The line: `line 3`, or `lines.txt:3`. */
    readonly place: string,
    what: string,
  ) {
    super(`${place} ${what}`);
  }
}
