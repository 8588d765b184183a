import { ReadableError } from '../pool/values/readable-error';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { Connector } from '../pool/connector';
import type { RandomSource } from './random-sources';
import type { Times } from './distribution';
import type { VirtualScheduler } from './virtual-scheduler';

/** The resolved behaviour of the target. Times in ms. */
export interface TargetPlan {
  readonly connect: { readonly takes: Times; readonly fails: number; readonly lives: Times | null };
  readonly work: { readonly takes: Times; readonly fails: number; readonly fatal: boolean };
  readonly faults: readonly Fault[];
  /** The spans in which the target does not respond, sorted, without overlaps. */
  readonly silentOutages: readonly Span[];
}

export interface Fault {
  readonly at: number;
  readonly down: number;
  readonly share: number;
  /** Infinity: it occurs once. */
  readonly every: number;
  readonly what: string;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The failure of work that the scenario asks for. */
export class SimulatedFailure extends ReadableError {
  override get name(): 'SimulatedFailure' {
    return 'SimulatedFailure';
  }

  constructor(
    message: string,
    /** Whether the connection must not be used again. */
    readonly fatal: boolean,
  ) {
    super(message);
  }
}

/** A connection of the simulated target. */
export class SimulatedConnection {
  constructor(readonly number: number) {}
}

/**
 * The simulated target: takes time and fails as the scenario says. All its calls are Observables with timers on the virtual scheduler, without
 * promises, since virtual time does not wait for microtasks.
 */
export class Target {
  private readonly open = new Map<SimulatedConnection, Subscriber<SimulatedConnection>>();
  /** The faults during which connects fail. */
  private readonly activeFaults = new Set<Fault>();
  private connections = 0;

  private readonly randomSources: Readonly<
    Record<'connect' | 'connectFails' | 'lives' | 'work' | 'workFails' | 'faults', RandomSource>
  >;

  constructor(
    private readonly plan: TargetPlan,
    private readonly scheduler: VirtualScheduler,
    randomFor: (name: string) => RandomSource,
  ) {
    const [connect, connectFails, lives] = [randomFor('connect'), randomFor('connect fails'), randomFor('lives')];
    this.randomSources = {
      connect,
      connectFails,
      lives,
      work: randomFor('work'),
      workFails: randomFor('work fails'),
      faults: randomFor('faults'),
    };
    for (const fault of plan.faults) this.scheduleFault(fault, fault.at);
  }

  readonly connect: Connector<SimulatedConnection> = () =>
    new Observable<SimulatedConnection>((subscriber) => {
      const { plan, randomSources } = this;
      const { takes, fails, lives } = plan.connect;
      const took = this.withSilentOutages(takes.draw(randomSources.connect));
      const failed = fails > 0 && randomSources.connectFails() < fails;
      subscriber.add(
        this.after(took, () => {
          const failure = failed ? 'the connect failed' : this.connectFailure();
          if (failure !== null) {
            subscriber.error(new Error(failure));
            return;
          }
          const connection = new SimulatedConnection(++this.connections);
          this.open.set(connection, subscriber);
          subscriber.add(() => this.open.delete(connection));
          if (lives !== null) {
            const life = lives.draw(randomSources.lives);
            subscriber.add(this.after(life, () => subscriber.error(new Error('the connection was lost'))));
          }
          subscriber.next(connection);
        }),
      );
    });

  readonly work = (): Observable<never> =>
    new Observable<never>((subscriber) => {
      const { plan, randomSources } = this;
      const { takes, fails, fatal } = plan.work;
      const took = this.withSilentOutages(takes.draw(randomSources.work));
      const failed = fails > 0 && randomSources.workFails() < fails;
      return this.after(took, () => {
        if (failed) subscriber.error(new SimulatedFailure('the work failed', fatal));
        else subscriber.complete();
      });
    });

  /** A call that only takes time: a close, a validation, a reset. */
  delayed<T>(takes: Times, random: RandomSource, value: T): Observable<T> {
    return new Observable((subscriber) =>
      this.after(this.withSilentOutages(takes.draw(random)), () => {
        subscriber.next(value);
        subscriber.complete();
      }),
    );
  }

  private after(ms: number, callback: () => void) {
    return this.scheduler.schedule(callback, ms);
  }

  /** How long a call of `ms` takes with the silent outages during it. */
  private withSilentOutages(ms: number): number {
    const { silentOutages } = this.plan;
    if (silentOutages.length === 0) return ms;
    const now = this.scheduler.now();
    let end = now + ms;
    for (const { from, to } of silentOutages) {
      if (from >= end) break;
      if (to > now) end += to - Math.max(from, now);
    }
    return end - now;
  }

  private scheduleFault(fault: Fault, at: number): void {
    this.after(at - this.scheduler.now(), () => {
      this.startFault(fault);
      if (fault.every !== Infinity) this.scheduleFault(fault, at + fault.every);
    });
  }

  private startFault(fault: Fault): void {
    const { down, share, what } = fault;
    if (down > 0) {
      this.activeFaults.add(fault);
      this.after(down, () => this.activeFaults.delete(fault));
    }
    for (const subscriber of [...this.open.values()]) {
      if (share === 1 || this.randomSources.faults() < share) subscriber.error(new Error(what));
    }
  }

  /** Why a connect that completes now fails; null if it succeeds. */
  private connectFailure(): string | null {
    for (const { share, what } of this.activeFaults) {
      if (share === 1 || this.randomSources.faults() < share) return what;
    }
    return null;
  }
}
