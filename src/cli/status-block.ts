import { printable } from '../pool/values/printable';
import type { OutputStream } from './io';

/** Some lines at the bottom of a terminal that are overwritten by each update, and cleared before other output. Elsewhere nothing. */
export class StatusBlock {
  private lines: readonly string[] = [];

  constructor(private readonly terminal: OutputStream & { readonly rows?: number }) {}

  get visible(): boolean {
    return this.terminal.isTTY === true;
  }

  show(lines: readonly string[]): void {
    if (!this.visible) return;
    // A line that wraps could not be overwritten, nor one that has scrolled off the top. Some terminals have no size.
    const { columns = 0, rows = 0 } = this.terminal;
    const fitting = lines
      .slice(0, (rows > 1 ? rows : 24) - 1)
      .map((line) => printable(line).slice(0, (columns > 0 ? columns : 80) - 1));
    this.terminal.write(this.back() + fitting.join('\n'));
    this.lines = fitting;
  }

  clear(): void {
    if (this.lines.length === 0) return;
    this.terminal.write(this.back());
    this.lines = [];
  }

  /** Moves to the beginning of the block, and erases everything below. */
  private back(): string {
    const up = this.lines.length > 1 ? `\u001b[${this.lines.length - 1}A` : '';
    return this.lines.length === 0 ? '' : `\r${up}\u001b[J`;
  }
}
