import { EMPTY, Observable, of, throwError } from 'rxjs';
import type { ObservableInput, Subscriber } from 'rxjs';
import { madeByThePool } from './connecting-rules';
import type { CheckPlan, Plan, React } from './actions';
import type { PoolModel } from './pool-model';
import type { Wire } from './scripted-target';
import type { Check } from './shapes';

/** The pool's options `validate` and `reset`: they follow the commands, and report to the model before the pool can know. */
export class Checks {
  readonly plans: Record<Check, Plan<CheckPlan>[]> = { validate: [], reset: [] };
  /** The unanswered checks, by their connections. */
  private readonly running = new Map<number, { readonly kind: Check; readonly subscriber: Subscriber<boolean> }>();

  constructor(
    private readonly model: PoolModel,
    private readonly react: React,
  ) {}

  readonly validate = (wire: Wire): ObservableInput<boolean> => this.run('validate', wire);

  readonly reset = (wire: Wire): ObservableInput<unknown> => this.run('reset', wire);

  get unanswered(): number[] {
    return [...this.running.keys()];
  }

  /** `no`: a validation answers false; a reset has no answer, and fails. */
  answer(id: number, how: 'yes' | 'no' | 'error'): void {
    const { kind, subscriber } = this.running.get(id)!;
    this.running.delete(id);
    const error = new Error(`${kind} ${id} failed`);
    const fails = how === 'error' || (how === 'no' && kind === 'reset');
    this.model.checkEnds(id, fails ? error : how === 'no' ? madeByThePool : null);
    if (fails) {
      subscriber.error(error);
    } else {
      subscriber.next(how === 'yes');
      subscriber.complete();
    }
  }

  private run(kind: Check, { id }: Wire): ObservableInput<boolean> {
    const { plan, reaction } = this.plans[kind].shift() ?? { plan: 'at once' };
    const { model } = this;
    return model.during(`the ${kind} of connection ${id}`, () => {
      model.checkBegins(id, kind);
      this.react('called', reaction, { connect: id });
      if (plan === 'manual') return this.unansweredYet(kind, id);
      if (plan === 'resolved') return this.promised(id);
      const error = new Error(`${kind} ${id} failed`);
      const saysNothing = plan === 'empty' || plan === 'says no';
      const isFailure = plan === 'throws' || plan === 'fails' ? error : madeByThePool;
      model.checkEnds(id, plan === 'at once' || (saysNothing && kind === 'reset') ? null : isFailure);
      if (plan === 'throws') throw error;
      if (plan === 'fails') return throwError(() => error);
      return plan === 'empty' ? EMPTY : of(plan !== 'says no');
    });
  }

  private unansweredYet(kind: Check, id: number): Observable<boolean> {
    return new Observable((subscriber) => {
      this.running.set(id, { kind, subscriber });
      return () => {
        if (!this.running.delete(id)) return;
        this.model.checkStopped(id);
      };
    });
  }

  private promised(id: number): Promise<boolean> {
    // A real promise in any world: RxJS requires one. The model is notified first, because it subscribed first.
    const promise = Promise.resolve(true);
    void promise.then(() => {
      this.model.checkEnds(id, null);
    });
    return promise;
  }
}
