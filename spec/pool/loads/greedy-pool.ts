import type { VirtualScheduler } from '../../../src/simulation/virtual-scheduler';
import type { Load } from './load';
import type { Subject } from './run-load';

interface Connection {
  readonly id: number;
  readonly leases: Set<{ lose(): void }>;
}

/**
 * The plain alternative to which the policy is compared: a pool that opens a connection for every waiting caller, at once and
 * concurrently.
 */
export class GreedyPool implements Subject {
  connects = 0;
  private readonly waiting: { work: number; done: () => void }[] = [];
  private readonly connections = new Set<Connection>();
  private opening = 0;

  constructor(
    private readonly load: Load,
    private readonly scheduler: VirtualScheduler,
  ) {
    for (let i = 0; i < Math.max(load.open, load.min); i++) this.arrive();
  }

  use(work: number, done: () => void): void {
    this.waiting.push({ work, done });
    this.look();
  }

  batch(width: number, items: number, work: (n: number) => number, done: () => void): void {
    let begun = 0;
    let running = 0;
    const most = Math.min(width, this.load.max * this.load.capacity);
    const pump = (): void => {
      while (running < most && begun < items) {
        running++;
        this.use(work(begun++), () => {
          running--;
          if (begun === items && running === 0) done();
          else pump();
        });
      }
    };
    pump();
  }

  loseAllBut(left: number): void {
    for (const connection of [...this.connections].slice(left)) {
      this.connections.delete(connection);
      for (const lease of [...connection.leases]) lease.lose();
    }
    this.look();
  }

  private look(): void {
    const { capacity, max } = this.load;
    for (;;) {
      let best: Connection | null = null;
      for (const connection of this.connections) {
        if (connection.leases.size < capacity && (best === null || connection.leases.size < best.leases.size))
          best = connection;
      }
      const next = best === null ? undefined : this.waiting.shift();
      if (next === undefined) break;
      this.lend(best!, next.work, next.done);
    }
    while (this.opening * capacity < this.waiting.length && this.connections.size + this.opening < max) this.open();
    while (this.connections.size + this.opening < this.load.min) this.open();
  }

  private lend(connection: Connection, work: number, done: () => void): void {
    const timer = this.scheduler.schedule(() => {
      connection.leases.delete(lease);
      done();
      this.look();
    }, work);
    const lease = {
      lose: (): void => {
        connection.leases.delete(lease);
        timer.unsubscribe();
        this.waiting.push({ work, done });
      },
    };
    connection.leases.add(lease);
  }

  private open(): void {
    this.opening++;
    this.scheduler.schedule(() => {
      this.opening--;
      this.arrive();
      this.look();
    }, this.load.connect(this.connects++));
  }

  private arrive(): void {
    this.connections.add({ id: this.connections.size, leases: new Set() });
  }
}
