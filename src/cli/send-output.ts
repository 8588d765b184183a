// What `send` writes: the outcome of each line as text, on which stream, and the messages to the user.
import type { BatchOutcome } from '../operators/internal/batch-outcome';
import type { Io } from './io';
import type { LineCall } from './line-call';
import { failureLine, jsonLine, oneLine, readableLine, unprintableJsonLine, UnprintableError } from './outcome';
import { Output } from './output';

/** Writes results to stdout, and messages to stderr. Failures are messages, unless results are JSON. */
export class SendOutput {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls whose answer could not be printed. They count as failed. */
  unprintable = 0;

  constructor(
    { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>,
    private readonly json: boolean,
    redraw: { readonly before: () => void; readonly after: () => void },
    onStdoutFailed: () => void,
  ) {
    this.stderr = new Output(stderr, redraw);
    this.stdout = new Output(stdout, { ...redraw, failed: onStdoutFailed });
  }

  say(text: string): void {
    this.stderr.write(`${oneLine(text)}\n`);
  }

  /** Calls `onWritten` when the outcome is written. */
  print(outcome: BatchOutcome<unknown>, onWritten: () => void): void {
    const isResult = this.json || outcome.status === 'succeeded';
    let text: string;
    try {
      text = this.textOf(outcome);
    } catch (error) {
      this.printUnprintable(outcome, new UnprintableError(outcome.status, error), onWritten);
      return;
    }
    (isResult ? this.stdout : this.stderr).write(text, onWritten);
  }

  private textOf(outcome: BatchOutcome<unknown>): string {
    if (this.json) return jsonLine(outcome);
    if (outcome.status === 'succeeded') return readableLine(outcome.value);
    return failureLine(outcome.item as LineCall, outcome.error);
  }

  /** An outcome that cannot be printed is a failure of its line alone. */
  private printUnprintable(
    { item, index, status }: BatchOutcome<unknown>,
    problem: UnprintableError,
    onWritten: () => void,
  ): void {
    if (status === 'succeeded') this.unprintable++;
    if (this.json) this.stdout.write(unprintableJsonLine(index, problem), onWritten);
    else this.stderr.write(failureLine(item as LineCall, problem), onWritten);
  }
}
