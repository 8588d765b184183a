import { EMPTY, Observable, Subject, throwError } from 'rxjs';
import type { ObservableInput, Subscriber } from 'rxjs';
import type { ConnectContext } from '../../../src';
import { answer } from './answer';
import type { Answer } from './answer';
import { madeByThePool } from './connecting-rules';
import type { ConnectPlan, EndPlan, Plan, React } from './actions';
import type { PoolModel } from './pool-model';

/** A connection. */
export interface Wire {
  readonly id: number;
  /** The number of current users, counted by the users themselves. */
  inside: number;
}

/** One connect, and the lifecycle of its connection. */
class Connect {
  readonly wire: Wire;
  answered = false;
  /** It has emitted a connection. */
  opened = false;
  /** The target has ended it. */
  lost = false;
  /** The number of times that the pool has ended it. */
  ended = 0;
  /** The number of allowed connections when it began. */
  most = 0;
  life: Subscriber<Wire> | null = null;
  promised: Answer<Wire> | null = null;
  loss: Subject<never> | null = null;
  close: Subscriber<never> | null = null;

  constructor(readonly id: number) {
    this.wire = { id, inside: 0 };
  }
}

/**
 * The target of the connections: it follows the commands, and reports to the model everything that the pool does to it. It
 * counts the live connections itself.
 */
export class ScriptedTarget {
  readonly connects: Connect[] = [];
  readonly connectPlans: Plan<ConnectPlan>[] = [];
  readonly closePlans: Plan<EndPlan>[] = [];
  private alive = 0;

  constructor(
    private readonly model: PoolModel,
    private readonly stepped: boolean,
    private readonly react: React,
  ) {}

  readonly connect = (context: ConnectContext): Observable<Wire> | PromiseLike<Wire> => {
    const connect = new Connect(this.connects.length);
    const { plan, reaction } = this.connectPlans.shift() ?? { plan: 'manual' };
    return this.model.during(`connect ${connect.id}`, () => {
      this.connects.push(connect);
      connect.most = this.model.max;
      this.model.dials(connect.id);
      this.react('called', reaction, { connect: connect.id });
      if (plan === 'throws') {
        const error = new Error(`connect ${connect.id} threw`);
        this.answered(connect, error);
        throw error;
      }
      return this.model.options.connector === 'observable'
        ? this.life(connect, plan)
        : this.promise(connect, plan, context);
    });
  };

  /** The pool's option `close`. */
  readonly close = ({ id }: Wire): ObservableInput<unknown> | void => {
    const { plan, reaction } = this.closePlans.shift() ?? { plan: 'at once' };
    const connect = this.connects[id]!;
    return this.model.during(`close ${id}`, () => {
      this.model.closes(id);
      this.react('called', reaction, { connect: id });
      if (plan === 'manual') return this.slowClose(connect);
      this.closeIsOver(connect);
      if (plan === 'throws') throw new Error(`close ${id} threw`);
      if (plan === 'fails') return throwError(() => new Error(`close ${id} failed`));
      return plan === 'empty' ? EMPTY : undefined;
    });
  };

  /** The pool's option `lost`, for connectors that return a promise. */
  readonly loss = ({ id }: Wire): Observable<never> => (this.connects[id]!.loss ??= new Subject());

  // ---------------------------------------------------------------- commands

  open(id: number): void {
    const connect = this.connects[id]!;
    connect.answered = true;
    if (connect.promised !== null) {
      connect.promised.resolve(connect.wire);
    } else {
      connect.opened = true;
      this.model.opens(id);
      connect.life?.next(connect.wire);
    }
  }

  refuse(id: number, how: 'error' | 'complete'): void {
    const connect = this.connects[id]!;
    const error = new Error(`connect ${id} failed`);
    if (connect.promised !== null) {
      connect.answered = true;
      connect.promised.reject(error);
    } else if (how === 'error') {
      this.answered(connect, error);
      connect.life?.error(error);
    } else {
      this.answered(connect, madeByThePool);
      connect.life?.complete();
    }
  }

  lose(id: number, how: 'error' | 'complete'): void {
    const connect = this.connects[id]!;
    const error = new Error(`connection ${id} broke`);
    if (connect.life !== null) this.alive--;
    connect.lost = true;
    this.model.lost(id, how === 'error' ? error : madeByThePool);
    // Also when the pool has not subscribed yet: a later subscriber is notified of an earlier loss.
    const life: Pick<Subscriber<never>, 'error' | 'complete'> = connect.life ?? (connect.loss ??= new Subject());
    if (how === 'error') life.error(error);
    else life.complete();
  }

  emitMore(id: number): void {
    this.connects[id]!.life?.next({ id: -1, inside: 0 });
  }

  finishClose(id: number, how: 'error' | 'complete'): void {
    const { close } = this.connects[id]!;
    if (close === null) return;
    this.closeIsOver(this.connects[id]!);
    if (how === 'error') close.error(new Error(`close ${id} failed`));
    else close.complete();
  }

  // ---------------------------------------------------------------- candidates for commands

  get awaited(): number[] {
    return this.idsOf(
      ({ answered, life, promised, id }) =>
        !answered && (life ?? promised) !== null && ['opening', 'abandoned'].includes(this.model.connection(id).state),
    );
  }

  get unwanted(): number[] {
    return this.idsOf(
      ({ answered, promised, id }) =>
        !answered && promised !== null && ['unwanted', 'gone'].includes(this.model.connection(id).state),
    );
  }

  get opened(): number[] {
    return this.idsOf(({ opened, lost, id }) => opened && !lost && this.model.connection(id).state === 'open');
  }

  get closing(): number[] {
    return this.idsOf(({ close }) => close !== null);
  }

  /** Those that were opened and have not been ended exactly once. */
  get leaked(): number[] {
    return this.idsOf(({ opened, lost, ended }) => opened && (lost ? ended > 1 : ended !== 1));
  }

  // ---------------------------------------------------------------- implementation

  private life(connect: Connect, plan: ConnectPlan): Observable<Wire> {
    const { id } = connect;
    let subscriptions = 0;
    return new Observable((life) => {
      this.model.during(`the life of connection ${id}`, () => {
        this.model.check(++subscriptions === 1, `connect ${id} was subscribed ${subscriptions} times`);
        this.lives(connect);
        connect.life = life;
        life.add(() => {
          this.tornDown(connect);
        });
        if (plan === 'opens' || plan === 'flashes') this.open(id);
        if (plan === 'flashes') this.lose(id, 'complete');
        if (plan === 'fails') this.refuse(id, 'error');
        if (plan === 'ends') this.refuse(id, 'complete');
      });
    });
  }

  private promise(connect: Connect, plan: ConnectPlan, context: ConnectContext): PromiseLike<Wire> {
    const { id } = connect;
    const promised = answer<Wire>(this.stepped);
    connect.promised = promised;
    if (plan === 'opens' || plan === 'flashes') this.open(id);
    if (plan === 'fails' || plan === 'ends') this.refuse(id, 'error');
    // The model is notified before the pool, because it subscribed first.
    promised.promise.then(
      () => {
        connect.opened = true;
        this.model.opens(id);
      },
      (error: unknown) => {
        this.model.fails(id, error);
      },
    );
    context.signal.addEventListener('abort', () => {
      this.model.gaveUp(id);
    });
    return promised.promise;
  }

  private slowClose(connect: Connect): Observable<never> {
    return new Observable((close) => {
      connect.close = close;
      return () => {
        if (connect.close === null) return;
        this.model.closeStopped(connect.id);
        connect.close = null;
        if (connect.promised !== null) connect.ended++;
      };
    });
  }

  private closeIsOver(connect: Connect): void {
    connect.close = null;
    if (connect.promised !== null) connect.ended++;
    this.model.closeEnds(connect.id);
  }

  private answered(connect: Connect, error: unknown): void {
    connect.answered = true;
    if (connect.life !== null) this.alive--;
    this.model.fails(connect.id, error);
  }

  private tornDown(connect: Connect): void {
    if (connect.lost || (connect.answered && !connect.opened)) return;
    this.alive--;
    if (connect.opened) {
      connect.ended++;
      this.model.torn(connect.id);
    } else {
      this.model.gaveUp(connect.id);
    }
  }

  private lives({ id, most }: Connect): void {
    this.alive++;
    this.model.check(this.alive <= most, `with connection ${id}, ${this.alive} live at once, and max is ${most}`);
  }

  private idsOf(which: (connect: Connect) => boolean): number[] {
    return this.connects.filter(which).map(({ id }) => id);
  }
}
