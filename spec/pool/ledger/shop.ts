import { AsyncLocalStorage } from 'node:async_hooks';
import { EMPTY, NEVER, Observable, of, Subject, Subscription, throwError } from 'rxjs';
import type { ObservableInput, Subscriber } from 'rxjs';
import { createPool } from '../../../src';
import { turnShortcutsOff } from '../../helpers/shortcuts';
import type { ConnectionPool, Lease, PoolOptions, PoolStats } from '../../../src';
import { EventLedger } from '../event-ledger';
import { brokenOrder, brokenSums } from '../invariants';
import { odd } from '../../helpers/odd-values';
import { VirtualClock } from '../model/virtual-clock';

/** The outcome of a connect, a validation, a reset or a close: at once, after this time (ms), or never. */
export type Plan = 'ok' | 'late' | 'fails' | 'throws' | 'hangs';

export interface ShopOptions {
  readonly max: number;
  readonly min: number;
  readonly capacity: number;
  readonly maxPending: number;
  readonly acquireTimeout: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly lifetimeJitter: number;
  readonly maxUses: number;
  readonly validate: boolean;
  readonly validateAfter: number;
  readonly reset: boolean;
  readonly isFatal: boolean;
  /** Infinity: off. */
  readonly consecutive: number;
  readonly overload: boolean;
  readonly leakThreshold: number;
  readonly order: 'lifo' | 'fifo';
}

export type Action =
  | { do: 'use'; ms: number }
  | { do: 'use'; fails: boolean }
  | { do: 'acquire' }
  | { do: 'release' | 'discard' | 'leave' | 'lose'; pick: number }
  | { do: 'pass'; ms: number }
  | { do: 'resize'; max: number }
  | { do: 'refresh' }
  | { do: 'warm up'; count: number }
  | { do: 'stream'; gives: 'release' | 'discard' | 'refresh'; ms: number }
  | { do: 'plan'; what: Check; plan: Plan };

export type Check = 'connect' | 'validate' | 'reset' | 'close';

/** The context of each caller. To be disabled after the specs: it makes every promise and timer of the process slower. */
export const caller = new AsyncLocalStorage<Told>();
const late = 7;

/** A larger number of connects or leases in one instant is an endless loop. */
const endless = 3_000;

/** The values of rejections that are no errors. */
const reasons = Object.values(odd);
const limits = { connectTimeout: 40, cancelTimeout: 30, closeTimeout: 50, target: 5, interval: 20 };

/** A connection, and everything that has been done to it. */
class Wire {
  users = 0;
  uses = 0;
  /** The number of its last runs that failed, in a row. */
  failures = 0;
  dirty = false;
  busy: 'validate' | 'reset' | null = null;
  closing = false;
  over = false;
  idleSince: number;
  validatedAt = -1;
  lose: () => void = () => undefined;

  constructor(
    readonly id: number,
    readonly generation: number,
    readonly openedAt: number,
  ) {
    this.idleSince = openedAt;
  }
}

/**
 * A pool with every option, its users, and a target that keeps a record of each connection: the target
 * does not know how the pool decides, only which observations are invalid.
 */
export class Shop {
  readonly clock = new VirtualClock();
  readonly pool: ConnectionPool<Wire>;
  readonly broken: string[] = [];
  private readonly books: EventLedger;
  private readonly plans: Record<Check, Plan[]> = { connect: [], validate: [], reset: [], close: [] };
  private readonly wires = new Set<Wire>();
  private readonly checks = new Set<Wire>();
  private readonly leases: { lease: Lease<Wire>; wire: Wire }[] = [];
  private readonly waiting = new Map<Subscription, number>();
  private readonly running = new Set<Subscription>();
  /** The largest goal of a warm-up, and until when it is valid. */
  private warming = { goal: 0, until: -1 };
  /** Every event, as JSON. */
  readonly log: string[] = [];
  /** What began in this instant. */
  private begun = { at: -1, times: 0 };
  private failures = 0;
  private generation = 0;
  private max: number;
  private live = 0;
  private dials = 0;
  private callers = 0;
  private ended = 0;
  /** No failures that the work causes are known yet. */
  private innocent = true;

  /** `decides`: the outcome of everything without a plan. */
  constructor(
    readonly options: ShopOptions,
    private readonly decides: (what: Check) => Plan = () => 'ok',
    shortcuts = true,
  ) {
    const { validate, reset, isFatal, consecutive, overload, ...asTheyAre } = options;
    const { target, interval, ...timeouts } = limits;
    this.max = options.max;
    const all: PoolOptions<Wire> = {
      ...asTheyAre,
      ...timeouts,
      retryDelay: 10,
      breaker: { failures: 4, probeAfter: 30 },
      connect: () => this.connect(),
      close: (wire) => {
        this.when(wire.closing, 'a connection was closed twice');
        wire.closing = true;
        return this.follow('close', undefined);
      },
      scheduler: this.clock,
      random: () => 0.5,
      overload: overload ? { target, interval } : false,
      outlier: consecutive === Infinity ? false : { consecutive },
      ...(validate ? { validate: (wire: Wire) => this.check('validate', wire) as ObservableInput<boolean> } : {}),
      ...(reset ? { reset: (wire: Wire) => this.check('reset', wire) } : {}),
      ...(isFatal ? { isFatal: () => true } : {}),
    };
    this.pool = createPool(all);
    if (!shortcuts) turnShortcutsOff(this.pool);
    this.books = new EventLedger(this.pool, options);
    this.pool.events$.subscribe((event) => {
      this.log.push(JSON.stringify({ ...event, stack: undefined }));
      if (event.type === 'evicted' && event.reason === 'outlier') this.ejected(event.connection, event.failures);
    });
    let before: PoolStats | null = null;
    this.pool.stats$.subscribe((stats) => {
      // After it was made smaller there may be more for a while.
      const { totalConnections, openingConnections, closingConnections, maxConnections } = stats;
      const fits = totalConnections + openingConnections + closingConnections <= maxConnections;
      const sums = fits ? brokenSums(stats, { checks: true }) : [];
      for (const sentence of [...sums, ...(before === null ? [] : brokenOrder(before, stats))])
        this.when(true, sentence);
      before = stats;
    });
  }

  perform(action: Action): void {
    switch (action.do) {
      case 'use':
        this.use(action);
        break;
      case 'acquire':
        this.acquire();
        break;
      case 'release':
      case 'discard': {
        const [given] = this.leases.splice(action.pick % Math.max(1, this.leases.length), 1);
        if (given === undefined) break;
        if (!given.wire.over) this.leaves(given.wire);
        given.lease[action.do]();
        // A second release has no effect, whichever holder has the connection by then.
        given.lease[action.do]();
        break;
      }
      case 'leave': {
        const all = [...this.waiting.keys(), ...this.running];
        const one = all[action.pick % Math.max(1, all.length)];
        if (one === undefined) break;
        this.finished(one);
        one.unsubscribe();
        break;
      }
      case 'lose':
        [...this.wires][action.pick % Math.max(1, this.wires.size)]?.lose();
        break;
      case 'pass':
        this.clock.pass(action.ms);
        break;
      case 'resize':
        this.max = action.max;
        this.pool.resize(action.max);
        break;
      case 'refresh':
        this.generation++;
        this.pool.refresh();
        break;
      case 'warm up':
        this.warmUp(Math.min(action.count, this.max));
        break;
      case 'stream':
        this.stream(action.gives, action.ms);
        break;
      case 'plan':
        this.plans[action.what].push(action.plan);
    }
  }

  /** The number of candidates for an action that picks one. */
  among(what: 'release' | 'discard' | 'leave' | 'lose'): number {
    if (what === 'lose') return this.wires.size;
    return what === 'leave' ? this.waiting.size + this.running.size : this.leases.length;
  }

  /** Nothing is left to decide. */
  rest(): void {
    const { pool, options, clock } = this;
    const { stats } = pool;
    this.books.look(pool);
    const validating = [...this.wires].filter(({ busy }) => busy === 'validate').length;
    this.when(
      stats.pendingAcquires > 0 && stats.availableConnections > 0 && validating === 0,
      `${stats.pendingAcquires} wait while ${stats.availableConnections} are idle`,
    );
    const { totalConnections, openingConnections, availableConnections, maxConnections } = stats;
    const surplus = totalConnections + openingConnections > maxConnections;
    this.when(
      surplus && availableConnections + openingConnections > 0,
      'there are more than max, and some of them could go',
    );
    for (const { id, over, closing, users, failures } of this.wires) {
      const isOutlier = this.innocent && !over && !closing && users === 0 && failures >= options.consecutive;
      this.when(
        isOutlier && !options.isFatal && !options.validate,
        `connection ${id} has failed ${failures} runs, and is not closed`,
      );
    }
    const left = [...this.wires].some(
      ({ over, closing, users, busy, dirty }) => !over && !closing && users === 0 && dirty && busy === null,
    );
    this.when(left, 'a released connection is not being reset');
    const vain = [...this.checks].some(({ over, closing }) => over || closing);
    this.when(vain, 'a lost connection is still being checked');
    // Timers that are due at this very instant have not fired yet.
    if (clock.next <= clock.now()) return;
    for (const since of this.waiting.values()) {
      const waited = clock.now() - since;
      const most = Math.min(
        options.acquireTimeout,
        options.overload ? Math.max(limits.interval, limits.target) : Infinity,
      );
      this.when(waited > most, `a caller has waited for ${waited} of ${most} ms`);
    }
    const idle = [...this.wires].filter(
      ({ over, closing, users, busy, dirty }) => !over && !closing && users === 0 && busy === null && !dirty,
    );
    for (const { openedAt, idleSince, uses } of idle) {
      const idled = clock.now() - idleSince;
      const kept = clock.now() <= this.warming.until ? this.warming.goal : 0;
      const surplus = stats.totalConnections > Math.max(options.min, kept);
      this.when(surplus && idled > options.idleTimeout, `a connection is idle for ${idled} ms, and is not one of min`);
      const age = clock.now() - openedAt;
      this.when((surplus || uses > 0) && age > options.maxLifetime, `an idle connection is ${age} ms old`);
    }
  }

  /** Every holder releases, and no caller arrives: in the end only the connections that must be kept are open. */
  calm(): void {
    for (const plans of Object.values(this.plans)) plans.length = 0;
    // A connection that a holder releases is lent to the next waiter.
    do {
      while (this.leases.length > 0) this.perform({ do: 'release', pick: 0 });
      this.clock.pass(100_000);
    } while (this.leases.length > 0);
    this.rest();
    const { options, pool, max } = this;
    const { totalConnections, openingConnections, pendingAcquires } = pool.stats;
    const kept = Math.min(options.min, max);
    this.when(pendingAcquires > 0, 'a caller waits, and no lease is held');
    this.when(totalConnections < kept, `${totalConnections} are open, of which ${kept} must be kept`);
    this.when(
      options.idleTimeout !== Infinity && totalConnections > kept,
      `${totalConnections} are open without demand`,
    );
    this.when(openingConnections > 0, 'a connect continues without demand');
  }

  /** The pool is destroyed: at once, or when every lease is released. */
  end(timeout: number): void {
    void this.pool.destroy({ timeout });
    this.clock.pass(timeout + 1_000);
    this.rest();
    this.when(this.pool.stats.state !== 'destroyed', 'the pool is not destroyed');
    this.when(this.live !== 0, `${this.live} connections are left`);
    this.when(this.clock.pending !== 0, `${this.clock.pending} timers are left`);
    this.when(this.callers !== this.ended, `${this.callers} callers, ${this.ended} outcomes`);
  }

  get violations(): readonly string[] {
    return [...this.broken, ...this.books.violations];
  }

  // ---------------------------------------------------------------- the target

  private connect(): Observable<Wire> {
    const id = ++this.dials;
    return new Observable((subscriber) => {
      this.when(++this.live > this.max, `connection ${this.live} of ${this.max}`);
      this.begins('connects');
      this.when(caller.getStore() !== undefined, 'a connect began in the context of a caller');
      const generation = this.generation;
      let wire: Wire | null = null;
      subscriber.add(() => {
        this.live--;
        if (wire === null) return;
        this.when(wire.over, 'a connection was closed twice');
        wire.over = true;
        this.wires.delete(wire);
      });
      subscriber.add(
        this.follow('connect', undefined).subscribe({
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            wire = new Wire(id, generation, this.clock.now());
            wire.lose = () => {
              subscriber.error(new Error('lost'));
            };
            this.wires.add(wire);
            subscriber.next(wire);
          },
        }),
      );
    });
  }

  private check(what: 'validate' | 'reset', wire: Wire): Observable<unknown> {
    const { options, clock } = this;
    this.when(caller.getStore() !== undefined, `a ${what} began in the context of a caller`);
    this.when(wire.over || wire.users > 0 || wire.busy !== null, `${what} of a connection in use`);
    if (what === 'validate') {
      const idled = clock.now() - wire.idleSince;
      const suspect = wire.failures >= options.consecutive;
      if (suspect) this.innocent = false;
      this.when(idled < options.validateAfter && !suspect, `validated after ${idled} ms`);
    }
    return new Observable((subscriber: Subscriber<unknown>) => {
      wire.busy = what;
      this.checks.add(wire);
      subscriber.add(() => {
        wire.busy = null;
        this.checks.delete(wire);
      });
      subscriber.add(
        this.follow(what, true).subscribe({
          next: (value) => {
            // Before the pool is notified: it may lend the connection at once.
            wire.busy = null;
            if (what === 'validate') wire.validatedAt = wire.idleSince = clock.now();
            subscriber.next(value);
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            wire.busy = null;
            wire.dirty = false;
            wire.idleSince = clock.now();
            subscriber.complete();
          },
        }),
      );
    });
  }

  private follow<T>(what: Check, value: T): Observable<T> {
    const ok$: Observable<T> = value === undefined ? EMPTY : of(value);
    switch (this.plans[what].shift() ?? this.decides(what)) {
      case 'ok':
        return ok$;
      case 'late':
        return new Observable((subscriber) =>
          this.clock.schedule(() => {
            ok$.subscribe(subscriber);
          }, late),
        );
      case 'fails':
        return throwError(() => this.reason(`${what} failed`));
      case 'throws':
        throw this.reason(`${what} threw`);
      case 'hangs':
        return NEVER;
    }
  }

  // ---------------------------------------------------------------- the users

  private use(how: { ms: number } | { fails: boolean }): void {
    const done = new Subject<never>();
    this.begin((told) =>
      this.pool
        .use((wire) => {
          this.served(told);
          this.enters(wire);
          this.waiting.delete(told.subscription);
          if (!told.over) this.running.add(told.subscription);
          return new Observable<never>((subscriber) => {
            subscriber.add(() => {
              this.leaves(wire);
            });
            if ('fails' in how) {
              this.counts(wire, how.fails);
              if (how.fails) subscriber.error(new Error('the work failed'));
              else subscriber.complete();
              return;
            }
            subscriber.add(done.subscribe(subscriber));
            subscriber.add(
              this.clock.schedule(() => {
                if (!wire.over) this.counts(wire, false);
                done.complete();
              }, how.ms),
            );
          });
        })
        .subscribe(told.observer),
    );
  }

  /** Sometimes an error, and sometimes another value. */
  private reason(words: string): unknown {
    const times = this.failures++;
    return times % 2 === 0 ? new Error(words) : reasons[times % reasons.length];
  }

  private begins(what: string): void {
    const now = this.clock.now();
    if (this.begun.at !== now) this.begun = { at: now, times: 0 };
    this.begun.times++;
    if (this.begun.times === endless) {
      this.when(true, `${what} without an end`);
      void this.pool.destroy({ timeout: 0 });
    }
  }

  private warmUp(goal: number): void {
    const until = this.clock.now() + this.options.acquireTimeout;
    this.warming = { goal: Math.max(goal, this.warming.goal), until };
    this.pool.warmUp(goal).catch(() => undefined);
  }

  /** A stream whose receiver releases each lease at once. */
  private stream(gives: 'release' | 'discard' | 'refresh', ms: number): void {
    const stream = this.pool.subscribe((lease) => {
      this.begins('leases');
      const wire = lease.connection;
      this.enters(wire);
      this.leaves(wire);
      if (gives === 'refresh') this.perform({ do: 'refresh' });
      if (gives === 'discard') lease.discard();
      else lease.release();
    });
    this.clock.schedule(() => {
      stream.unsubscribe();
    }, ms);
  }

  private acquire(): void {
    this.begin((told) =>
      this.pool.acquire().subscribe({
        next: (lease) => {
          const wire = lease.connection;
          this.served(told);
          this.enters(wire);
          this.leases.push({ lease, wire });
        },
        ...told.observer,
      }),
    );
  }

  private begin(subscribe: (told: Told) => Subscription): void {
    this.callers++;
    const told = new Told(
      () => {
        this.ended++;
        this.finished(told.subscription);
      },
      () => {
        this.when(true, 'a caller that had waited was notified of its end in another context');
      },
    );
    const subscription = caller.run(told, () => subscribe(told));
    told.subscription.add(subscription);
    told.hasWaited = !told.over && !this.running.has(told.subscription);
    if (!told.over && !this.running.has(told.subscription)) this.waiting.set(told.subscription, this.clock.now());
    told.subscription.add(() => {
      told.end();
    });
  }

  private finished(subscription: Subscription): void {
    this.waiting.delete(subscription);
    this.running.delete(subscription);
  }

  /** First in, first out: a caller that is served at once has overtaken none. */
  private served(told: Told): void {
    const { subscription } = told;
    const [first] = this.waiting.keys();
    this.when(caller.getStore() !== told, 'a caller was served in the context of another');
    this.when(first !== undefined && first !== subscription, 'a caller has overtaken another');
  }

  private enters(wire: Wire): void {
    const { options, clock } = this;
    const now = clock.now();
    this.when(wire.over || wire.closing, 'a closed connection was lent');
    this.when(wire.busy !== null, `a connection was lent amid its ${String(wire.busy)}`);
    this.when(wire.users >= options.capacity, `a connection was lent to ${wire.users + 1} of ${options.capacity}`);
    this.when(
      wire.uses >= options.maxUses,
      `a connection was lent for the ${wire.uses + 1}th time of ${options.maxUses}`,
    );
    this.when(wire.generation !== this.generation, 'a connection from before the refresh was lent');
    if (wire.users === 0) {
      this.when(options.reset && wire.dirty, 'a connection was lent that had not been reset');
      const unused = now - wire.idleSince >= options.validateAfter;
      this.when(
        options.validate && unused && wire.validatedAt !== now,
        'a connection was lent that had not been validated',
      );
    }
    wire.users++;
    wire.uses++;
  }

  /** A run on it ends with this outcome. */
  private counts(wire: Wire, fails: boolean): void {
    // A connection that is marked for close is not counted any more.
    if (!fails && wire.failures > 0 && wire.failures < this.options.consecutive) this.innocent = false;
    wire.failures = fails ? wire.failures + 1 : 0;
  }

  private ejected(connection: number, failures = 0): void {
    const { consecutive, isFatal } = this.options;
    this.innocent = false;
    this.when(failures < consecutive || isFatal, `connection ${connection} was closed for ${failures} failures`);
    const wire = [...this.wires].find(({ id }) => id === connection);
    if (this.options.capacity > 1) return;
    this.when(
      wire?.failures !== failures,
      `connection ${connection} has failed ${wire?.failures}, not ${failures} runs`,
    );
  }

  private leaves(wire: Wire): void {
    if (--wire.users > 0) return;
    wire.dirty = this.options.reset;
    wire.idleSince = this.clock.now();
  }

  private when(wrong: boolean, sentence: string): void {
    if (wrong) this.broken.push(`at ${this.clock.now()}: ${sentence}`);
  }
}

/** A caller, which is notified once of its outcome. */
class Told {
  over = false;
  /** If it is served at once, whatever ends it reports its end. */
  hasWaited = false;
  readonly subscription = new Subscription();

  constructor(
    private readonly done: () => void,
    private readonly inOtherContext: () => void,
  ) {}

  readonly observer = {
    error: (): void => {
      this.look();
      this.end();
    },
    complete: (): void => {
      this.look();
      this.end();
    },
  };

  private look(): void {
    if (this.hasWaited && caller.getStore() !== this) this.inOtherContext();
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.done();
  }
}
