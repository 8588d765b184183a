import type { Socket } from 'node:net';
import { Observable, Subject } from 'rxjs';
import type { Sink } from '../../pool/rx/work';
import { Answers, refusalFrame } from './answers';
import { RefCountedKeepAlive } from './ref-counted-keep-alive';
import { Backlog } from './backlog';
import { CallObservable, type Caller } from './call-observable';
import { Call, Calls } from './calls';
import type { Codec } from './codec';
import { callerGone, closedLocally, closedRemotely, lost, refused, evicted, type CloseReason } from './close-reason';
import { RpcBacklogError, RpcEncodeError } from './errors';
import { Inbox, type Hold } from './inbox';
import type { Intake } from './intake';
import { linger } from './linger';
import type { RpcLimits } from './limits';
import { checkMessage, NOTIFICATION, REPLY, REQUEST, type RpcNotification } from './messages';
import type { MethodTable } from './methods';
import { OutgoingNotifications } from './outgoing-notifications';
import { Outbox } from './outbox';
import { PulledNotifications } from './pulled-notifications';
import { Refusal } from './refusal';
import type { RpcConnection } from './rpc-connection';
import { explain } from './socket-errors';
import { MESSAGE_COST, type ScheduledReader, type ReadScheduler } from './read-scheduler';
import { wireCodecOf, type WireCodec } from './wire-codec';

/** While requests are not read on, so much is still taken in: a peer that goes away is only noticed by reading. */
const READ_AHEAD = 64 * 1024;
/** A node that leaves so many given-up calls unanswered does not answer any more. */
const MAX_CANCELLED = 1_000_000;

export interface SessionConfig {
  /** Who is at the other end, for messages. */
  readonly target: string;
  readonly codec: Codec;
  readonly limits: RpcLimits;
  readonly methods: MethodTable;
  /** A server runs methods that are notified, refuses with an error that belongs to no call, and is awake anyhow. */
  readonly role: 'client' | 'server';
  /** What the socket reads into; otherwise it is listened to. */
  readonly intake?: Intake;
  /** What the log should know, although the connection goes on. */
  readonly onFault?: (fault: Error) => void;
  /** Messages have come in, or a call that took longer has ended. */
  readonly onMessages?: () => void;
  /** What it is read in turn with. Otherwise it is read as its bytes arrive. */
  readonly readScheduler?: ReadScheduler;
  /** The id of the first call; 1 unless a spec wants to see what happens at the last. */
  readonly firstId?: number;
}

/**
 * One connection from when it is open until it has ended, the same for client and server: the protocol is. Bytes come in through
 * the inbox, go out through the outbox; in between, calls are those we made and answers those we owe.
 */
export class Session implements RpcConnection, Caller, ScheduledReader {
  readonly target: string;
  readonly notifications$: Observable<RpcNotification>;

  readonly #socket: Socket;
  readonly #config: SessionConfig;
  readonly #onEnd: (error: Error | undefined) => void;
  readonly #inbox: Inbox;
  readonly #codec: WireCodec;
  readonly #outbox: Outbox;
  readonly #calls: Calls;
  readonly #outgoingNotifications: OutgoingNotifications;
  readonly #answers: Answers;
  readonly #backlog: Backlog;
  readonly #notifications = new Subject<RpcNotification>();
  readonly #keepAlive: RefCountedKeepAlive;
  /** Those for whom notifications are kept until they are pulled. */
  readonly #pulled = new Set<PulledNotifications>();
  #closeReason: CloseReason | undefined;
  /** Something has come in since this was last set to false. */
  receivedData = false;
  /** Inside the loop that takes messages from the inbox. */
  #reading = false;
  /** The loop has stopped before the inbox was empty, or the socket is paused. */
  #stalled = false;
  readonly #readScheduler: ReadScheduler | undefined;
  /** TLS: what one read of the socket brings is handed over in many pieces. */
  readonly #inRecords: boolean;
  /** Waits for its next turn; what comes in until then is kept. */
  #queued = false;
  /** What was taken of the budget since the last turn, and until when the turn lasts; Infinity outside of one. */
  #spent = 0;
  #until = Infinity;
  /** Why the other side is gone, while messages of it wait for their turn. */
  #pendingClose: (() => CloseReason) | undefined;

  /** `onEnd` is called once: with an error unless one of the sides has closed the connection. */
  constructor(socket: Socket, config: SessionConfig, onEnd: (error: Error | undefined) => void) {
    this.#socket = socket;
    this.#config = config;
    this.#onEnd = onEnd;
    this.target = config.target;
    this.#readScheduler = config.readScheduler;
    this.#inRecords = 'encrypted' in socket;
    const { limits, methods } = config;
    const codec = wireCodecOf(config.codec);
    this.#codec = codec;
    const awake = new RefCountedKeepAlive(socket, config.role === 'server');
    this.#keepAlive = awake;
    this.#inbox = config.intake?.inbox ?? new Inbox(limits);
    this.#outbox = new Outbox(socket);
    this.#calls = new Calls(config.target, this.#outbox, awake, config.firstId ?? 1);
    this.#outgoingNotifications = new OutgoingNotifications(this.#outbox, awake);
    // What a client sends of its own is bounded by whoever makes its calls; at a node they are made because somebody has asked.
    const waiting = config.role === 'server' ? () => this.#outbox.waitingBytes : () => this.#answers.unsentBytes;
    const onFault = (reason: string): void => config.onFault?.(new RpcBacklogError(this.target, reason));
    this.#backlog = new Backlog(limits, waiting, onFault);
    this.#answers = new Answers({
      codec,
      limits,
      methods,
      outbox: this.#outbox,
      backlog: this.#backlog,
      caller: this,
      onCapacity: () => this.#resumeReading(),
      onFault,
      onDone: () => config.onMessages?.(),
    });
    this.notifications$ = new Observable((subscriber) => {
      awake.ref();
      subscriber.add(() => awake.unref());
      subscriber.add(this.#notifications.subscribe(subscriber));
    });

    let failure: Error | undefined;
    if (config.intake === undefined) {
      socket.on('data', (chunk: Buffer) => {
        if (this.#closeReason !== undefined) return;
        this.#inbox.push(chunk);
        this.#onBytes();
      });
    } else {
      config.intake.open(() => {
        this.#onBytes();
      });
      // What has come in so far, if anything has.
      this.#stalled = true;
      this.#resumeReading();
    }
    socket.on('end', () => this.#closeWhenRead(() => this.#remoteEnd()));
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => {
      const reason = failure === undefined ? 'it closed' : explain(failure);
      this.#closeWhenRead(() => lost(this.target, reason, failure));
    });
  }

  /** Whether something is under way that one of the sides waits for. */
  get hasCallsInWork(): boolean {
    return this.#queued || this.#answers.inWork > 0 || this.#calls.unanswered > this.#calls.cancelled;
  }

  call(method: string, ...params: unknown[]): Observable<unknown> {
    return new CallObservable(this, method, params, true);
  }

  /** A call that the process does not stay alive for. */
  ping(method: string): Observable<unknown> {
    return new CallObservable(this, method, [], false);
  }

  notify(method: string, ...params: unknown[]): Observable<never> {
    return new Observable((subscriber) => {
      const frame = this.#encode(subscriber, method, [NOTIFICATION, method, params]);
      if (frame !== undefined) this.#outgoingNotifications.start(frame, method, subscriber);
    });
  }

  pullNotifications(): PulledNotifications {
    const pulled = new PulledNotifications({
      target: this.target,
      maxBacklogBytes: this.#config.limits.maxBacklogBytes,
      onEnd: (ended) => {
        this.#pulled.delete(ended);
        this.#keepAlive.unref();
      },
    });
    this.#keepAlive.ref();
    if (this.#closeReason === undefined) this.#pulled.add(pulled);
    else pulled.end();
    return pulled;
  }

  /** Ends it from this side. */
  close(): void {
    this.#close(closedLocally(this.target));
  }

  /** Ends it in favour of other clients, without a word. */
  evict(reason: string): void {
    this.#close(evicted(this.target, reason));
    // Nobody waits for it to be noticed: the place is needed.
    this.#socket.destroySoon();
  }

  /** Ends it because the other side does not behave. */
  abort(reason: string): void {
    this.#close(lost(this.target, reason));
  }

  prepare(method: string, sink: Sink<unknown>, keepsAlive: boolean): Call {
    return new Call(this.#calls, method, sink, keepsAlive);
  }

  send(call: Call, params: unknown[]): void {
    const id = this.#calls.nextId();
    const frame = this.#encode(call.sink, call.method, [REQUEST, id, call.method, params]);
    if (frame === undefined) {
      call.over = true;
      return;
    }
    this.#calls.start(call, id, frame);
    if (this.#calls.cancelled > MAX_CANCELLED) this.abort(`it left ${MAX_CANCELLED} calls unanswered`);
    // From now on an answer is waited for, which stands behind whatever is not being read.
    this.#resumeReading();
  }

  /** Undefined when it cannot be sent: then its sink has been told. */
  #encode(sink: Sink<never>, method: string, message: unknown[]): Uint8Array | undefined {
    if (this.#closeReason !== undefined) {
      sink.error(this.#closeReason.errorFor(method));
      return undefined;
    }
    const refusal = this.#config.role === 'server' ? this.#backlog.refusal : undefined;
    if (refusal !== undefined) {
      sink.error(new RpcBacklogError(this.target, refusal, method));
      return undefined;
    }
    try {
      return this.#codec.encode(message);
    } catch (error) {
      sink.error(new RpcEncodeError(this.target, method, error));
      return undefined;
    }
  }

  takeTurn(until: number): void {
    this.#queued = false;
    this.#spent = 0;
    this.#until = until;
    this.#read();
    this.#until = Infinity;
    if (this.#pendingClose !== undefined && !this.#queued) this.#close(this.#pendingClose());
  }

  #onBytes(): void {
    this.receivedData = true;
    this.#read();
  }

  /** Takes messages from the inbox as long as there is room for what they ask for. Without room the other side waits. */
  #read(): void {
    if (this.#reading) return;
    if (!this.#queued) this.#takeMessages();
    if (this.#closeReason !== undefined) return;
    this.#stalled = !this.#queued && this.#mustPause();
    if (!this.#queued && !this.#stalled) {
      if (this.#socket.isPaused()) this.#socket.resume();
    } else if (this.#inbox.waitingBytes >= READ_AHEAD) {
      this.#socket.pause();
    }
  }

  #takeMessages(): void {
    let taken = false;
    this.#reading = true;
    try {
      while (this.#closeReason === undefined && !this.#mustPause()) {
        if (!this.#inbox.next(this.#receive)) {
          // All that has come is read: it is no flood. Of the records of TLS many may follow in the same turn, each by itself.
          if (!this.#inRecords) this.#spent = 0;
          break;
        }
        taken = true;
        if (this.#readScheduler !== undefined && this.#isTurnOver(this.#readScheduler)) break;
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(error);
    } finally {
      this.#reading = false;
    }
    if (taken) this.#config.onMessages?.();
  }

  /** Whether it has to wait for its next turn; then it is in the queue. */
  #isTurnOver(turns: ReadScheduler): boolean {
    this.#spent += MESSAGE_COST;
    if (this.#spent < turns.budget && (this.#until === Infinity || performance.now() < this.#until)) return false;
    this.#queued = true;
    turns.push(this);
    return true;
  }

  /**
   * Two sides that call each other must not wait for each other. So while answers are owed to us we read on and refuse what is too
   * much; only a server whose own answers are not taken waits all the same, since its client then reads on.
   */
  #mustPause(): boolean {
    // What was answered just now has not been offered to the socket yet.
    if (this.#answers.isUnsentFull) this.#outbox.flush();
    const owed = this.#calls.unanswered > 0;
    return this.#answers.isUnsentFull ? !owed || this.#config.role === 'server' : this.#answers.isBusy && !owed;
  }

  #resumeReading(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    queueMicrotask(() => this.#read());
  }

  readonly #receive = (memory: Buffer, start: number, end: number, hold: Hold): void => {
    let value: unknown;
    this.#spent += end - start;
    try {
      value = this.#codec.decode(memory, start, end, hold);
    } catch (error) {
      throw new Refusal('RPC_PROTOCOL', 'a message that cannot be decoded', error);
    }
    const message = checkMessage(value);
    switch (message[0]) {
      case REPLY:
        this.#calls.settle(message[1], message[2], message[3]);
        return;
      case REQUEST:
        if (this.#answers.isFlooded)
          throw new Refusal('RPC_LIMIT', 'requests without end, whose answers it does not take');
        this.#answers.request(message[1], message[2], message[3], this.#inbox.decodedBytes);
        return;
      case NOTIFICATION:
        if (this.#config.role === 'server')
          this.#answers.request(null, message[1], message[2], this.#inbox.decodedBytes);
        this.#publish({ method: message[1], params: message[2] }, this.#inbox.decodedBytes);
    }
  };

  #publish(notification: RpcNotification, bytes: number): void {
    if (this.#pulled.size > 0) for (const pulled of this.#pulled) pulled.push(notification, bytes);
    this.#notifications.next(notification);
  }

  #refuse(refusal: Refusal): void {
    if (this.#closeReason !== undefined) return;
    if (this.#config.role === 'server') {
      this.#outbox.flush();
      if (!this.#outbox.full) this.#socket.write(refusalFrame(this.#config.codec, refusal.message));
    }
    this.#close(refused(this.target, refusal));
  }

  /** The other side is gone. What it had sent before is looked at first: notifications are carried out although nobody waits for them. */
  #closeWhenRead(ending: () => CloseReason): void {
    if (this.#queued) this.#pendingClose ??= ending;
    else this.#close(ending());
  }

  /** The other side has closed: in order, or in the middle of something. */
  #remoteEnd(): CloseReason {
    const begun = this.#inbox.partialBytes;
    return begun === 0
      ? closedRemotely(this.target)
      : lost(this.target, `it was closed in the middle of a message, after ${begun} bytes of it`);
  }

  #close(ending: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = ending;
    this.#outbox.close();
    this.#config.intake?.close();
    if (this.#config.role === 'server' && ending.isLocal) linger(this.#socket);
    else this.#socket.destroy();
    // First of all the life of the connection: a pool that learns of a failed call before would lend it again.
    this.#onEnd(ending.error);
    this.#answers.abandon(callerGone(this.target, ending.error));
    this.#calls.fail(ending);
    this.#outgoingNotifications.fail(ending);
    this.#notifications.complete();
    for (const pulled of [...this.#pulled]) pulled.end();
  }
}
