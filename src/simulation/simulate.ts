import { asyncScheduler, Observable } from 'rxjs';
import type { Subscription } from 'rxjs';
import { createPool } from '../pool/create-pool';
import type { PoolOptions } from '../pool/options';
import type { StressReport } from '../stress/report';
import { runLoad } from '../stress/run-load';
import { Confidence } from './confidence';
import type { Figure } from './confidence';
import { randomSources } from './random-sources';
import { readScenario } from './read-scenario';
import type { Plan } from './read-scenario';
import type { Scenario } from './scenario';
import { SimulatedFailure, Target } from './target';
import type { SimulatedConnection } from './target';
import { VirtualScheduler } from './virtual-scheduler';

/** The result of a simulation so far: the report of a stress test in virtual time, with margins of error. */
export interface SimulationReport extends StressReport {
  /** The seed of the scenario. The same seed gives the same run. */
  readonly seed: number;
  /** The share of operations that had to wait, of those that were not rejected. */
  readonly waited: Figure;
  /** Their mean wait in ms; those that did not wait count as 0. */
  readonly meanWait: Figure;
  /** The share of all operations that got no connection: rejected, timed out, or because a connect failed. */
  readonly unserved: Figure;
}

/**
 * In ms of real time: how long the event loop may be blocked; and the number of steps between two readings of the clock. A step may start
 * thousands of operations.
 */
const sliceMs = 20;
const stepsPerCheck = 8;

/**
 * Puts a load on a pool in virtual time. The pool is the real one; its connections lead to a simulated target that behaves as the scenario
 * says. An hour of a thousand operations per second takes some seconds. Cold: each subscription is a run, and each run of the same scenario is
 * the same. Emits a report at once and every `interval` of virtual time; the last value is the report of the whole run.
 *
 * Runs in slices of some milliseconds, so that the event loop serves other work in between. Unsubscribing ends it.
 *
 * ```ts
 * const report = await lastValueFrom(
 *   simulate({
 *     pool: { max: 10, acquireTimeout: 1_000 },
 *     arrivals: { rate: 1_000 },
 *     work: { logNormal: { median: '6ms', p99: '40ms' } },
 *     connect: '15ms',
 *     outages: [{ at: '20min', for: '5s' }],
 *     duration: '1h',
 *   }),
 * );
 * console.log(report.wait.p99, report.verdict);
 * ```
 *
 * Throws an `InvalidConfigError` that names every problem of the scenario with the path of the value. The Observable errors only where virtual
 * time would never advance, as with workers whose work takes no time.
 */
export function simulate(scenario: Scenario): Observable<SimulationReport> {
  const plan = readScenario(scenario);
  return new Observable((out) => {
    const scheduler = new VirtualScheduler();
    const confidence = new Confidence();
    let steps: Subscription | undefined;
    out.add(
      runPlan(plan, scheduler).subscribe({
        next: (report) => {
          confidence.add(report);
          out.next({ ...report, seed: plan.seed, ...confidence.figures(report) });
        },
        error: (error: unknown) => out.error(error),
        complete: () => out.complete(),
      }),
    );
    const run = (): void => {
      const until = performance.now() + sliceMs;
      try {
        for (let step = 1; !out.closed; step++) {
          if (!scheduler.step()) throw new Error('No action is scheduled, but the run has not ended.');
          if (step % stepsPerCheck === 0 && performance.now() > until) return;
        }
      } catch (error) {
        out.error(error);
      }
    };
    const next = (): void => {
      run();
      if (!out.closed) steps = asyncScheduler.schedule(next);
    };
    if (!out.closed) steps = asyncScheduler.schedule(next);
    out.add(() => steps?.unsubscribe());
  });
}

/** Creates the pool, its target and the load at the beginning of virtual time, and runs the load. */
function runPlan(plan: Plan, scheduler: VirtualScheduler): Observable<StressReport> {
  const randomFor = randomSources(plan.seed);
  const target = new Target(plan.target, scheduler, randomFor);
  const { close, validate, reset } = plan.durations;
  const [closeRandom, validateRandom, resetRandom] = [randomFor('close'), randomFor('validate'), randomFor('reset')];
  const options: PoolOptions<SimulatedConnection> = {
    ...(plan.pool as Omit<PoolOptions<SimulatedConnection>, 'connect'>),
    name: plan.pool.name ?? 'simulated',
    connect: target.connect,
    close: close && (() => target.delayed(close, closeRandom, undefined)),
    validate: validate && (() => target.delayed(validate, validateRandom, true)),
    reset: reset && (() => target.delayed(reset, resetRandom, undefined)),
    isFatal: (error) => error instanceof SimulatedFailure && error.fatal,
    scheduler,
    random: randomFor('pool'),
  };
  const pool = createPool(options);
  return runLoad(pool, { ...plan.load(scheduler, randomFor), work: target.work });
}
