import { InputError } from './input-error';
import type { Line } from './lines';

/** A line, and what is to be sent of it. */
export class Call {
  /** Whether its turn had come. A call that failed before it was sent has had its turn too. */
  begun = false;

  private constructor(
    readonly line: Line,
    /** The item of its outcome, and the param that is sent unless there is a problem. */
    readonly item: unknown,
    readonly problem: InputError | undefined,
  ) {}

  /** The line itself is the param. */
  static ofText(this: void, line: Line): Call {
    return new Call(line, line.text, line.problem);
  }

  /** The param is the value that the line is the JSON of. */
  static ofJson(this: void, line: Line): Call {
    if (line.problem !== undefined) return Call.ofText(line);
    try {
      return new Call(line, JSON.parse(line.text), undefined);
    } catch (error) {
      const why = line.text.trim() === '' ? 'it is blank' : (error as Error).message;
      return new Call(line, line.text, new InputError('NOT_JSON', line.place, `is no JSON: ${why}`));
    }
  }
}
