/** What a reader may take in one turn: each message counts its bytes and a fixed cost, about what a small request takes. */
const BUDGET = 64 * 1024;
export const MESSAGE_COST = 1024;
/** While others wait for a turn, a reader may take less before it has to wait for one too. */
const SHARED_BUDGET = BUDGET / 4;
/** In ms: how long one turn may last, and how long the event loop is kept from sockets and timers by the turns of all. */
const MAX_TURN_MS = 1;
const MAX_ROUND_MS = 4;

/** A connection whose messages are taken in turns. */
export interface ScheduledReader {
  /** Takes messages until `until`, by `performance.now()`, or until its budget is spent: then it pushes itself again. */
  takeTurn(until: number): void;
}

/**
 * Lets clients be read in turn. A client that sends little is read as its bytes arrive. One that has spent its budget waits in a queue, which
 * is served between two looks at the sockets, so that neither the other clients nor timers wait for a flood to be read.
 */
export class ReadScheduler {
  #waiting: ScheduledReader[] = [];
  #scheduled = false;

  /** What may be spent before a reader has to wait for its turn. */
  get budget(): number {
    return this.#scheduled ? SHARED_BUDGET : BUDGET;
  }

  push(reader: ScheduledReader): void {
    this.#waiting.push(reader);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#round);
  }

  /** A reader that comes back during the round is behind all the others, those included for which no time was left. */
  readonly #round = (): void => {
    const readers = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    let now = performance.now();
    const end = now + MAX_ROUND_MS;
    let served = 0;
    try {
      for (; served < readers.length && now < end; now = performance.now())
        readers[served++]!.takeTurn(now + MAX_TURN_MS);
    } finally {
      if (served < readers.length) {
        this.#waiting = readers.slice(served).concat(this.#waiting);
        this.#schedule();
      }
    }
  };
}
