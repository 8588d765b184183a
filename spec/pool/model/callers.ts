import { EMPTY, Observable, Subscriber, throwError } from 'rxjs';
import type { ObservableInput } from 'rxjs';
import { isPoolError } from '../../../src';
import type { ConnectionPool, Lease, WorkContext } from '../../../src';
import { answer } from './answer';
import type { Answer } from './answer';
import { FatalError, isMarked } from './actions';
import type { EndPlan, Plan, React, Reaction, Work } from './actions';
import type { PoolModel } from './pool-model';
import type { Wire } from './scripted-target';
import type { CallerKind } from './shapes';

/** A caller of the pool. */
interface Caller {
  readonly id: number;
  readonly kind: CallerKind;
  readonly subscriber: Subscriber<unknown>;
  /** While its work runs: one of the two. */
  observed: Subscriber<number> | null;
  promised: Answer<number> | null;
  cleaning: Subscriber<never> | null;
  signal: AbortSignal | null;
}

/** The number of most recent leases that are checked again and again. */
const remembered = 8;

/**
 * The callers that acquire connections and work with them. They follow the commands, and report to the model before they act,
 * and whatever the pool does to them.
 */
export class Callers {
  readonly cleanPlans: Plan<EndPlan>[] = [];
  private readonly all: Caller[] = [];
  /** The callers that receive leases; work has none to show. */
  private readonly leases = new Map<number, { readonly lease: Lease<Wire>; readonly wire: Wire }>();
  private lent = 0;

  constructor(
    private readonly model: PoolModel,
    private readonly stepped: boolean,
    private readonly react: React,
  ) {}

  // ---------------------------------------------------------------- commands

  acquire(pool: ConnectionPool<Wire>, timeout: number, reaction: Reaction | undefined): void {
    const caller = this.caller('acquire', pool, this.leaseTaker(reaction), reaction);
    this.asks(caller, pool, timeout);
    pool.acquire({ acquireTimeout: timeout }).subscribe(caller.subscriber as Subscriber<Lease<Wire>>);
    this.model.hasAsked(caller.id);
  }

  subscribe(pool: ConnectionPool<Wire>, reaction: Reaction | undefined): void {
    const caller = this.caller('stream', pool, this.leaseTaker(reaction), reaction);
    this.asks(caller, pool, Infinity);
    pool.subscribe(caller.subscriber as Subscriber<Lease<Wire>>);
    this.model.hasAsked(caller.id);
  }

  use(pool: ConnectionPool<Wire>, work: Work, timeout: number, reaction: Reaction | undefined): void {
    const { model } = this;
    const caller = this.caller(
      'use',
      pool,
      (_, id) => {
        model.value(id);
        this.react('value', reaction, { caller: id });
      },
      reaction,
    );
    const { id, subscriber } = caller;
    let runs = 0;
    this.asks(caller, pool, timeout, formOf(work));
    pool
      .use(
        (wire, context) =>
          model.during(`the work of caller ${id}`, () => {
            model.check(++runs === 1, `the work of caller ${id} was run ${runs} times`);
            return this.work(caller, pool, work, wire, context, reaction);
          }),
        { acquireTimeout: timeout },
      )
      .subscribe(subscriber);
    model.hasAsked(id);
  }

  leave(id: number): void {
    this.model.leaves(id);
    this.all[id]!.subscriber.unsubscribe();
  }

  giveBack(id: number, how: 'release' | 'discard'): void {
    const { lease, wire } = this.leases.get(id)!;
    if (this.model.leases.some((held) => held.id === id)) wire.inside--;
    if (how === 'release') {
      this.model.releases(id);
      lease.release();
    } else {
      this.model.discards(id);
      lease.discard();
    }
  }

  emit(id: number): void {
    this.all[id]!.observed?.next(0);
  }

  finish(id: number, ok: boolean, fatally = false): void {
    const { promised, observed } = this.all[id]!;
    const why = `the work of caller ${id} failed`;
    const error = ok ? undefined : fatally ? new FatalError(why) : new Error(why);
    if (promised !== null) {
      if (ok) promised.resolve(0);
      else promised.reject(error);
    } else {
      this.model.workEnds(id, ok, error);
      if (ok) observed?.complete();
      else observed?.error(error);
    }
  }

  finishClean(id: number, ok: boolean): void {
    const caller = this.all[id]!;
    const { cleaning } = caller;
    caller.cleaning = null;
    this.model.cleanEnds(id, ok);
    if (ok) cleaning?.complete();
    else cleaning?.error(new Error('cleaning failed'));
  }

  // ---------------------------------------------------------------- candidates for commands

  get emitting(): number[] {
    return this.idsOf(({ observed }) => observed !== null);
  }

  get working(): number[] {
    return this.idsOf(({ observed, promised }) => observed !== null || promised !== null);
  }

  get cleaning(): number[] {
    return this.idsOf(({ cleaning }) => cleaning !== null);
  }

  /** Leases that have ended. */
  get stale(): number[] {
    return [...this.leases.keys()].filter((id) => this.model.leases.every((lease) => lease.id !== id));
  }

  // ---------------------------------------------------------------- what is visible at any time

  /** A lease shows its connection while it lasts, and nothing afterwards. */
  lookAtLeases(): void {
    const { model, leases } = this;
    for (const [id, { lease }] of [...leases].slice(-remembered)) {
      const held = model.leases.find((other) => other.id === id);
      let shown: number | null = null;
      try {
        shown = lease.connection.id;
      } catch (error) {
        model.check(isPoolError(error, 'INVALID_LEASE'), `lease ${id} threw ${String(error)}`);
      }
      model.check(shown === (held?.connection.id ?? null), `lease ${id} shows connection ${shown}`);
    }
  }

  lookAtSignals(): void {
    for (const { id, revoked } of this.model.callers) {
      const signal = this.all[id]?.signal;
      if (revoked !== null && signal) this.model.check(signal.aborted, `caller ${id} was not told by its signal`);
    }
  }

  // ---------------------------------------------------------------- implementation

  private leaseTaker(reaction: Reaction | undefined): (lease: unknown, id: number) => void {
    return (given, id) => {
      const lease = given as Lease<Wire>;
      const wire = lease.connection;
      const leaseId = this.lent++;
      this.leases.set(leaseId, { lease, wire });
      this.model.lent(id, leaseId, wire.id, wire.inside);
      wire.inside++;
      this.react('granted', reaction, { caller: id, lease: leaseId, connect: wire.id });
      this.model.nextReturned(id);
    };
  }

  private work(
    caller: Caller,
    pool: ConnectionPool<Wire>,
    work: Work,
    wire: Wire,
    context: WorkContext,
    reaction: Reaction | undefined,
  ): ObservableInput<number> & object {
    const { id } = caller;
    const { model } = this;
    model.lent(id, this.lent++, wire.id, wire.inside);
    wire.inside++;
    // The signal is created on access, so both cases must be covered.
    if (id % 2 === 0) caller.signal = context.signal;
    this.react('granted', reaction, { caller: id, connect: wire.id });

    if (formOf(work) === 'promise') return this.promise(caller, work, wire);
    if (caller.subscriber.closed) {
      // It was cancelled by its own work: whether the result of work is still subscribed makes no difference.
      wire.inside--;
      model.workTorn(id);
      return EMPTY;
    }
    if (work === 'throwing') {
      const error = new Error(`the work of caller ${id} threw`);
      model.workEnds(id, false, error);
      wire.inside--;
      model.workTorn(id);
      throw error;
    }
    return new Observable<number>((observed) => {
      model.during(`the subscribe of caller ${id}`, () => {
        caller.observed = observed;
        observed.add(() => {
          this.leasesAreShown(pool, `the teardown of caller ${id}`);
          wire.inside--;
          caller.observed = null;
          model.workTorn(id);
        });
        if (work === 'instant') observed.next(0);
        if (work !== 'manual') this.finish(id, work === 'instant');
      });
    });
  }

  private promise(caller: Caller, work: Work, wire: Wire): Promise<number> {
    const { id } = caller;
    const promised = answer<number>(this.stepped);
    const settled = (ok: boolean, error?: unknown): void => {
      wire.inside--;
      caller.promised = null;
      this.model.workEnds(id, ok, error);
    };
    caller.promised = promised;
    if (work !== 'promise') this.finish(id, work === 'resolved');
    // The model is notified before the pool, because it subscribed first.
    promised.promise.then(
      () => {
        settled(true);
      },
      (error: unknown) => {
        settled(false, error);
      },
    );
    return promised.promise as Promise<number>;
  }

  /** The pool's option `isFatal`. */
  readonly isFatal = (error: unknown): boolean => {
    if (isMarked(error) && this.model.options.isFatal === 'throws') throw new Error('it cannot be told');
    return isMarked(error);
  };

  /** The pool's option `onCancel`. */
  readonly clean = (wire: Wire): ObservableInput<unknown> => {
    const { plan, reaction } = this.cleanPlans.shift() ?? { plan: 'empty' };
    const { model } = this;
    const id = model.callers.find((other) => other.mustClean && other.lease?.connection.id === wire.id)?.id ?? -1;
    return model.during(`the cleaning after caller ${id}`, () => {
      model.cleans(id);
      this.react('called', reaction, { connect: wire.id });
      if (plan === 'manual' && id >= 0) return this.slowCleaning(this.all[id]!, wire);
      model.cleanEnds(id, plan !== 'throws' && plan !== 'fails');
      if (plan === 'throws') throw new Error('cleaning threw');
      return plan === 'fails' ? throwError(() => new Error('cleaning failed')) : EMPTY;
    });
  };

  private slowCleaning(caller: Caller, wire: Wire): Observable<never> {
    return new Observable((cleaning) => {
      caller.cleaning = cleaning;
      wire.inside++;
      return () => {
        wire.inside--;
        if (caller.cleaning !== null) this.model.cleanStopped(caller.id);
        caller.cleaning = null;
      };
    });
  }

  private asks(
    { id, kind }: Caller,
    pool: ConnectionPool<Wire>,
    timeout: number,
    form: 'observable' | 'promise' = 'observable',
  ): void {
    this.model.asks(id, kind, timeout, form, pool.stats.state === 'destroyed');
  }

  private caller(
    kind: CallerKind,
    pool: ConnectionPool<Wire>,
    next: (value: unknown, id: number) => void,
    reaction: Reaction | undefined,
  ): Caller {
    const { model } = this;
    const id = this.all.length;
    const subscriber = new Subscriber<unknown>({
      next: (value) => {
        model.during(`next of caller ${id}`, () => {
          next(value, id);
        });
      },
      error: (error: unknown) => {
        model.during(`error of caller ${id}`, () => {
          model.failed(id, error);
          this.ended(id, pool, reaction);
        });
      },
      complete: () => {
        model.during(`complete of caller ${id}`, () => {
          model.completed(id);
          this.ended(id, pool, reaction);
        });
      },
    });
    const caller: Caller = { id, kind, subscriber, observed: null, promised: null, cleaning: null, signal: null };
    this.all.push(caller);
    return caller;
  }

  private ended(id: number, pool: ConnectionPool<Wire>, reaction: Reaction | undefined): void {
    this.leasesAreShown(pool, `the end of caller ${id}`);
    this.react('end', reaction, { caller: id });
  }

  /** First the teardown, then the lease ends, then the stats show it, then the caller is notified, and then the next waiter is served. */
  private leasesAreShown(pool: ConnectionPool<Wire>, when: string): void {
    const { leases, tally, state } = this.model;
    if (state !== 'open') return;
    const { activeLeases, acquired } = pool.stats;
    this.model.check(
      activeLeases === leases.length && acquired === tally.acquired,
      `${when}: the stats say ${activeLeases} leases of ${acquired}, not ${leases.length} of ${tally.acquired}`,
    );
  }

  private idsOf(which: (caller: Caller) => boolean): number[] {
    return this.all.filter(which).map(({ id }) => id);
  }
}

function formOf(work: Work): 'observable' | 'promise' {
  return work === 'promise' || work === 'resolved' || work === 'rejected' ? 'promise' : 'observable';
}
