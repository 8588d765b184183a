import type { RpcLimits } from './limits';

/** What waits for the other side to read it, and whether more is kept for it. */
export class Backlog {
  readonly #limits: RpcLimits;
  readonly #bytes: () => number;
  readonly #onFull: (reason: string) => void;
  /** It has been said, and there has not been room since. */
  #reported = false;

  /** `onFull` is called when there is no more room, once until there is a good deal of it again. */
  constructor(limits: RpcLimits, bytes: () => number, onFull: (reason: string) => void) {
    this.#limits = limits;
    this.#bytes = bytes;
    this.#onFull = onFull;
  }

  /** Why nothing more can be kept; undefined if it can. What is added may be of any size: it is the last then. */
  get refusal(): string | undefined {
    const bytes = this.#bytes();
    const { maxBacklogBytes, maxUnsentBytes } = this.#limits;
    if (bytes < maxBacklogBytes) {
      if (bytes < maxUnsentBytes) this.#reported = false;
      return undefined;
    }
    if (!this.#reported) {
      this.#reported = true;
      this.#onFull(`does not read what it is sent: ${bytes} bytes wait for it (maxBacklogBytes)`);
    }
    return `${bytes} bytes sent before have not been read yet (maxBacklogBytes)`;
  }
}
