import { isPoolError } from '../../../src';
import type { PoolStats } from '../../../src';
import { ConnectingRules, hair, madeByThePool } from './connecting-rules';
import { isMarked, told } from './actions';
import type { Action } from './actions';
import type {
  CallerKind,
  Check,
  ConnectionState,
  ModelCaller,
  ModelConnection,
  ModelLease,
  ModelOptions,
} from './shapes';
import type { Tally, Warming } from './shapes';

/**
 * What a pool must do, as plain lists of waiters, holders and connections. It receives everything
 * that is visible from outside, in the order in which it happens: what callers and connectors do, and what the pool does to them.
 * The first kind changes the lists; the second kind is compared with them. Whatever the contract forbids becomes a violation.
 *
 * Which caller is served, when, with which connection, and with which error is predicted exactly. When a connect begins is not (see
 * ConnectingRules).
 */
export class PoolModel {
  readonly violations: string[] = [];
  /** The history, for a reader of a failure. */
  readonly history: { readonly at: number; readonly depth: number; readonly what: string | Action }[] = [];

  now = 0;
  /** Counts the actions and the timers that fired: "in a later task" means that it has grown. */
  task = 0;
  state: 'open' | 'draining' | 'destroyed' = 'open';
  /** Every caller that is not over. */
  callers: ModelCaller[] = [];
  /** The waiting callers, in order of arrival. */
  line: ModelCaller[] = [];
  /** Every connection that is not gone. */
  connections: ModelConnection[] = [];
  /** The maximum at present. */
  max: number;
  leases: ModelLease[] = [];
  warmings: Warming[] = [];
  readonly connecting: ConnectingRules;
  readonly tally: Tally = {
    successfulOperations: 0,
    failedOperations: 0,
    cancelledOperations: 0,
    acquired: 0,
    released: 0,
    discarded: 0,
    opened: 0,
    closed: 0,
    openFailures: 0,
    timeouts: 0,
    rejected: 0,
    cancelledAcquires: 0,
  };
  /** Failed at the instant at which the timeout expired and the target was known to be down. */
  eitherTimeoutOrRejected = 0;
  /** Connects that destroy abandoned at the instant at which they timed out. */
  private failedOrGivenUp = 0;
  /** The task in which a lease last ended. */
  returnedIn = -1;
  /** The time since which the queue has not been empty. */
  private lineStandsSince = Infinity;
  /** The longest duration of a connect. */
  slowestOpen = 0;
  /** When the timeout of destroy expires. */
  patienceEnds = Infinity;
  /** The task in which it expired. */
  patienceEndedIn = -1;

  /** It was made smaller at some time: for a while there may be more than `max`. */
  wasShrunk = false;
  /**
   * Since the pool last had nothing to decide: no action inside a callback, the smallest value of `max`, the largest number of open
   * connections.
   */
  quiet = true;
  private leastMax = Infinity;
  private mostOpen = 0;
  private loadChanges = 0;
  private readonly gone = new Map<number, ModelConnection>();
  /** The current callbacks of the pool, the outermost first. */
  private readonly callbacks: string[] = [];

  constructor(readonly options: ModelOptions) {
    this.max = options.max;
    this.connecting = new ConnectingRules(options);
  }

  // ---------------------------------------------------------------- reading it

  count(...states: ConnectionState[]): number {
    return this.connections.filter(({ state, stray }) => states.includes(state) && !stray).length;
  }

  /** The number of open connections. */
  get total(): number {
    return this.count('open');
  }

  /** The number of occupied slots: `max` limits it. */
  get taken(): number {
    return this.connections.filter(({ stray }) => !stray).length;
  }

  get pending(): ModelCaller[] {
    return this.line.filter(({ kind }) => kind !== 'stream');
  }

  /**
   * The maximum number of pending callers: `maxPending`, plus the callers that connections still to be opened, or in validation, will
   * serve.
   */
  get mostPending(): number {
    return this.options.maxPending + (Math.max(0, this.max - this.total) + this.validating) * this.options.capacity;
  }

  /**
   * Until when the pool may leave the queue to the open connections: while there are no failures of the target, and the queue
   * has not been standing for one connect time, whichever callers are in it.
   */
  get mayTrustTurnoverUntil(): number {
    const opensAnyway = this.line.length === 0 || this.total === 0 || this.warmings.length > 0;
    if (opensAnyway || this.connecting.failuresInRow > 0) return -Infinity;
    return this.lineStandsSince + Math.max(1, this.slowestOpen);
  }

  /** Nothing is left to decide: the queue is standing from the first such moment at which callers wait and a connection is open. */
  looksAtLine(): void {
    if (this.line.length === 0 || this.total === 0) this.lineStandsSince = Infinity;
    else this.lineStandsSince = Math.min(this.lineStandsSince, this.now);
  }

  /** A queue that was empty for an instant has stood for no longer than a connect took until then: that instant is not seen here. */
  private measuresOpen(took: number): void {
    if (took <= this.slowestOpen) return;
    this.lineStandsSince = Math.max(this.lineStandsSince, this.now - Math.max(1, this.slowestOpen));
    this.slowestOpen = took;
  }

  /** Connections that are kept open, even without demand. */
  get kept(): number {
    return Math.min(this.options.min, this.max);
  }

  /**
   * The number of connections that are not closed at this time for their age or idleness, unless they were used: `min`, and the goal of a
   * warm-up.
   */
  keptOpenAt(time: number): number {
    const goals = this.warmings.map(({ goal, reached, refused, deadline }) =>
      reached || refused || deadline < time ? 0 : goal,
    );
    return Math.max(this.options.min, ...goals);
  }

  /**
   * The number that may be kept open at this time. A goal that was reached only for an instant, by a connection that was lost in the call that
   * opened it, has not been noticed by the pool.
   */
  mayKeepOpenAt(time: number): number {
    const goals = this.warmings.map(({ goal, deadline }) => (deadline < time ? 0 : goal));
    return Math.max(this.options.min, ...goals);
  }

  expiresAt({ openedAt }: ModelConnection): number {
    return openedAt + Math.max(1, Math.round(this.options.maxLifetime));
  }

  /**
   * The connections that could be lent, in order: those just validated, the first of them first; then the least loaded, and of equally loaded
   * ones as `order` says.
   */
  get withRoom(): ModelConnection[] {
    return this.mayHaveRoom.filter((connection) => !this.mayHaveToGo(connection));
  }

  get mayHaveRoom(): ModelConnection[] {
    const { capacity, order } = this.options;
    const load = (connection: ModelConnection): number => this.leasesOf(connection).length;
    const byOrder = order === 'lifo' ? -1 : 1;
    const inTurn = (a: ModelConnection, b: ModelConnection): number =>
      a.validated ? a.loadedAt - b.loadedAt : load(a) - load(b) || byOrder * (a.loadedAt - b.loadedAt);
    return this.connections
      .filter((c) => c.state === 'open' && !c.condemned && c.check === null && load(c) < capacity)
      .filter((c) => !c.overdue || this.isProbe(c))
      .sort((a, b) => Number(b.validated) - Number(a.validated) || inTurn(a, b));
  }

  /** While the breaker is open, the validation of an old connection is a probe: the connection may still work. */
  private isProbe(connection: ModelConnection): boolean {
    return this.connecting.breaker !== 'closed' && this.mustValidate(connection);
  }

  /** Idle connections, the one idle longest first. */
  get idle(): ModelConnection[] {
    const idle = this.connections.filter((c) => this.isOpenFor(c) && c.check === null && this.leasesOf(c).length === 0);
    return idle.sort((a, b) => a.loadedAt - b.loadedAt);
  }

  /** The number of connections in validation. */
  get validating(): number {
    return this.connections.filter(({ state, check }) => state === 'open' && check === 'validate').length;
  }

  /** Connections with holders, and those in a check. */
  get inUse(): number {
    return this.connections.filter((c) => c.state === 'open' && (c.check !== null || this.leasesOf(c).length > 0))
      .length;
  }

  /** Whether it must be validated before it is lent. */
  mustValidate(connection: ModelConnection): boolean {
    const { validate, validateAfter } = this.options;
    const { idleSince, validated } = connection;
    return validate && this.leasesOf(connection).length === 0 && !validated && this.now - idleSince >= validateAfter;
  }

  /** Whether one more may be validated: at most one for each waiter at the same time. */
  private get mayAsk(): boolean {
    return this.validating * this.options.capacity < this.line.length;
  }

  /** Whether a waiter can be lent a connection, or one can be validated for it. */
  get canServe(): boolean {
    return this.canServeLine(this.line.length);
  }

  /** The same, for those that cannot have been deferred: a stream that was served in this instant may have seen what is gone by now. */
  get mustServe(): boolean {
    return this.canServeLine(
      this.line.filter(({ kind, servedAt }) => kind !== 'stream' || servedAt !== this.now).length,
    );
  }

  private mayBeDeferred({ kind, servedAt }: ModelCaller): boolean {
    return kind === 'stream' && servedAt === this.now;
  }

  private canServeLine(length: number): boolean {
    const mayAsk = this.validating * this.options.capacity < length;
    return length > 0 && this.withRoom.some((connection) => mayAsk || !this.mustValidate(connection));
  }

  private isOpenFor({ state, condemned }: ModelConnection): boolean {
    return state === 'open' && !condemned;
  }

  /** Whether there are more than `max`, since the pool was made smaller. Closing connections end by themselves. */
  get tooMany(): boolean {
    return this.count('opening', 'open') > this.max;
  }

  leasesOf(connection: ModelConnection): ModelLease[] {
    return this.leases.filter((lease) => lease.connection === connection);
  }

  /**
   * Whether everything that the snapshot shows has been observed. The stats show a lease, its end, a connect or a rejection just before
   * the caller is notified; an action of a watcher in between would change what the model thinks the pool has chosen from.
   */
  knows(stats: PoolStats): boolean {
    const { acquired, timeouts, rejected } = this.tally;
    const refused = timeouts + rejected + this.eitherTimeoutOrRejected;
    const takenAway = this.callers.some(({ revoked }) => revoked !== null);
    return (
      (!takenAway || stats.failedOperations === this.tally.failedOperations) &&
      stats.acquired === acquired &&
      stats.activeLeases === this.leases.length &&
      stats.timeouts + stats.rejected === refused &&
      stats.openingConnections === this.count('opening') &&
      stats.totalConnections === this.total &&
      stats.inUseConnections === this.inUse
    );
  }

  caller(id: number): ModelCaller | undefined {
    return this.callers.find((caller) => caller.id === id);
  }

  connection(id: number): ModelConnection {
    return this.connections.find((connection) => connection.id === id) ?? this.gone.get(id)!;
  }

  /** No caller acquires, waits or holds, and every connection is idle. */
  get isQuiet(): boolean {
    const { callers, leases, warmings, connections, idle, connecting } = this;
    const noClaim = callers.length + leases.length + warmings.length === 0;
    return noClaim && connections.length === idle.length && idle.length >= this.kept && connecting.undisturbed;
  }

  /** The relations between the sums that the stats show. */
  get sums(): { readonly checks: boolean; readonly fits: boolean } {
    return { checks: this.options.validate || this.options.reset, fits: !this.wasShrunk };
  }

  note(what: string | Action): void {
    this.history.push({ at: this.now, depth: this.depth, what });
  }

  /** The history in readable form: actions of the pool have an arrow. */
  get story(): string {
    const lines = this.history.map(
      ({ at, depth, what }) => `${'  '.repeat(depth)}${at}: ${typeof what === 'string' ? what : told(what)}`,
    );
    return lines.join('\n');
  }

  check(ok: boolean, sentence: string): void {
    if (!ok) this.violations.push(sentence);
  }

  // ---------------------------------------------------------------- the clock, and what happens by time alone

  timeIs(now: number): void {
    this.newTask();
    this.now = now;
    for (const caller of this.callers) {
      if (caller.phase === 'resting' && caller.since + 1 <= now + hair) this.getInLine(caller, true);
      const { cancelTimeout } = this.options;
      if (caller.phase === 'lingering' && caller.work === 'promise' && caller.since + cancelTimeout <= now + hair) {
        this.end(caller, 'discarded');
      }
    }
    for (const connection of this.connections) {
      if (connection.state === 'unwanted' && connection.since + this.options.closeTimeout <= now + hair)
        this.vanish(connection);
    }
    if (this.patienceEnds <= now + hair) this.patienceIsOver();
    this.grow();
  }

  /** A connection that is older than its lifetime takes no new lease. At that very instant it may have got one just before. */
  grow(nothingIsDue = false): void {
    for (const connection of this.connections) {
      if (connection.state !== 'open' || connection.condemned) continue;
      if (!this.isPast(this.expiresAt(connection), nothingIsDue)) continue;
      if (this.leasesOf(connection).length > 0) connection.condemned = true;
      else if (!connection.overdue) this.isKeptAlthoughOld(connection);
    }
  }

  private isKeptAlthoughOld(connection: ModelConnection): void {
    connection.overdue = true;
    // One that opened at that very instant may have done so later.
    const then = this.connections.filter((c) => c.state === 'open' && c.openedAt < this.expiresAt(connection));
    const mayStay = !connection.wasLent && then.length <= this.mayKeepOpenAt(this.expiresAt(connection) - hair);
    this.check(mayStay, `connection ${connection.id} is idle and older than its lifetime, and still open`);
  }

  newTask(): void {
    this.letStreamsRest();
    if (this.patienceEnds <= this.now) this.patienceIsOver();
    this.task++;
  }

  /**
   * Destroy revokes the remaining leases. With a timeout of 0 that is at the call, or when the callback in which it was called
   * has returned: the model does it when it shows, or when the task is over.
   */
  patienceIsOver(): void {
    this.patienceEnds = Infinity;
    this.patienceEndedIn = this.task;
    for (const lease of [...this.leases]) this.revoke(lease, 'destroyed');
  }

  /** In that task a lease may have been released just before it was revoked, or just after: the order is not visible. */
  adopt({ released, discarded, openFailures }: Pick<Tally, 'released' | 'discarded' | 'openFailures'>): void {
    const { tally } = this;
    for (; this.failedOrGivenUp > 0; this.failedOrGivenUp--) {
      if (tally.openFailures < openFailures) this.connectFailed(null, madeByThePool);
    }
    if (this.patienceEnds <= this.now) this.patienceIsOver();
    if (this.patienceEndedIn !== this.task || released + discarded !== tally.released + tally.discarded) return;
    tally.released = released;
    tally.discarded = discarded;
  }

  /** What should have happened by `time` must have happened. */
  isPast(time: number, nothingIsDue: boolean): boolean {
    return time < this.now - hair || (time <= this.now && nothingIsDue);
  }

  // ---------------------------------------------------------------- callbacks

  get depth(): number {
    return this.callbacks.length;
  }

  /** The pool calls back, and `body` is what is done then. */
  during<T>(callback: string, body: () => T): T {
    this.callbacks.push(callback);
    try {
      return body();
    } finally {
      this.callbacks.pop();
    }
  }

  /** A request inside a callback is decided when that callback has returned. */
  private decided(what: string): void {
    const { length } = this.callbacks;
    this.check(length <= 1, `${what} was decided inside another callback: ${this.callbacks.join(' > ')}`);
  }

  // ---------------------------------------------------------------- callers: what they do

  /** `afterTheEnd`: the last snapshot of the stats has been emitted. */
  asks(id: number, kind: CallerKind, timeout: number, work: ModelCaller['work'], afterTheEnd: boolean): void {
    const caller: ModelCaller = {
      id,
      kind,
      work,
      deadline: this.now + timeout,
      phase: 'waiting',
      since: this.now,
      sinceTask: this.task,
      servedIn: -1,
      servedAt: -1,
      rested: false,
      asking: true,
      afterTheEnd,
      lease: null,
      end: null,
      torn: false,
      left: false,
      revoked: null,
      mustClean: false,
      cleaningSince: null,
    };
    this.callers.push(caller);
    this.line.push(caller);
  }

  hasAsked(id: number): void {
    const caller = this.caller(id);
    if (caller !== undefined) caller.asking = false;
  }

  leaves(id: number): void {
    const caller = this.caller(id);
    if (caller === undefined || caller.left) return;
    caller.left = true;
    switch (caller.phase) {
      case 'inside':
        // A lease that its `next` has received must be released by its holder.
        caller.lease = null;
        this.over(caller);
        break;
      case 'working':
        // Work that has ended already has its own outcome; only the notification is no longer wanted.
        if (caller.end !== null) {
          this.count1(caller.end.ok ? 'successfulOperations' : 'failedOperations');
          this.end(caller, this.afterOwnEnd(caller.end));
          this.over(caller);
          break;
        }
        this.count1('cancelledOperations');
        caller.phase = 'lingering';
        caller.since = this.now;
        if (caller.lease === null) this.over(caller);
        break;
      default:
        if (caller.phase === 'waiting' && caller.kind !== 'stream') this.count1('cancelledAcquires');
        this.over(caller);
    }
  }

  workEnds(id: number, ok: boolean, error: unknown): void {
    this.note(`the work of caller ${id} ${ok ? 'completes' : 'fails'}`);
    const caller = this.caller(id);
    if (caller === undefined) return;
    if (caller.phase === 'working') caller.end ??= { ok, error };
    // Its outcome is no longer observed, but now its connection is available.
    else if (caller.work === 'promise') this.end(caller, this.afterOwnEnd({ ok, error }));
  }

  workTorn(id: number): void {
    const caller = this.caller(id);
    if (caller === undefined) return;
    caller.torn = true;
    if (!caller.left || caller.work === 'promise') return;
    const { onCancel } = this.options;
    if (onCancel === 'clean') caller.mustClean = caller.lease !== null;
    else this.end(caller, onCancel === 'release' ? 'released' : 'discarded');
  }

  cleanEnds(id: number, ok: boolean): void {
    const caller = this.caller(id);
    if (caller === undefined || caller.cleaningSince === null) return;
    caller.cleaningSince = null;
    this.end(caller, ok ? 'released' : 'discarded');
  }

  releases(lease: number): void {
    const held = this.leases.find(({ id }) => id === lease);
    if (held !== undefined) this.endLease(held, 'released');
  }

  discards(lease: number): void {
    const held = this.leases.find(({ id }) => id === lease);
    if (held !== undefined) this.endLease(held, 'discarded');
  }

  warmsUp(id: number, goal: number): void {
    const deadline = this.now + this.options.acquireTimeout;
    this.warmings.push({ id, goal, deadline, reached: false, refused: false });
    this.lookAtWarmings();
  }

  /** Sets the maximum. `quietly`: no action follows until the pool has decided which connections to close. */
  resizes(max: number): void {
    if (max < this.max) this.wasShrunk = true;
    this.max = max;
    this.leastMax = Math.min(this.leastMax, max);
    this.lookAtWarmings();
  }

  /** The current connections must be closed as soon as they have no lease. */
  refreshes(): void {
    for (const connection of this.connections) {
      if (connection.state === 'opening') {
        this.connecting.endsUnused(this.now);
        this.enterState(connection, 'abandoned');
      } else if (connection.state === 'open' && !connection.condemned) this.condemn(connection);
    }
  }

  destroys(timeout: number): void {
    if (this.state !== 'open') return;
    this.state = 'draining';
    this.patienceEnds = this.now + timeout;
    for (const connection of this.connections) {
      if (connection.state === 'open') this.condemn(connection);
    }
  }

  /**
   * Everything is closed. The pool may wait for the turn of the runs whose connection was revoked, so that they are notified before the
   * end.
   */
  mayBeDestroyed(shown: PoolModel['state']): void {
    if (this.state !== 'draining' || this.taken > 0) return;
    const overtime = this.callers.some(({ revoked }) => revoked !== null);
    this.state = overtime ? shown : 'destroyed';
  }

  // ---------------------------------------------------------------- callers: what the pool does to them

  lent(id: number, lease: number, connectionId: number, othersInside: number): void {
    const caller = this.caller(id);
    const connection = this.connection(connectionId);
    const what = `connection ${connectionId} lent to caller ${id}`;
    this.note(`→ ${what}`);
    this.decided(what);
    this.check(othersInside < this.options.capacity, `${what}, while ${othersInside} other holders still use it`);
    this.check(this.state === 'open', `${what} after destroy`);
    this.check(connection.state === 'open' && !connection.condemned, `${what}, which is ${connection.state}`);
    const candidates = this.mayHaveRoom;
    // Connections that must be validated first are passed over while enough validations run.
    const couldBe = (other: ModelConnection): boolean =>
      !this.mayHaveToGo(other) && (this.mayAsk || !this.mustValidate(other));
    const best = candidates.find((other) => other === connection || couldBe(other));
    connection.mayGo = false;
    this.check(candidates.includes(connection), `${what}, which is full`);
    this.check(!this.mustValidate(connection), `${what}, which should have been validated`);
    connection.validated = false;
    this.check(best === connection, `${what}, but the load and ${this.options.order} say connection ${best?.id}`);
    if (caller === undefined) {
      this.check(false, `${what}, which has unsubscribed`);
      return;
    }
    this.check(caller.deadline >= this.now - hair, `${what}, which timed out at ${caller.deadline}`);
    if (caller.phase === 'resting') {
      this.check(this.task > caller.sinceTask, `${what} in the task in which it had one already`);
    } else if (caller.phase !== 'waiting') {
      this.check(false, `${what}, which is ${caller.phase}`);
      return;
    } else {
      const before = this.line.slice(0, this.line.indexOf(caller)).filter((other) => !this.sameInstant(caller, other));
      const ahead = before.filter((other) => !this.mayRest(other) && !this.mayBeDeferred(other));
      for (const other of before) if (this.mayRest(other)) this.rest(other);
      this.check(ahead.length === 0, `${what}, but before it arrived ${ahead.map((other) => other.id).join(', ')}`);
    }
    this.unqueue(caller);
    caller.phase = caller.kind === 'use' ? 'working' : 'inside';
    caller.lease = { id: lease, connection, caller };
    this.leases.push(caller.lease);
    this.loadChanged(connection);
    if (++connection.uses >= this.options.maxUses) connection.condemned = true;
    this.count1('acquired');
    caller.servedIn = this.task;
    caller.servedAt = this.now;
    if (!connection.wasLent) {
      connection.wasLent = true;
      this.connecting.proven();
    }
  }

  /** The `next` of a stream has returned: it is added to the queue again. */
  nextReturned(id: number): void {
    const caller = this.caller(id);
    if (caller?.kind !== 'stream') return;
    caller.lease = null;
    this.getInLine(caller, false);
  }

  value(id: number): void {
    const caller = this.caller(id);
    this.check(
      caller?.phase === 'working' && !caller.left,
      `a value for caller ${id}, which is ${caller?.phase ?? 'over'}`,
    );
    // The value of a promise is its end, and is emitted after the lease has ended.
    if (caller?.work === 'promise') this.end(caller, 'released');
  }

  completed(id: number): void {
    const caller = this.caller(id);
    if (caller === undefined) {
      this.check(false, `caller ${id} completed after it was over`);
      return;
    }
    switch (caller.kind) {
      case 'acquire':
        this.check(caller.phase === 'inside', `caller ${id} completed without a lease`);
        break;
      case 'use':
        this.ownEnd(caller, true);
        break;
      case 'stream':
        this.decided(`the end of stream ${id}`);
        this.check(this.state !== 'open', `stream ${id} completed, but the pool is not destroyed`);
    }
    this.over(caller);
  }

  failed(id: number, error: unknown): void {
    this.note(`→ caller ${id}: ${String(error)}`);
    const caller = this.caller(id);
    if (caller === undefined) {
      this.check(false, `caller ${id} failed after it was over: ${String(error)}`);
      return;
    }
    if (caller.phase === 'waiting') this.waitFailed(caller, error);
    else if (caller.phase === 'working' && caller.end !== null) this.ownEnd(caller, false, error);
    else if (caller.phase === 'working') this.takenAway(caller, error);
    else this.check(false, `caller ${id} failed while ${caller.phase}: ${String(error)}`);
    this.over(caller);
  }

  cleans(id: number): void {
    const caller = this.caller(id);
    if (!caller?.mustClean) {
      this.check(false, `caller ${id}: its connection was cleaned, but there was no reason to`);
      return;
    }
    this.check(caller.torn, `caller ${id}: its connection was cleaned before its work was torn down`);
    caller.mustClean = false;
    caller.cleaningSince = this.now;
  }

  /** The pool has unsubscribed from the cleaning of a connection. */
  cleanStopped(id: number): void {
    const caller = this.caller(id);
    if (this.patienceEnds <= this.now) this.patienceIsOver();
    if (caller === undefined || caller.phase === 'over' || caller.cleaningSince === null) return;
    const due = caller.cleaningSince + this.options.cancelTimeout;
    this.check(due <= this.now + hair, `caller ${id}: cleaning was stopped before cancelTimeout`);
    caller.cleaningSince = null;
    this.end(caller, 'discarded');
  }

  warmed(id: number): void {
    const warming = this.warmings.find((other) => other.id === id);
    this.check(warming?.reached === true, `warm-up ${id} resolved, but ${warming?.goal} were never open`);
    this.warmings = this.warmings.filter((other) => other !== warming);
  }

  warmingFailed(id: number, error: unknown): void {
    const warming = this.warmings.find((other) => other.id === id);
    const legal = isPoolError(error, 'INVALID_POOL')
      ? this.state !== 'open'
      : isPoolError(error, 'CONNECTION_FAILED') && warming !== undefined
        ? warming.deadline <= this.now + hair || warming.refused
        : false;
    this.check(legal, `warm-up ${id} rejected without a reason: ${String(error)}`);
    this.warmings = this.warmings.filter((other) => other !== warming);
  }

  // ---------------------------------------------------------------- connections: what the pool does

  dials(id: number): void {
    const { line, warmings, total } = this;
    const underWay = this.count('opening');
    this.note(`→ connect ${id}`);
    this.decided(`connect ${id}`);
    this.check(this.state === 'open', `connect ${id} after destroy`);
    this.check(this.taken < this.max, `connect ${id}, but all ${this.max} slots are occupied`);
    const waits = line.some((caller) => !this.mayRest(caller) && !(caller.rested && caller.since === this.now));
    const canBeServed = this.mustServe && waits;
    this.check(!canBeServed, `connect ${id}, while a connection is available`);
    const goals = warmings.map(({ goal }) => Math.min(goal, this.max));
    const wanted = line.length + Math.max(0, ...[this.kept, ...goals].map((goal) => goal - total));
    const resting = this.callers.filter(({ phase }) => phase === 'resting').length;
    this.check(underWay < wanted + resting, `connect ${id}, without demand`);
    const forMinAlone = line.length + resting + warmings.length === 0;
    const forbidden = this.connecting.begun(this.now, underWay, forMinAlone);
    this.check(forbidden === null, `connect ${id}: ${forbidden}`);
    const connection: ModelConnection = {
      id,
      state: 'opening',
      since: this.now,
      condemned: false,
      mayGo: false,
      wasOpen: false,
      openedAt: Infinity,
      idleSince: Infinity,
      overdue: false,
      check: null,
      checkSince: null,
      validated: false,
      uses: 0,
      loadedAt: 0,
      wasLent: false,
      wasGivenBack: false,
      stray: false,
    };
    this.connections.push(connection);
    this.connecting.hasBegun(connection);
  }

  /** The pool has unsubscribed from a connect, or aborted its signal. */
  gaveUp(id: number): void {
    const connection = this.connection(id);
    const { state } = connection;
    if (state !== 'opening' && state !== 'abandoned') return;
    this.note(`→ abandon ${id}`);
    if (state === 'opening') {
      const timedOut = connection.since + this.options.connectTimeout <= this.now + hair;
      const newest = this.connections.filter((other) => other.state === 'opening').at(-1);
      const goes = this.state !== 'open' || (this.tooMany && connection === newest);
      this.check(timedOut || goes, `connect ${id} was abandoned before connectTimeout`);
      if (!timedOut) this.connecting.endsUnused(this.now);
      if (timedOut && this.state === 'open') this.connectFailed(connection, madeByThePool);
      else if (timedOut) this.failedOrGivenUp++;
    }
    if (this.options.connector === 'observable') this.vanish(connection);
    else this.enterState(connection, 'unwanted');
  }

  closes(id: number): void {
    const connection = this.connection(id);
    this.mayBeTaken(connection);
    this.mayBeEvicted(connection);
    this.note(`→ close ${id}`);
    // One that came too late has no influence on the decisions of the pool.
    if (connection.wasOpen) this.decided(`the close of connection ${id}`);
    const held = this.leasesOf(connection).length;
    this.check(held === 0, `connection ${id} was closed under ${held} holders`);
    this.check(connection.state === 'leaving', `connection ${id} was closed, but it is ${connection.state}`);
    this.enterState(connection, 'closing');
  }

  /** The pool has unsubscribed from the close. */
  closeStopped(id: number): void {
    const connection = this.connection(id);
    if (connection.state !== 'closing') return;
    const due = connection.since + this.options.closeTimeout;
    this.check(due <= this.now + hair, `the close of connection ${id} was stopped before closeTimeout`);
    this.closeIsOver(connection);
  }

  /** The connector's teardown has run: the connection has ended. */
  torn(id: number): void {
    const connection = this.connection(id);
    this.mayBeTaken(connection);
    this.mayBeEvicted(connection);
    const { state } = connection;
    if (state === 'gone' || state === 'opening') return;
    // One that arrived after it was abandoned: no caller has ever seen it.
    if (state === 'abandoned') {
      this.vanish(connection);
      return;
    }
    const expected = this.options.close ? 'closed' : 'leaving';
    this.check(state === expected, `connection ${id} was torn down while ${state}, expected ${expected}`);
    this.vanish(connection);
  }

  // ---------------------------------------------------------------- connections: what they do

  opens(id: number): void {
    this.note(`connect ${id} opens`);
    const connection = this.connection(id);
    if (connection.state === 'opening') {
      connection.wasOpen = true;
      connection.openedAt = connection.idleSince = this.now;
      this.measuresOpen(this.now - connection.since);
      this.enterState(connection, 'open');
      this.count1('opened');
      this.mostOpen = Math.max(this.mostOpen, this.total);
      // A connection in validation before its first lease has proven nothing yet.
      if (!this.options.validate || this.options.validateAfter > 0) this.connecting.arrived();
      if (this.state === 'open') {
        this.loadChanged(connection);
      } else {
        connection.condemned = true;
        this.mustClose(connection);
      }
    } else if (this.options.connector === 'promise') {
      // Too late: never lent, but closed. Its slot may have been given to another.
      if (connection.state === 'gone') {
        connection.stray = true;
        this.connections.push(connection);
      }
      this.mustClose(connection);
    }
  }

  fails(id: number, error: unknown): void {
    this.note(`connect ${id} fails`);
    const connection = this.connection(id);
    if (connection.state === 'opening') this.connectFailed(connection, error);
    if (['opening', 'abandoned', 'unwanted'].includes(connection.state)) this.vanish(connection);
  }

  /** Ended by the target. */
  lost(id: number, error: unknown): void {
    this.note(`connection ${id} is lost`);
    const connection = this.connection(id);
    const { state, wasLent, wasGivenBack } = connection;
    if (state !== 'open' && state !== 'leaving') return;
    // A connection that is marked for close does not count as a failure; destroy, called inside its connect, marks it when that has
    // returned.
    const notYetTold = this.state === 'draining' && this.depth > 0 && !wasLent;
    if (state === 'open' || notYetTold) {
      const age = this.now - connection.since;
      if (wasLent && !wasGivenBack) this.connecting.endedEarly(age, this.now);
      if (!wasLent && this.connecting.failedUnused(age, this.now)) this.connectFailed(connection, error);
    }
    connection.condemned = true;
    for (const lease of this.leasesOf(connection)) this.revoke(lease, 'lost');
    if (this.options.connector === 'observable') this.vanish(connection);
    else if (this.connection(id).state === 'open') this.mustClose(connection);
  }

  // ---------------------------------------------------------------- connections: how they are checked

  checkBegins(id: number, kind: Check): void {
    const what = `${kind} of connection ${id}`;
    this.note(`→ ${what}`);
    this.decided(what);
    const connection = this.connection(id);
    this.check(connection.state === 'open' && !connection.condemned, `${what}, which is ${connection.state}`);
    if (kind === 'validate') {
      const [best] = this.mayHaveRoom.filter((other) => other === connection || !this.mayHaveToGo(other));
      const free = this.withRoom.some(({ validated }) => validated);
      this.check(best === connection, `${what}, but connection ${best?.id} is the one to be lent`);
      this.check(this.mustValidate(connection), `${what}, which need not be validated`);
      this.check(!free && this.mayAsk, `${what}, without demand`);
      connection.check = kind;
    } else {
      this.check(connection.check === kind && connection.checkSince === null, `${what}, which was not released`);
    }
    connection.checkSince = this.now;
  }

  /** Null: passed. */
  checkEnds(id: number, error: unknown): void {
    const connection = this.connection(id);
    const { state, check, wasLent } = connection;
    // Destroy was called inside the call itself: it has not closed this one yet.
    const notYetTold = state === 'leaving' && this.state === 'draining' && this.depth > 0;
    if (notYetTold && !wasLent) {
      if (error === null) this.connecting.arrived();
      else this.firstCheckFailed(connection, error);
    }
    if (state !== 'open' || check === null) return;
    this.note(`the ${check} of connection ${id} ${error === null ? 'passes' : 'fails'}`);
    connection.check = connection.checkSince = null;
    if (error !== null) {
      if (!wasLent) this.firstCheckFailed(connection, error);
      this.condemn(connection);
      return;
    }
    connection.idleSince = this.now;
    this.loadChanged(connection);
    if (check === 'reset') return;
    connection.validated = true;
    if (!wasLent) this.connecting.arrived();
  }

  /** The pool has unsubscribed from it. */
  checkStopped(id: number): void {
    const connection = this.connection(id);
    const { state, check } = connection;
    if (state !== 'open' || check === null) return;
    if (this.checkDue(connection) <= this.now + hair) {
      this.checkEnds(id, madeByThePool);
    } else {
      this.mayBeEvicted(connection);
      this.check(connection.check === null, `the ${check} of connection ${id} was stopped before its time`);
    }
  }

  /** Until when it must have ended. */
  checkDue({ check, checkSince }: ModelConnection): number {
    const { connectTimeout, cancelTimeout } = this.options;
    return checkSince === null ? Infinity : checkSince + (check === 'validate' ? connectTimeout : cancelTimeout);
  }

  closeEnds(id: number): void {
    const connection = this.connection(id);
    if (connection.state === 'closing') this.closeIsOver(connection);
  }

  // ---------------------------------------------------------------- consequences

  private waitFailed(caller: ModelCaller, error: unknown): void {
    const what = `caller ${caller.id} failed (${String(error)})`;
    this.decided(what);
    const inTime = caller.deadline > this.now + hair;
    const cause = (error as Error).cause;
    if (isPoolError(error, 'INVALID_POOL')) {
      this.check(this.state !== 'open', `${what}, but the pool is open`);
      // The last snapshot is the last: later events change no counter.
      if (!caller.afterTheEnd) this.count1('rejected');
    } else if (isPoolError(error, 'POOL_EXHAUSTED') && error.reason === 'queue-full') {
      const { pending } = this;
      this.check(pending.length > this.mostPending, `${what}, but ${pending.length} of ${this.mostPending} may wait`);
      this.check(pending.at(-1) === caller, `${what}, but the last to arrive was caller ${pending.at(-1)?.id}`);
      this.check(!this.canServe, `${what}, while a connection is available`);
      this.count1('rejected');
    } else if (isPoolError(error, 'POOL_EXHAUSTED')) {
      this.check(error.reason === 'timeout' && !inTime, `${what} before its time`);
      this.check(this.total > 0, `${what}, but no connection is open: that is a failed connection`);
      this.check(this.isLastFailure(cause), `${what} with a cause that is not the last failure: ${String(cause)}`);
      this.count1('timeouts');
    } else if (isPoolError(error, 'CONNECTION_FAILED')) {
      const dead = this.connecting.breaker === 'open' && this.count('opening') === 0;
      const { failedPhase } = this.connecting;
      this.check(error.phase === failedPhase, `${what} in phase ${error.phase}, not ${failedPhase}`);
      this.check(this.total === 0, `${what}, although a connection is open`);
      this.check(!inTime || dead, `${what}, but it has not timed out and the target is not known to be down`);
      this.check(this.isLastFailure(cause), `${what} with a cause that is not the last failure: ${String(cause)}`);
      if (inTime) this.count1('rejected');
      else if (dead) this.eitherTimeoutOrRejected++;
      else this.count1('timeouts');
    } else {
      this.check(false, `${what} with an error that is none of the pool's`);
    }
  }

  private isLastFailure(cause: unknown): boolean {
    const { lastFailure } = this.connecting;
    return lastFailure === madeByThePool ? cause instanceof Error : cause === lastFailure;
  }

  /** Its work has ended by itself, and it is notified: by then the teardown has run and the lease has ended. */
  private ownEnd(caller: ModelCaller, ok: boolean, error?: unknown): void {
    const { end, id } = caller;
    this.check(caller.phase === 'working' && end !== null, `caller ${id} ended before its work did`);
    this.check(end?.ok === ok && end.error === error, `caller ${id} was notified of another outcome than its work's`);
    this.check(caller.torn || caller.work === 'promise', `caller ${id} was notified of the end before the teardown`);
    this.count1(ok ? 'successfulOperations' : 'failedOperations');
    this.end(caller, this.afterOwnEnd({ ok, error }));
  }

  /** An error that is fatal, or for which `isFatal` throws, closes the connection. */
  private afterOwnEnd({ ok, error }: NonNullable<ModelCaller['end']>): 'released' | 'discarded' {
    return !ok && this.options.isFatal !== 'none' && isMarked(error) ? 'discarded' : 'released';
  }

  /** Its connection was lost, or the timeout of destroy expired, and the work has not ended by itself. */
  private takenAway(caller: ModelCaller, error: unknown): void {
    const what = `caller ${caller.id}, at work, failed (${String(error)})`;
    const { revoked } = caller;
    this.check(revoked !== null, `${what}, but its lease was not revoked`);
    if (revoked !== null) {
      const expected =
        revoked.why === 'lost'
          ? isPoolError(error, 'CONNECTION_FAILED') && error.phase === 'use'
          : isPoolError(error, 'INVALID_POOL');
      this.check(expected, `${what}, but its connection was ${revoked.why}`);
      this.check(this.task > revoked.task, `${what} without a turn to end by itself`);
      this.check(caller.torn || caller.work === 'promise', `${what} before its teardown`);
    }
    this.count1('failedOperations');
  }

  private end(caller: ModelCaller, how: 'released' | 'discarded'): void {
    if (caller.lease !== null) this.endLease(caller.lease, how);
    caller.lease = null;
    if (caller.phase === 'lingering') this.over(caller);
  }

  private endLease(lease: ModelLease, how: 'released' | 'discarded'): void {
    const { connection } = lease;
    if (!this.leases.includes(lease)) return;
    this.returnedIn = this.task;
    if (how === 'released' && !connection.wasGivenBack) {
      connection.wasGivenBack = true;
      this.connecting.givenBack();
    }
    this.leases = this.leases.filter((other) => other !== lease);
    this.loadChanged(connection);
    this.count1(how);
    if (how === 'discarded') connection.condemned = true;
    if (this.leasesOf(connection).length > 0) return;
    connection.idleSince = this.now;
    if (connection.condemned) this.mustClose(connection);
    else if (this.options.reset) connection.check = 'reset';
  }

  private revoke(lease: ModelLease, why: 'lost' | 'destroyed'): void {
    const { caller } = lease;
    this.endLease(lease, 'discarded');
    if (caller.lease !== lease || caller.kind !== 'use') return;
    caller.lease = null;
    caller.mustClean = false;
    if (caller.phase === 'lingering') this.over(caller);
    else caller.revoked = { why, task: this.task };
  }

  /** Open, and not marked for close. */
  private get staying(): ModelConnection[] {
    return this.connections.filter((connection) => this.isOpenFor(connection));
  }

  /** It takes no new lease, and is closed after its last one. */
  private condemn(connection: ModelConnection): void {
    connection.condemned = true;
    if (this.leasesOf(connection).length === 0) this.mustClose(connection);
  }

  /** The pool closes an idle one of its own accord. */
  private mayBeEvicted(connection: ModelConnection): void {
    const [idleLongest] = this.idle;
    const { state, mayGo } = connection;
    if (state !== 'open' || connection.condemned || this.leasesOf(connection).length > 0) return;
    // A connection in a check has no load, so it is closed first when none is idle.
    const next = idleLongest ?? (this.staying.length > this.max && connection.check !== null ? connection : null);
    const forSize = this.tooMany && this.count('opening') === 0 && connection === next;
    // A warm-up that times out at this very instant rejects a little later.
    const surplus = this.total > this.keptOpenAt(this.now + 2 * hair);
    const isIdleTooLong = connection.idleSince + this.options.idleTimeout <= this.now + hair;
    const forIdleness = surplus && isIdleTooLong && connection === idleLongest;
    const wanted = connection.wasLent || surplus || this.line.length > 0;
    const forAge = this.expiresAt(connection) <= this.now + hair && wanted;
    if (forSize || forIdleness || forAge || mayGo || this.unsettled) this.mustClose(connection);
  }

  /** An action inside a callback happened while there were more than `max`: which connection was marked for close depends on the order. */
  private get unsettled(): boolean {
    return !this.quiet && this.mostOpen > this.leastMax;
  }

  /** Whether it is undecidable from outside if a connection is marked for close. */
  get isUnsettled(): boolean {
    return this.unsettled || this.connections.some(({ mayGo }) => mayGo);
  }

  /** A stream is deferred when it has seen an available connection: where that is undecidable, the deferral is too. */
  get mustNotBeUnsettled(): boolean {
    return this.callers.some(({ kind }) => kind === 'stream');
  }

  /** It was resized, and the consequences are not decided yet. */
  get isBeingResized(): boolean {
    return this.leastMax < Infinity;
  }

  private mayHaveToGo(connection: ModelConnection): boolean {
    const expires = this.expiresAt(connection) <= this.now + hair;
    return connection.mayGo || expires || (this.unsettled && this.leasesOf(connection).length > 0);
  }

  /**
   * The pool has chosen the surplus connections: first connects, then idle ones, which is visible; then, when they are
   * released, those with the least load, and of those the oldest. That is not visible, and where it is undecidable, it could be any of
   * them.
   */
  decidesWhoGoes(): void {
    for (const idle of this.idle) idle.mayGo = false;
    const { staying, idle } = this;
    const lent = staying.filter((connection) => !idle.includes(connection));
    const unsure = staying.filter(({ mayGo }) => mayGo).length;
    const tooMany = Math.max(0, staying.length - this.max);
    const wasMadeSmaller = this.leastMax < Infinity && tooMany > 0;
    if (this.unsettled || (wasMadeSmaller && unsure > 0)) {
      for (const one of lent) one.mayGo = true;
    } else if (unsure === 0) {
      const load = (connection: ModelConnection): number => this.leasesOf(connection).length;
      lent.sort((a, b) => load(a) - load(b) || a.id - b.id);
      for (const one of lent.slice(0, tooMany)) this.condemn(one);
    }
    const sure = this.staying.filter(({ mayGo }) => !mayGo).length;
    this.check(sure <= this.max, `${sure} connections stay, and at most ${this.max} may`);
    this.quiet = true;
    this.leastMax = Infinity;
    this.mostOpen = this.total;
  }

  private mustClose(connection: ModelConnection): void {
    if (!connection.wasLent) this.connecting.endsUnused(this.now);
    connection.check = null;
    this.enterState(connection, 'leaving');
  }

  private closeIsOver(connection: ModelConnection): void {
    if (this.options.connector === 'observable') this.enterState(connection, 'closed');
    else this.vanish(connection);
  }

  private vanish(connection: ModelConnection): void {
    this.connections = this.connections.filter((other) => other !== connection);
    connection.check = null;
    if (connection.wasOpen) this.count1('closed');
    this.enterState(connection, 'gone');
    this.gone.set(connection.id, connection);
  }

  private mayBeTaken(connection: ModelConnection): void {
    if (this.patienceEnds <= this.now && this.leasesOf(connection).length > 0) this.patienceIsOver();
  }

  private enterState(connection: ModelConnection, state: ConnectionState): void {
    connection.state = state;
    connection.since = this.now;
    // The queue counts as standing from the next first connection.
    if (this.total === 0) this.lineStandsSince = Infinity;
    this.lookAtWarmings();
  }

  private firstCheckFailed(connection: ModelConnection, error: unknown): void {
    const age = this.now - connection.openedAt;
    if (this.connecting.failedUnused(age, this.now)) this.connectFailed(connection, error, 'validate');
  }

  private connectFailed(connection: ModelConnection | null, error: unknown, phase: 'open' | 'validate' = 'open'): void {
    this.count1('openFailures');
    this.connecting.failed(connection, error, this.now, phase);
  }

  /** Any change of a connection may decide a warm-up; it is notified a little later, because its result is a promise. */
  private lookAtWarmings(): void {
    for (const warming of this.warmings) {
      if (Math.min(warming.goal, this.max) <= this.total) warming.reached = true;
      if (this.connecting.breaker === 'open' && this.count('opening') === 0) warming.refused = true;
    }
  }

  private getInLine(caller: ModelCaller, rested: boolean): void {
    caller.phase = 'waiting';
    caller.since = this.now;
    caller.rested = rested;
    this.line.push(caller);
  }

  /**
   * A stream that has been served in this task, in which a lease was released, may be deferred to a later one: otherwise a receiver
   * that releases at once would be served without an end.
   */
  private mayRest(caller: ModelCaller): boolean {
    return caller.kind === 'stream' && caller.servedIn === this.task && this.returnedIn === this.task;
  }

  private rest(caller: ModelCaller): void {
    this.unqueue(caller);
    caller.phase = 'resting';
    caller.since = this.now;
    caller.sinceTask = this.task;
  }

  /** No other caller was served, so that the model has not seen it. */
  letStreamsRest(): void {
    for (const connection of this.connections) connection.validated = false;
    const room = this.mayHaveRoom.filter((connection) => this.mayAsk || !this.mustValidate(connection));
    if (room.length === 0 || this.pending.length > 0) return;
    for (const caller of this.line) if (this.mayRest(caller)) this.rest(caller);
  }

  /** The pool may serve streams whose deferral ends in an instant before or after callers that arrive in that instant. */
  private sameInstant(one: ModelCaller, other: ModelCaller): boolean {
    return Math.abs(one.since - other.since) < hair && (one.rested || other.rested);
  }

  private unqueue(caller: ModelCaller): void {
    this.line = this.line.filter((other) => other !== caller);
  }

  private loadChanged(connection: ModelConnection): void {
    connection.loadedAt = ++this.loadChanges;
  }

  private over(caller: ModelCaller): void {
    this.unqueue(caller);
    caller.phase = 'over';
    this.callers = this.callers.filter((other) => other !== caller);
  }

  private count1(what: keyof Tally): void {
    this.tally[what]++;
  }
}
