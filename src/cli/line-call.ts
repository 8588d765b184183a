import { InputError } from './input-error';
import type { Line } from './lines';

/** A line, and what is to be sent of it. */
export class LineCall {
  /** Whether its turn had come. A call that failed before it was sent has had its turn too. */
  started = false;

  private constructor(
    readonly line: Line,
    /** The item of its outcome, and the param that is sent unless there is a problem. */
    readonly item: unknown,
    readonly problem: InputError | undefined,
  ) {}

  /** The line itself is the param. */
  static ofText(this: void, line: Line): LineCall {
    return new LineCall(line, line.text, line.problem);
  }

  /** The param is the value that the line is the JSON of. */
  static ofJson(this: void, line: Line): LineCall {
    if (line.problem !== undefined) return LineCall.ofText(line);
    try {
      return new LineCall(line, JSON.parse(line.text), undefined);
    } catch (error) {
      const why = line.text.trim() === '' ? 'it is blank' : (error as Error).message;
      return new LineCall(line, line.text, new InputError('NOT_JSON', line.place, `is no JSON: ${why}`));
    }
  }
}
