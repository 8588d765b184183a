import { Observable, range, retry, timer } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../../src/index';
import type { ConnectionPool } from '../../../src/index';
import * as pull from '../../../src/ix/index';
import type { VirtualScheduler } from '../../../src/simulation/virtual-scheduler';
import type { Load } from './load';
import type { Subject } from './run-load';

interface Connection {
  readonly lose: () => void;
}

/** The pool itself, used as in the load. */
export class PoolUnderLoad implements Subject {
  connects = 0;
  private readonly live = new Set<Connection>();
  private begun = false;
  private readonly pool: ConnectionPool<Connection>;

  constructor(
    private readonly load: Load,
    private readonly scheduler: VirtualScheduler,
  ) {
    this.pool = createPool<Connection>({
      connect: () => this.connect(),
      max: load.max,
      min: load.min,
      capacity: load.capacity,
      acquireTimeout: Infinity,
      connectTimeout: Infinity,
      maxPending: Infinity,
      maxOpening: load.max,
      idleTimeout: Infinity,
      maxLifetime: Infinity,
      scheduler,
    });
  }

  /** Opens the initial connections, and lets the pool measure how long leases and connects take. */
  prepare(ready: () => void): void {
    const { open, min, capacity, believed } = this.load;
    void this.pool.warmUp(Math.max(open, min));
    this.scheduler.schedule(() => {
      for (let i = 0; i < Math.max(open, min) * capacity; i++) this.use(believed, () => undefined);
    }, 100_000);
    this.scheduler.schedule(() => {
      this.begun = true;
      this.connects = 0;
      ready();
    }, 200_000);
  }

  use(work: number, done: () => void): void {
    this.pool
      .use(() => timer(work, this.scheduler))
      .pipe(retry())
      .subscribe({ complete: done });
  }

  batch(width: number, items: number, work: (n: number) => number, done: () => void, pulled: boolean): void {
    const use = (_: Connection, n: number): Observable<unknown> => timer(work(n), this.scheduler);
    const result = pulled
      ? pull.fromPull(
          pull.batchParallel(width)(pull.withConnection(this.pool, use)(Array.from({ length: items }, (_, n) => n))),
        )
      : range(items).pipe(withConnection(this.pool, use), batchParallel(width));
    result.subscribe({ complete: done });
  }

  loseAllBut(left: number): void {
    for (const { lose } of [...this.live].slice(left)) lose();
  }

  private connect(): Observable<Connection> {
    // Connections that open before the load begins open soon, but not at once: the pool must measure how long a connect takes.
    const takes = this.begun ? this.load.connect(this.connects) : this.load.connect(0);
    this.connects++;
    return new Observable<Connection>((subscriber) => {
      const connection = {
        lose: (): void => {
          subscriber.error(new Error('lost'));
        },
      };
      subscriber.add(() => this.live.delete(connection));
      subscriber.add(
        this.scheduler.schedule(() => {
          this.live.add(connection);
          subscriber.next(connection);
        }, takes),
      );
    });
  }
}
