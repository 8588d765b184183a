import { ReadableError } from '../pool/values/readable-error';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { Connector } from '../pool/connector';
import type { Die } from './dice';
import type { Times } from './distribution';
import type { VirtualScheduler } from './virtual-scheduler';

/** What the target is like, with everything decided. Times in ms. */
export interface TargetPlan {
  readonly connect: { readonly takes: Times; readonly fails: number; readonly lives: Times | null };
  readonly work: { readonly takes: Times; readonly fails: number; readonly fatal: boolean };
  readonly faults: readonly Fault[];
  /** When nothing moves: from and to, in order, without overlaps. */
  readonly silences: readonly Span[];
}

export interface Fault {
  readonly at: number;
  readonly down: number;
  readonly share: number;
  /** Infinity: once. */
  readonly every: number;
  readonly what: string;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Work that has failed because the scenario says so. */
export class SimulatedFailure extends ReadableError {
  override get name(): 'SimulatedFailure' {
    return 'SimulatedFailure';
  }

  constructor(
    message: string,
    /** Whether the connection is not to be used again. */
    readonly fatal: boolean,
  ) {
    super(message);
  }
}

/** A connection to nowhere. */
export class SimulatedConnection {
  constructor(readonly number: number) {}
}

/**
 * The other side of the pool's connections, which takes its time and fails as the scenario says. Everything is an Observable with a timer
 * on the virtual scheduler: no promise, and so no microtask that virtual time would have to wait for.
 */
export class Target {
  private readonly open = new Map<SimulatedConnection, Subscriber<SimulatedConnection>>();
  /** Faults that last, and how much of the target each of them has taken. */
  private readonly down = new Set<Fault>();
  private connections = 0;

  private readonly dice: Readonly<Record<'connect' | 'connectFails' | 'lives' | 'work' | 'workFails' | 'faults', Die>>;

  constructor(
    private readonly plan: TargetPlan,
    private readonly scheduler: VirtualScheduler,
    die: (name: string) => Die,
  ) {
    const [connect, connectFails, lives] = [die('connect'), die('connect fails'), die('lives')];
    this.dice = {
      connect,
      connectFails,
      lives,
      work: die('work'),
      workFails: die('work fails'),
      faults: die('faults'),
    };
    for (const fault of plan.faults) this.await(fault, fault.at);
  }

  readonly connect: Connector<SimulatedConnection> = () =>
    new Observable<SimulatedConnection>((subscriber) => {
      const { plan, dice } = this;
      const { takes, fails, lives } = plan.connect;
      const took = this.lasting(takes.draw(dice.connect));
      const failed = fails > 0 && dice.connectFails() < fails;
      subscriber.add(
        this.after(took, () => {
          const failure = failed ? 'the connect failed' : this.faultNow();
          if (failure !== null) {
            subscriber.error(new Error(failure));
            return;
          }
          const connection = new SimulatedConnection(++this.connections);
          this.open.set(connection, subscriber);
          subscriber.add(() => this.open.delete(connection));
          if (lives !== null) {
            const life = lives.draw(dice.lives);
            subscriber.add(this.after(life, () => subscriber.error(new Error('the connection was lost'))));
          }
          subscriber.next(connection);
        }),
      );
    });

  readonly work = (): Observable<never> =>
    new Observable<never>((subscriber) => {
      const { plan, dice } = this;
      const { takes, fails, fatal } = plan.work;
      const took = this.lasting(takes.draw(dice.work));
      const failed = fails > 0 && dice.workFails() < fails;
      return this.after(took, () => {
        if (failed) subscriber.error(new SimulatedFailure('the work failed', fatal));
        else subscriber.complete();
      });
    });

  /** Something that only takes time: a close, a validation, a reset. */
  lasts<T>(takes: Times, die: Die, value: T): Observable<T> {
    return new Observable((subscriber) =>
      this.after(this.lasting(takes.draw(die)), () => {
        subscriber.next(value);
        subscriber.complete();
      }),
    );
  }

  private after(ms: number, callback: () => void) {
    return this.scheduler.schedule(callback, ms);
  }

  /** How long it takes what would take so many ms, while the target is silent now and then. */
  private lasting(ms: number): number {
    const { silences } = this.plan;
    if (silences.length === 0) return ms;
    const now = this.scheduler.now();
    let end = now + ms;
    for (const { from, to } of silences) {
      if (from >= end) break;
      if (to > now) end += to - Math.max(from, now);
    }
    return end - now;
  }

  private await(fault: Fault, at: number): void {
    this.after(at - this.scheduler.now(), () => {
      this.begin(fault);
      if (fault.every !== Infinity) this.await(fault, at + fault.every);
    });
  }

  private begin(fault: Fault): void {
    const { down, share, what } = fault;
    if (down > 0) {
      this.down.add(fault);
      this.after(down, () => this.down.delete(fault));
    }
    for (const subscriber of [...this.open.values()]) {
      if (share === 1 || this.dice.faults() < share) subscriber.error(new Error(what));
    }
  }

  /** Why a connect that would arrive now fails; null if it does not. */
  private faultNow(): string | null {
    for (const { share, what } of this.down) {
      if (share === 1 || this.dice.faults() < share) return what;
    }
    return null;
  }
}
