import { EMPTY, filter, firstValueFrom, lastValueFrom, map, ReplaySubject, Subject, takeUntil } from 'rxjs';
import { tap, throwError, timeout, type Observable } from 'rxjs';
import { shownTarget } from '../connectors/msgpack-rpc/target';
import { batchOutcomes } from '../operators/batch-outcomes';
import type { BatchOutcome } from '../operators/internal/batch-outcome';
import { trackProgress, type BatchProgress } from '../operators/track-progress';
import { withConnection } from '../operators/with-connection';
import { LineCall } from './line-call';
import { CallTimeoutError } from './call-timeout-error';
import { duration, plural } from './duration';
import { exitCode, interruptedBy } from './exit-codes';
import type { Input } from './input';
import { BoundedSource } from './bounded-source';
import { GRACE_MS, Interruption } from './interruption';
import type { Io } from './io';
import type { Line } from './lines';
import { createNodePool, noConnection } from './node-pool';
import { messageOf } from './outcome';
import { progressTexts, type ProgressState } from './progress';
import type { SendArguments } from './send-arguments';
import { SendOutput } from './send-output';
import { StatusLine } from './status-line';
import { summaryOf } from './summary';
import type { Callable } from './target-kind';
import { withTimeout } from './with-timeout';

/** In ms: how long an output that is not read may delay the end. */
const FLUSH_TIMEOUT_MS = 300;

/** Sends every line and prints the results. Resolves with the exit code when everything is written and closed. */
export async function send(args: SendArguments, input: Input, io: Io): Promise<number> {
  const command = new SendCommand(args, input, io);
  try {
    return await command.run();
  } finally {
    await command.close();
  }
}

class SendCommand {
  private readonly pool;
  private readonly lines;
  /** Bytes of the whole input; 0 where unknown. */
  private readonly size;
  private readonly status;
  private readonly output;
  private readonly interruption;
  private source: BoundedSource<Line> | undefined;
  /** Do not wait for calls in flight. */
  private readonly stop$ = new ReplaySubject<void>(1);

  private readonly startedAt = performance.now();
  private readonly progress$ = new Subject<ProgressState>();
  /** By the monotonic clock; `progress` has the date. */
  private waitingSince = 0;
  private progress: BatchProgress = { succeeded: 0, failed: 0, ratePerSecond: 0 };
  /** Calls that were started, and those of them that have ended. */
  private started = 0;
  private answered = 0;
  /** Bytes of the lines whose calls have ended. */
  private finishedBytes = 0;

  constructor(
    private readonly args: SendArguments,
    private readonly input: Input,
    io: Io,
  ) {
    this.pool = createNodePool(args);
    this.lines = input.lines();
    this.size = input.size ?? 0;
    this.status = new StatusLine(io.stderr);
    const redraw = { before: () => this.status.clear(), after: () => this.updateProgress() };
    this.output = new SendOutput(io, args.json, redraw, () => this.stop());
    this.interruption = new Interruption(
      io.signals$,
      () => this.windDown(),
      () => this.stop(),
    );
  }

  async run(): Promise<number> {
    const { remark } = this.args;
    if (remark !== undefined) this.say(remark);
    if (this.input.isTerminal) this.say('Type the lines; Ctrl-D ends them.');
    const first = this.lines.next();
    const beginning = await this.connect(first);
    if (beginning === 'connected') await this.sendAll(first);
    this.status.clear();
    return this.verdict(beginning);
  }

  async close(): Promise<void> {
    this.input.close();
    await this.pool.destroy({ timeout: 0 });
    await withTimeout(FLUSH_TIMEOUT_MS, this.output.stderr.flushed());
    this.interruption.stopListening();
  }

  /** Connects before the first line is read: a dead target is reported while a user is still typing. */
  private connect(first: Promise<IteratorResult<Line, void>>): Promise<ConnectResult> {
    const never = new Promise<never>(() => {});
    return Promise.race([
      this.pool.warmUp().then(
        () => 'connected' as const,
        (error: unknown) => ({ error }),
      ),
      // A read error is reported when reading continues.
      first.then(
        ({ done }) => (done === true ? ('empty' as const) : never),
        () => never,
      ),
      this.stopped().then(() => 'stopped' as const),
    ]);
  }

  private async sendAll(first: Promise<IteratorResult<Line, void>>): Promise<void> {
    this.source = new BoundedSource(followedBy(first, this.lines), 2 * this.args.parallel);
    // The status line must not overwrite what a user types.
    const watched = this.status.visible && !this.input.isTerminal;
    const texts$ = watched ? progressTexts(this.progress$, this.pool.stats$) : EMPTY;
    const watching = texts$.subscribe((text) => this.status.show(text));
    const outcomes$ = this.outcomesOf(this.source.items$);
    const printed$ = outcomes$.pipe(
      tap((outcome) => this.print(outcome)),
      takeUntil(this.stop$),
    );
    await lastValueFrom(printed$, { defaultValue: undefined });
    await Promise.race([
      this.output.stdout.flushed(),
      this.stopped().then(() => withTimeout(FLUSH_TIMEOUT_MS, this.output.stdout.flushed())),
    ]);
    watching.unsubscribe();
  }

  private outcomesOf(lines$: Observable<Line>): Observable<BatchOutcome<unknown>> {
    const { parallel, ordered, jsonInput, patience } = this.args;
    return lines$.pipe(
      map(jsonInput ? LineCall.ofJson : LineCall.ofText),
      // No timeout for a connection: the pool rejects its waiters when the target is not available.
      withConnection(this.pool, (node, call) => this.call(node, call), { acquireTimeout: Infinity }),
      batchOutcomes({ concurrency: parallel, ordered, patience }),
      // Lines that were read before an interruption and not sent do not count.
      filter(({ item }) => item.started || this.interruption.signal === undefined),
      trackProgress((progress) => {
        this.reportOutage(this.progress.waiting, progress.waiting);
        this.progress = progress;
        this.updateProgress();
      }),
    );
  }

  private reportOutage(before: BatchProgress['waiting'], now: BatchProgress['waiting']): void {
    if (before !== undefined && before !== now) {
      this.say(`Waited ${duration(performance.now() - this.waitingSince)} for a connection.`);
    }
    if (now !== undefined && before !== now) {
      this.waitingSince = performance.now();
      const { patience } = this.args;
      this.say(`No connection: ${noConnection(now.error)}. Lines wait for one, ${duration(patience)} at most.`);
    }
  }

  private call(node: Callable, call: LineCall): Observable<unknown> {
    if (this.interruption.signal !== undefined) return EMPTY;
    const { method, target, timeout: ms } = this.args;
    call.started = true;
    this.started++;
    if (call.problem !== undefined) return throwError(() => call.problem);
    const answer$ = node.call(method, call.item);
    if (ms === undefined) return answer$;
    return answer$.pipe(
      timeout({ each: ms, with: () => throwError(() => new CallTimeoutError(method, shownTarget(target), ms)) }),
    );
  }

  private print(outcome: BatchOutcome<unknown>): void {
    const call = outcome.item as LineCall;
    if (call.started) this.answered++;
    this.finishedBytes += call.line.size;
    // A line is finished when its result is written, so that a slow output slows down the input.
    this.output.print(outcome, () => this.source?.release());
  }

  private updateProgress(): void {
    const { progress, size, finishedBytes } = this;
    if (!this.progress$.observed) return;
    const share = size > 0 ? Math.min(1, finishedBytes / size) : undefined;
    this.progress$.next({ progress, elapsed: performance.now() - this.startedAt, share });
  }

  private say(text: string): void {
    this.output.say(text);
  }

  /** Stops sending, and waits for calls in flight. */
  private windDown(): void {
    if (this.source === undefined) {
      this.stop();
      return;
    }
    this.source.stop();
    const inFlight = this.started - this.answered;
    // Lines that wait for a connection were not sent, and will not be.
    if (inFlight === 0 && this.progress.waiting !== undefined) this.stop();
    if (inFlight === 0 && !this.output.stdout.busy) return;
    const what = inFlight > 0 ? `${plural(inFlight, 'call')} in flight` : 'the results to be read';
    this.say(`Sending no more; waiting for ${what}, ${GRACE_MS / 1000} s at most. Press again to stop at once.`);
  }

  private stop(): void {
    this.stop$.next();
  }

  private stopped(): Promise<void> {
    return firstValueFrom(this.stop$);
  }

  private verdict(beginning: ConnectResult): number {
    const { interruption, source, started, progress } = this;
    const { stdout, unprintable } = this.output;
    const succeeded = progress.succeeded - unprintable;
    const failed = progress.failed + unprintable;
    if (typeof beginning === 'object') {
      this.say(`No connection, and nothing was sent. ${noConnection(beginning.error)}`);
      return exitCode.noConnection;
    }

    const unread = source?.failure;
    const unwritten = stdout.failure?.code === 'EPIPE' ? undefined : stdout.failure;
    if (unread !== undefined) this.say(`Cannot read the input: ${messageOf(unread.error)}`);
    if (unwritten !== undefined) this.say(`Cannot write the results: ${unwritten.message}`);

    const tally = { succeeded, failed, unanswered: started - this.answered };
    const summary = summaryOf(tally, performance.now() - this.startedAt);
    if (interruption.signal !== undefined) {
      this.say(`Interrupted by ${interruption.signal}. ${summary}`);
      return interruptedBy(interruption.signal);
    }
    // A reader that closes the output does not want the summary either.
    const empty = started + failed === 0 && unread === undefined;
    if (stdout.failure?.code !== 'EPIPE') this.say(empty ? 'The input is empty: there is nothing to send.' : summary);
    if (started === 0 && failed > 0) return exitCode.noConnection;
    return failed > 0 || unread !== undefined || unwritten !== undefined ? exitCode.someFailed : exitCode.done;
  }
}

type ConnectResult = 'connected' | 'empty' | 'stopped' | { readonly error: unknown };

/** All lines: the first one, which is being read already, and the rest. */
async function* followedBy(
  first: Promise<IteratorResult<Line, void>>,
  rest: AsyncIterable<Line>,
): AsyncGenerator<Line, void, undefined> {
  const { done, value } = await first;
  if (done !== true) yield value;
  yield* rest;
}
