import { printable } from '../pool/values/printable';
import type { OutputStream } from './io';

const TO_START_AND_CLEAR = '\r\u001b[K';

/** A line at the bottom of a terminal that is overwritten by each update, and cleared before other output. Elsewhere nothing. */
export class StatusLine {
  private shown = false;

  constructor(private readonly terminal: OutputStream) {}

  get visible(): boolean {
    return this.terminal.isTTY === true;
  }

  show(text: string): void {
    if (!this.visible) return;
    // A line that wraps could not be overwritten. Some terminals report no columns.
    const { columns = 0 } = this.terminal;
    this.terminal.write(TO_START_AND_CLEAR + printable(text).slice(0, (columns > 0 ? columns : 80) - 1));
    this.shown = true;
  }

  clear(): void {
    if (!this.shown) return;
    this.shown = false;
    this.terminal.write(TO_START_AND_CLEAR);
  }
}
