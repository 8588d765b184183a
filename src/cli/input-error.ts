import { ReadableError } from '../pool/values/readable-error';
/** A line that cannot be sent as it is: its item fails, the others do not notice. */
export class InputError extends ReadableError {
  override get name(): 'InputError' {
    return 'InputError';
  }

  constructor(
    readonly code: 'NOT_JSON' | 'NOT_UTF8' | 'TOO_LONG',
    /** Which line: `line 3`, or `lines.txt:3`. */
    readonly place: string,
    what: string,
  ) {
    super(`${place} ${what}`);
  }
}
