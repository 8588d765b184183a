import type { Socket } from 'node:net';
import { Observable } from 'rxjs';
import type { Sink } from '../../pool/rx/work';
import { DescribedConnection } from '../described-connection';
import { Answers, refusalFrame } from './answers';
import { RefCountedKeepAlive } from './ref-counted-keep-alive';
import { Backlog } from './backlog';
import { CallObservable, type Caller } from './call-observable';
import { Call, Calls } from './calls';
import { callerGone, closedLocally, closedRemotely, lost, refused, evicted, type CloseReason } from './close-reason';
import { RpcBacklogError, RpcEncodeError } from './errors';
import { Inbox, type Hold } from './inbox';
import { IncomingNotifications } from './incoming-notifications';
import { linger } from './linger';
import { checkMessage, NOTIFICATION, REPLY, REQUEST, type RpcNotification } from './messages';
import { OutgoingNotifications } from './outgoing-notifications';
import { Outbox } from './outbox';
import type { PulledNotifications } from './pulled-notifications';
import { Refusal } from './refusal';
import type { RpcConnection } from './rpc-connection';
import type { SessionConfig } from './session-config';
import { explain } from './socket-errors';
import { MESSAGE_COST, type ScheduledReader, type ReadScheduler } from './read-scheduler';
import { wireCodecOf, type WireCodec } from './wire-codec';

/** Bytes that are read ahead while messages are not handled: only reading detects that a peer has disconnected. */
const READ_AHEAD = 64 * 1024;
/** With this many cancelled calls unanswered, the node counts as dead. */
const MAX_CANCELLED = 1_000_000;

/**
 * An open connection, the same for client and server, since the protocol is symmetric. Bytes arrive in the inbox and leave by the outbox. `Calls`
 * are those of this side, `Answers` those to the other side.
 */
export class Session extends DescribedConnection implements RpcConnection, Caller, ScheduledReader {
  readonly target: string;
  protected readonly kind = 'RpcConnection';
  readonly notifications$: Observable<RpcNotification>;

  private readonly socket: Socket;
  private readonly config: SessionConfig;
  private readonly onEnd: (error: Error | undefined) => void;
  private readonly inbox: Inbox;
  private readonly codec: WireCodec;
  private readonly outbox: Outbox;
  private readonly calls: Calls;
  private readonly outgoingNotifications: OutgoingNotifications;
  private readonly answers: Answers;
  private readonly backlog: Backlog;
  private readonly incomingNotifications: IncomingNotifications;
  private closeReason: CloseReason | undefined;
  /** Set to true by each read. */
  receivedData = false;
  /** The loop that takes messages from the inbox is running. */
  private reading = false;
  /** The loop has stopped before the inbox was empty, or the socket is paused. */
  private stalled = false;
  private readonly readScheduler: ReadScheduler | undefined;
  /** TLS: one read of the socket arrives as several records. */
  private readonly inRecords: boolean;
  /** Waits for its next turn. Data that arrives until then is kept. */
  private queued = false;
  /** The budget spent since the last turn; the end of the current turn, Infinity outside of one. */
  private spent = 0;
  private until = Infinity;
  /** The close reason, while messages received before the close wait for their turn. */
  private pendingClose: (() => CloseReason) | undefined;

  /** `onEnd` is called once: with an error, unless one side has closed the connection in order. */
  constructor(socket: Socket, config: SessionConfig, onEnd: (error: Error | undefined) => void) {
    super();
    this.socket = socket;
    this.config = config;
    this.onEnd = onEnd;
    this.target = config.target;
    this.readScheduler = config.readScheduler;
    this.inRecords = 'encrypted' in socket;
    const { limits, methods } = config;
    const codec = wireCodecOf(config.codec);
    this.codec = codec;
    const keepAlive = new RefCountedKeepAlive(socket, config.role === 'server');
    this.inbox = config.intake?.inbox ?? new Inbox(limits);
    this.outbox = new Outbox(socket);
    this.calls = new Calls(config.target, this.outbox, keepAlive, config.firstId ?? 1);
    this.outgoingNotifications = new OutgoingNotifications(this.outbox, keepAlive);
    // The caller bounds what a client sends. A node makes calls because clients ask, so that its calls count, too.
    const waiting = config.role === 'server' ? () => this.outbox.waitingBytes : () => this.answers.unsentBytes;
    const onFault = (reason: string): void => config.onFault?.(new RpcBacklogError(this.target, reason));
    this.backlog = new Backlog(limits, waiting, onFault);
    this.answers = new Answers({
      codec,
      limits,
      methods,
      outbox: this.outbox,
      backlog: this.backlog,
      caller: this,
      onCapacity: () => this.resumeReading(),
      onFault,
      onDone: () => config.onMessages?.(),
    });
    this.incomingNotifications = new IncomingNotifications(config.target, limits.maxBacklogBytes, keepAlive);
    this.notifications$ = this.incomingNotifications.notifications$;

    let failure: Error | undefined;
    if (config.intake === undefined) {
      socket.on('data', (chunk: Buffer) => {
        if (this.closeReason !== undefined) return;
        this.inbox.push(chunk);
        this.onBytes();
      });
    } else {
      config.intake.open(() => {
        this.onBytes();
      });
      // Data may have arrived already.
      this.stalled = true;
      this.resumeReading();
    }
    socket.on('end', () => this.closeWhenRead(() => this.remoteEnd()));
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => {
      const reason = failure === undefined ? 'it closed' : explain(failure);
      this.closeWhenRead(() => lost(this.target, reason, failure));
    });
  }

  /** Whether one side waits for an answer. */
  get hasCallsInWork(): boolean {
    return this.queued || this.answers.inWork > 0 || this.calls.unanswered > this.calls.cancelled;
  }

  call(method: string, ...params: unknown[]): Observable<unknown> {
    return new CallObservable(this, method, params, true);
  }

  /** A call that does not keep the process alive. */
  ping(method: string): Observable<unknown> {
    return new CallObservable(this, method, [], false);
  }

  notify(method: string, ...params: unknown[]): Observable<never> {
    return new Observable((subscriber) => {
      const frame = this.encode(subscriber, method, [NOTIFICATION, method, params]);
      if (frame !== undefined) this.outgoingNotifications.start(frame, method, subscriber);
    });
  }

  pullNotifications(): PulledNotifications {
    return this.incomingNotifications.pull(this.closeReason !== undefined);
  }

  /** Closes the connection from this side. */
  close(): void {
    this.closeWith(closedLocally(this.target));
  }

  /** Closes the connection to free a slot for another client, without a message. */
  evict(reason: string): void {
    this.closeWith(evicted(this.target, reason));
    // Does not wait for the other side to notice: the slot is needed.
    this.socket.destroySoon();
  }

  /** Closes the connection because the other side does not respond. */
  abort(reason: string): void {
    this.closeWith(lost(this.target, reason));
  }

  prepare(method: string, sink: Sink<unknown>, keepsAlive: boolean): Call {
    return new Call(this.calls, method, sink, keepsAlive);
  }

  send(call: Call, params: unknown[]): void {
    const id = this.calls.nextId();
    const frame = this.encode(call.sink, call.method, [REQUEST, id, call.method, params]);
    if (frame === undefined) {
      call.hasEnded = true;
      return;
    }
    this.calls.start(call, id, frame);
    if (this.calls.cancelled > MAX_CANCELLED) this.abort(`it left ${MAX_CANCELLED} calls unanswered`);
    // The answer may be behind messages that are not being read.
    this.resumeReading();
  }

  /** The frame; undefined if it cannot be sent, after `sink.error`. */
  private encode(sink: Sink<never>, method: string, message: unknown[]): Uint8Array | undefined {
    if (this.closeReason !== undefined) {
      sink.error(this.closeReason.errorFor(method));
      return undefined;
    }
    const refusal = this.config.role === 'server' ? this.backlog.refusal : undefined;
    if (refusal !== undefined) {
      sink.error(new RpcBacklogError(this.target, refusal, method));
      return undefined;
    }
    try {
      return this.codec.encode(message);
    } catch (error) {
      sink.error(new RpcEncodeError(this.target, method, error));
      return undefined;
    }
  }

  takeTurn(until: number): void {
    this.queued = false;
    this.spent = 0;
    this.until = until;
    this.read();
    this.until = Infinity;
    if (this.pendingClose !== undefined && !this.queued) this.closeWith(this.pendingClose());
  }

  private onBytes(): void {
    this.receivedData = true;
    this.read();
  }

  /** Handles messages of the inbox while the limits allow. Otherwise the other side has to wait. */
  private read(): void {
    if (this.reading) return;
    if (!this.queued) this.takeMessages();
    if (this.closeReason !== undefined) return;
    this.stalled = !this.queued && this.mustPause();
    if (!this.queued && !this.stalled) {
      if (this.socket.isPaused()) this.socket.resume();
    } else if (this.inbox.waitingBytes >= READ_AHEAD) {
      this.socket.pause();
    }
  }

  private takeMessages(): void {
    let taken = false;
    this.reading = true;
    try {
      while (this.closeReason === undefined && !this.mustPause()) {
        if (!this.inbox.next(this.receive)) {
          // The inbox is empty: this is no flood. With TLS more records may follow in the same turn.
          if (!this.inRecords) this.spent = 0;
          break;
        }
        taken = true;
        if (this.readScheduler !== undefined && this.isTurnOver(this.readScheduler)) break;
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(error);
    } finally {
      this.reading = false;
    }
    if (taken) this.config.onMessages?.();
  }

  /** Whether the budget of the turn is spent; then the session is queued for its next turn. */
  private isTurnOver(turns: ReadScheduler): boolean {
    this.spent += MESSAGE_COST;
    if (this.spent < turns.budget && (this.until === Infinity || performance.now() < this.until)) return false;
    this.queued = true;
    turns.push(this);
    return true;
  }

  /**
   * Whether reading must pause. Two sides that call each other must not block each other: while this side waits for answers, it continues to
   * read, and refuses excess requests. Only a server whose answers are not read pauses all the same, since its client then continues to read.
   */
  private mustPause(): boolean {
    // The latest answers have not been offered to the socket yet.
    if (this.answers.isUnsentFull) this.outbox.flush();
    const owed = this.calls.unanswered > 0;
    return this.answers.isUnsentFull ? !owed || this.config.role === 'server' : this.answers.isBusy && !owed;
  }

  private resumeReading(): void {
    if (!this.stalled) return;
    this.stalled = false;
    queueMicrotask(() => this.read());
  }

  private readonly receive = (memory: Buffer, start: number, end: number, hold: Hold): void => {
    let value: unknown;
    this.spent += end - start;
    try {
      value = this.codec.decode(memory, start, end, hold);
    } catch (error) {
      throw new Refusal('RPC_PROTOCOL', 'a message that cannot be decoded', error);
    }
    const message = checkMessage(value);
    switch (message[0]) {
      case REPLY:
        this.calls.settle(message[1], message[2], message[3]);
        return;
      case REQUEST:
        if (this.answers.isFlooded) throw new Refusal('RPC_LIMIT', 'too many requests without reading the answers');
        this.answers.request(message[1], message[2], message[3], this.inbox.decodedBytes);
        return;
      case NOTIFICATION:
        if (this.config.role === 'server') this.answers.request(null, message[1], message[2], this.inbox.decodedBytes);
        this.incomingNotifications.publish({ method: message[1], params: message[2] }, this.inbox.decodedBytes);
    }
  };

  private refuse(refusal: Refusal): void {
    if (this.closeReason !== undefined) return;
    if (this.config.role === 'server') {
      this.outbox.flush();
      if (!this.outbox.full) this.socket.write(refusalFrame(this.config.codec, refusal.message));
    }
    this.closeWith(refused(this.target, refusal));
  }

  /** The other side has disconnected. Messages received before are handled first: notifications must be carried out. */
  private closeWhenRead(ending: () => CloseReason): void {
    if (this.queued) this.pendingClose ??= ending;
    else this.closeWith(ending());
  }

  /** The other side has closed: in order, or within a message. */
  private remoteEnd(): CloseReason {
    const begun = this.inbox.partialBytes;
    return begun === 0
      ? closedRemotely(this.target)
      : lost(this.target, `it was closed in the middle of a message, after ${begun} bytes of it`);
  }

  private closeWith(ending: CloseReason): void {
    if (this.closeReason !== undefined) return;
    this.closeReason = ending;
    this.outbox.close();
    this.config.intake?.close();
    if (this.config.role === 'server' && ending.isLocal) linger(this.socket);
    else this.socket.destroy();
    // Before the calls fail: a pool that learns of a failed call first would lend the connection again.
    this.onEnd(ending.error);
    this.answers.abandon(callerGone(this.target, ending.error));
    this.calls.fail(ending);
    this.outgoingNotifications.fail(ending);
    this.incomingNotifications.end();
  }
}
