/** The budget of a reader in one turn: each message costs its bytes and a fixed amount, about that of a small request. */
const BUDGET = 64 * 1024;
export const MESSAGE_COST = 1024;
/** The budget while other readers wait for a turn. */
const SHARED_BUDGET = BUDGET / 4;
/** In ms: the maximum duration of one turn, and of all turns before sockets and timers are served again. */
const MAX_TURN_MS = 1;
const MAX_ROUND_MS = 4;

/** A connection whose messages are read in turns. */
export interface ScheduledReader {
  /** Reads messages until `until`, by `performance.now()`, or until the budget is spent: then it pushes itself again. */
  takeTurn(until: number): void;
}

/**
 * Shares the event loop among clients. A client that sends little is read as its bytes arrive. A client that has spent its budget waits in a
 * queue, which is served between two polls of the sockets, so that a flood delays neither other clients nor timers.
 */
export class ReadScheduler {
  private waiting: ScheduledReader[] = [];
  private scheduled = false;

  /** The budget before a reader has to wait for its turn. */
  get budget(): number {
    return this.scheduled ? SHARED_BUDGET : BUDGET;
  }

  push(reader: ScheduledReader): void {
    this.waiting.push(reader);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.round);
  }

  /** A reader that pushes itself again during the round is placed after all others, including those that had no time left. */
  private readonly round = (): void => {
    const readers = this.waiting;
    this.waiting = [];
    this.scheduled = false;
    let now = performance.now();
    const end = now + MAX_ROUND_MS;
    let served = 0;
    try {
      for (; served < readers.length && now < end; now = performance.now())
        readers[served++]!.takeTurn(now + MAX_TURN_MS);
    } finally {
      if (served < readers.length) {
        this.waiting = readers.slice(served).concat(this.waiting);
        this.schedule();
      }
    }
  };
}
