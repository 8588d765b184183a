import { lastValueFrom, ReplaySubject, takeUntil, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { planCapacity } from '../simulation/plan-capacity';
import type { CapacityPlan } from '../simulation/plan-capacity';
import { simulate as simulation } from '../simulation/simulate';
import type { SimulationReport } from '../simulation/simulate';
import { exitCode, interruptedBy } from './exit-codes';
import { Interruption } from './interruption';
import type { Io } from './io';
import { messageOf, oneLine } from './outcome';
import { Output } from './output';
import type { SimulateArguments } from './simulate-arguments';
import { pointLine, simulationLine, summaryOfPlan, summaryOfSimulation } from './simulate-texts';
import { StatusBlock } from './status-block';
import { withTimeout } from './with-timeout';

/** In ms of real time: between two updates, on a terminal and elsewhere. */
const REDRAW_MS = 200;
const LINE_INTERVAL_MS = 1_000;
const FLUSH_TIMEOUT_MS = 300;

/** Simulates or plans, and reports the result. Resolves with the exit code when everything is written. */
export async function simulate(args: SimulateArguments, io: Io): Promise<number> {
  const command = new SimulateCommand(args, io);
  try {
    return await command.run();
  } finally {
    await command.close();
  }
}

class SimulateCommand {
  private readonly status;
  private readonly stdout;
  private readonly stderr;
  private readonly interruption;
  /** In virtual time there is nothing to wait for: the first signal stops it. */
  private readonly stop$ = new ReplaySubject<void>(1);
  private lastShown = performance.now();

  constructor(
    private readonly args: SimulateArguments,
    io: Io,
  ) {
    this.status = new StatusBlock(io.stderr);
    const redraw = { before: () => this.status.clear() };
    this.stdout = new Output(io.stdout, redraw);
    this.stderr = new Output(io.stderr, redraw);
    const stop = (): void => this.stop$.next();
    this.interruption = new Interruption(io.signals$, stop, stop);
  }

  async run(): Promise<number> {
    const { task, what } = this.args;
    try {
      if ('question' in task) return await this.plan(planCapacity(task.question));
      return await this.simulate(simulation(task.scenario));
    } catch (error) {
      // Such as workers that are rejected at once, again and again: virtual time never advances.
      this.status.clear();
      this.say(`${what} cannot be simulated: ${messageOf(error)}`);
      return exitCode.wrongArguments;
    }
  }

  async close(): Promise<void> {
    await Promise.all([
      withTimeout(FLUSH_TIMEOUT_MS, this.stderr.flushed()),
      withTimeout(FLUSH_TIMEOUT_MS, this.stdout.flushed()),
    ]);
    this.interruption.stopListening();
  }

  private async simulate(reports$: Observable<SimulationReport>): Promise<number> {
    const report = await this.last(reports$, simulationLine);
    if (report !== undefined) this.print(report, () => summaryOfSimulation(report, this.args.what));
    return this.codeOf(report?.passed === true);
  }

  private async plan(plans$: Observable<CapacityPlan>): Promise<number> {
    let told = 0;
    const shown$ = plans$.pipe(
      tap(({ points, done }) => {
        if (done || points.length === told) return;
        told = points.length;
        this.lastShown = -Infinity;
      }),
    );
    let known: readonly number[] = [];
    const plan = await this.last(shown$, ({ points }) => {
      const newest = points.find(({ max }) => !known.includes(max));
      known = points.map(({ max }) => max);
      return newest === undefined ? '' : pointLine(newest);
    });
    if (plan !== undefined) this.print(plan, () => summaryOfPlan(plan, this.args.what));
    return this.codeOf(plan !== undefined && plan.max !== null);
  }

  /** The last value, also of a run that was interrupted. Shows earlier ones from time to time. */
  private async last<T>(values$: Observable<T>, show: (value: T) => string): Promise<T | undefined> {
    const shown$ = values$.pipe(
      tap((value) => this.show(value, show)),
      takeUntil(this.stop$),
    );
    const value = await lastValueFrom(shown$, { defaultValue: undefined });
    this.status.clear();
    return value;
  }

  private show<T>(value: T, show: (value: T) => string): void {
    const now = performance.now();
    if (now - this.lastShown < (this.status.visible ? REDRAW_MS : LINE_INTERVAL_MS)) return;
    this.lastShown = now;
    const text = show(value);
    if (text === '') return;
    if (this.status.visible) this.status.show([oneLine(text)]);
    else this.say(text);
  }

  private print(value: object, text: () => string): void {
    const interrupted = this.interruption.signal !== undefined;
    if (this.args.json) this.stdout.write(`${oneLine(JSON.stringify({ ...value, interrupted }))}\n`);
    else this.stdout.writeText(text());
  }

  private codeOf(held: boolean): number {
    const { signal } = this.interruption;
    if (signal === undefined) return held ? exitCode.done : exitCode.thresholdFailed;
    this.say(`Interrupted by ${signal}.`);
    return interruptedBy(signal);
  }

  private say(text: string): void {
    this.stderr.write(`${oneLine(text)}\n`);
  }
}
