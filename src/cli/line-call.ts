import { InputError } from './input-error';
import type { Line } from './lines';

/** A line, and the call made of it. */
export class LineCall {
  /** Whether it was started. True also for a call that failed before it was sent. */
  started = false;

  private constructor(
    readonly line: Line,
    /** The item of its outcome, and the parameter to send, unless there is a problem. */
    readonly item: unknown,
    readonly problem: InputError | undefined,
  ) {}

  /** The line itself is the parameter. */
  static ofText(this: void, line: Line): LineCall {
    return new LineCall(line, line.text, line.problem);
  }

  /** The line is JSON, and its value is the parameter. */
  static ofJson(this: void, line: Line): LineCall {
    if (line.problem !== undefined) return LineCall.ofText(line);
    try {
      return new LineCall(line, JSON.parse(line.text), undefined);
    } catch (error) {
      const why = line.text.trim() === '' ? 'it is blank' : (error as Error).message;
      return new LineCall(line, line.text, new InputError('NOT_JSON', line.place, `is not JSON: ${why}`));
    }
  }
}
