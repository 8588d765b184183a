import { firstValueFrom, lastValueFrom, ReplaySubject, Subject, takeUntil, tap } from 'rxjs';
import { dashboard } from '../dashboard/dashboard';
import { seededRandom } from '../stress/seeded-random';
import { stressTest } from '../stress/stress-test';
import type { StressReport } from '../stress/report';
import { exitCode, interruptedBy } from './exit-codes';
import { GRACE_MS, Interruption } from './interruption';
import type { Io } from './io';
import { noConnection } from './node-pool';
import { oneLine } from './outcome';
import { Output } from './output';
import { StatusBlock } from './status-block';
import type { StressArguments } from './stress-arguments';
import { NoSubjectError, openSubject } from './stress-subject';
import type { StressSubject as UnderLoad } from './stress-subject';
import { progressBlock, progressLine, summaryOfLoad } from './stress-texts';
import { withTimeout } from './with-timeout';

/** In ms: between two updates, on a terminal and elsewhere. */
const REDRAW_MS = 200;
const LINE_INTERVAL_MS = 1_000;
/** In ms: how long the first connection may take with a node that does not respond. */
const CONNECT_TIMEOUT_MS = 5_000;
const FLUSH_TIMEOUT_MS = 300;

/** Puts a pool under load and reports the result. Resolves with the exit code when everything is written and closed. */
export async function stress(args: StressArguments, problems: string[], io: Io): Promise<number | undefined> {
  let subject: UnderLoad;
  try {
    subject = await openSubject(args);
  } catch (error) {
    if (!(error instanceof NoSubjectError)) throw error;
    problems.push(error.message);
    return undefined;
  }
  const command = new StressCommand(args, subject, io);
  try {
    return await command.run();
  } finally {
    await command.close();
  }
}

class StressCommand {
  private readonly status;
  private readonly stdout;
  private readonly stderr;
  private readonly interruption;
  /** `end$`: start no more operations. `stop$`: do not wait for those in flight. */
  private readonly end$ = new Subject<void>();
  private readonly stop$ = new ReplaySubject<void>(1);
  private report: StressReport | undefined;

  constructor(
    private readonly args: StressArguments,
    private readonly subject: UnderLoad,
    io: Io,
  ) {
    this.status = new StatusBlock(io.stderr);
    const redraw = { before: () => this.status.clear() };
    this.stdout = new Output(io.stdout, redraw);
    this.stderr = new Output(io.stderr, redraw);
    this.interruption = new Interruption(
      io.signals$,
      () => this.windDown(),
      () => this.stop$.next(),
    );
  }

  async run(): Promise<number> {
    const dead = this.subject.isNode ? await this.connect() : undefined;
    if (dead !== undefined) {
      this.say(`No connection, and nothing was measured. ${noConnection(dead.error)}`);
      return exitCode.noConnection;
    }
    if (this.interruption.signal === undefined) await this.load();
    this.status.clear();
    return this.verdict();
  }

  async close(): Promise<void> {
    await this.subject.close();
    await Promise.all([
      withTimeout(FLUSH_TIMEOUT_MS, this.stderr.flushed()),
      withTimeout(FLUSH_TIMEOUT_MS, this.stdout.flushed()),
    ]);
    this.interruption.stopListening();
  }

  /** Reports a node that is not available before the load starts. */
  private async connect(): Promise<{ readonly error: unknown } | undefined> {
    const { pool } = this.subject;
    let failure: { readonly error: unknown } | undefined;
    const warm = pool.warmUp().catch((error: unknown) => (failure = { error }));
    await Promise.race([withTimeout(CONNECT_TIMEOUT_MS, warm), firstValueFrom(this.stop$)]);
    if (failure !== undefined || this.interruption.signal !== undefined || pool.stats.totalConnections > 0)
      return failure;
    return { error: new Error(`${pool.name} did not answer within ${CONNECT_TIMEOUT_MS} ms`) };
  }

  private async load(): Promise<void> {
    const { args, subject, status, end$, stop$ } = this;
    const reports$ = stressTest(subject.pool, {
      ...args.load,
      work: subject.work,
      interval: status.visible ? REDRAW_MS : LINE_INTERVAL_MS,
      until: end$,
      // The process ends with the load, so that the shutdown of the pool can be checked, too.
      destroy: { timeout: subject.destroyTimeout },
      ...(args.seed === undefined ? {} : { random: seededRandom(args.seed) }),
    });
    const seen$ = new Subject<StressReport>();
    const board = args.dashboard ? dashboard(subject.pool, { stress: seen$, title: subject.what }) : undefined;
    const shown$ = reports$.pipe(
      tap((report) => {
        this.show(report);
        seen$.next(report);
      }),
      takeUntil(stop$),
    );
    try {
      if (board !== undefined) this.say(`Open ${(await board.listen()).url}`);
      await lastValueFrom(shown$, { defaultValue: undefined });
    } finally {
      await board?.close();
    }
  }

  private show(report: StressReport): void {
    this.report = report;
    if (report.phase === 'done') return;
    if (this.status.visible) this.status.show(progressBlock(report, this.subject.what));
    else if (report.elapsed >= LINE_INTERVAL_MS / 2) this.say(progressLine(report));
  }

  private windDown(): void {
    if (this.report === undefined) {
      this.stop$.next();
      return;
    }
    if (this.report.operations.inFlight > 0) {
      this.say(
        `Starting no more operations; waiting for those in flight, ${GRACE_MS / 1000} s at most. Press again to stop at once.`,
      );
    }
    this.end$.next();
  }

  private verdict(): number {
    const { report, interruption, args, subject } = this;
    const { signal } = interruption;
    if (report !== undefined) {
      const json = (): string => `${oneLine(JSON.stringify({ ...report, interrupted: signal !== undefined }))}\n`;
      if (args.json) this.stdout.write(json());
      else this.stdout.writeText(summaryOfLoad(report, subject.what));
    }
    if (signal !== undefined) {
      this.say(`Interrupted by ${signal}.`);
      return interruptedBy(signal);
    }
    if (report === undefined) return exitCode.noConnection;
    const { operations, passed } = report;
    if (operations.ended > 0 && operations.noConnection === operations.ended) return exitCode.noConnection;
    return passed ? exitCode.done : exitCode.thresholdFailed;
  }

  private say(text: string): void {
    this.stderr.write(`${oneLine(text)}\n`);
  }
}
