import type { Holder, PoolEvent, PoolStats } from '../../../src';

/** What the events alone say of a pool: every sum that `stats` shows can be made from them. */
export class Books {
  readonly open = new Set<number>();
  private readonly opened = new Set<number>();
  private readonly closing = new Set<number>();
  private readonly held = new Map<number, number>();
  private max: number;
  private readonly counts = {
    acquired: 0,
    released: 0,
    discarded: 0,
    timedOut: 0,
    rejected: 0,
    closed: 0,
    openFailed: 0,
  };
  private last = -Infinity;
  private destroyed = false;
  readonly broken: string[] = [];

  /** `open`: connections that were opened inside the creation of the pool, before anybody could listen. */
  constructor(max: number, open: number) {
    this.max = max;
    for (let connection = 1; connection <= open; connection++) {
      this.opened.add(connection);
      this.open.add(connection);
    }
  }

  enter(event: PoolEvent): void {
    this.when(this.destroyed, `${event.type} after destroyed`);
    this.when(event.at < this.last, `${event.type} at ${event.at}, after something at ${this.last}`);
    this.last = event.at;
    switch (event.type) {
      case 'opened':
        this.when(this.opened.has(event.connection), `connection ${event.connection} opened twice`);
        this.opened.add(event.connection);
        this.open.add(event.connection);
        break;
      case 'openFailed':
        this.counts.openFailed++;
        break;
      case 'acquired':
        this.when(!this.open.has(event.connection), `connection ${event.connection} was lent and is not open`);
        this.counts.acquired++;
        this.held.set(event.connection, (this.held.get(event.connection) ?? 0) + 1);
        break;
      case 'released':
      case 'discarded': {
        const held = (this.held.get(event.connection) ?? 0) - 1;
        this.when(held < 0, `connection ${event.connection} was given back by nobody`);
        this.held.set(event.connection, held);
        this.counts[event.type]++;
        break;
      }
      case 'evicted':
        this.when(!this.open.delete(event.connection), `connection ${event.connection} was evicted and is not open`);
        this.closing.add(event.connection);
        break;
      case 'closed':
        this.when(
          !this.closing.delete(event.connection),
          `connection ${event.connection} has closed without being evicted`,
        );
        this.counts.closed++;
        break;
      case 'timedOut':
      case 'rejected':
        this.counts[event.type]++;
        break;
      case 'resized':
        this.when(event.from !== this.max, `resized from ${event.from}, but it was ${this.max}`);
        this.max = event.to;
        break;
      case 'destroyed':
        this.destroyed = true;
        break;
      case 'breaker':
      case 'leaked':
      case 'refreshed':
    }
  }

  /** The pool has nothing left to decide: the sums are those of the stats, and the holders those who hold. */
  compare(stats: PoolStats, holders: readonly Holder[]): void {
    const { counts } = this;
    const same = (name: string, mine: unknown, its: unknown): void => {
      this.when(mine !== its, `by the events ${name} is ${String(mine)}, by the stats ${String(its)}`);
    };
    same('opened', this.opened.size, stats.opened);
    same('totalConnections', this.open.size, stats.totalConnections);
    same('closed', counts.closed, stats.closed);
    same('acquired', counts.acquired, stats.acquired);
    same('released', counts.released, stats.released);
    same('discarded', counts.discarded, stats.discarded);
    same('timeouts', counts.timedOut, stats.timeouts);
    same('rejected', counts.rejected, stats.rejected);
    same('openFailures', counts.openFailed, stats.openFailures);
    same('maxConnections', this.max, stats.maxConnections);
    same('destroyed', this.destroyed, stats.state === 'destroyed');
    const lent = [...this.held].flatMap(([connection, count]) => Array<number>(count).fill(connection));
    const of = (ids: readonly number[]): string => [...ids].sort((a, b) => a - b).join();
    same('the holders', of(lent), of(holders.map(({ connection }) => connection)));
  }

  private when(wrong: boolean, sentence: string): void {
    if (wrong) this.broken.push(sentence);
  }
}
