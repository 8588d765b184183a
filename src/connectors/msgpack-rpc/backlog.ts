import type { RpcLimits } from './limits';

/** Decides whether more data is kept for a side that does not read. */
export class Backlog {
  private readonly limits: RpcLimits;
  private readonly bytes: () => number;
  private readonly onFull: (reason: string) => void;
  /** The full backlog was reported, and has not fallen below `maxUnsentBytes` since. */
  private reported = false;

  /** `onFull` is called when the backlog is full, once until it falls below `maxUnsentBytes`. */
  constructor(limits: RpcLimits, bytes: () => number, onFull: (reason: string) => void) {
    this.limits = limits;
    this.bytes = bytes;
    this.onFull = onFull;
  }

  /** Why no more data is kept; undefined while the backlog is below the limit. The last item may exceed it. */
  get refusal(): string | undefined {
    const bytes = this.bytes();
    const { maxBacklogBytes, maxUnsentBytes } = this.limits;
    if (bytes < maxBacklogBytes) {
      if (bytes < maxUnsentBytes) this.reported = false;
      return undefined;
    }
    if (!this.reported) {
      this.reported = true;
      this.onFull(`does not read what it is sent: ${bytes} bytes wait for it (maxBacklogBytes)`);
    }
    return `${bytes} bytes sent before have not been read yet (maxBacklogBytes)`;
  }
}
