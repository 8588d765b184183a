import type { Socket } from 'node:net';
import { concatMap, map, Observable, throwError, type Subscriber } from 'rxjs';
import { DescribedConnection } from '../described-connection';
import { RefCountedKeepAlive } from '../msgpack-rpc/ref-counted-keep-alive';
import { OutgoingNotifications } from '../msgpack-rpc/outgoing-notifications';
import { Outbox, Outgoing } from '../msgpack-rpc/outbox';
import { explain } from '../msgpack-rpc/socket-errors';
import { CallObservable, CallTable, type Call, type Caller, type Request } from './calls';
import type { ErlangConnection, GleamSubject, ProcessAddress } from './connection';
import { closedLocally, closedRemotely, lost, refused, silent, type CloseReason } from './close-reason';
import { DistributedActors } from './distributed-actors';
import { ErlangRemoteCallError, ErlangRemoteCallsOffError, type ErlangError } from './errors';
import { EndedCalls } from './ended-calls';
import type { Variant } from './terms/term';
import type { ErlangLimits } from './limits';
import { registeredName, whereIs, type RegisteredName } from './registered-names';
import { askRequest, askVariant, castMessage, failureOf, GenCall, labelOf, processOf, remoteCall, tellMessage, type DistributedPayload } from './requests'; // prettier-ignore
import { checkNode, exitError, notSent } from './request-errors';
import { atom, type Atom } from './terms/atom';
import type { Pid } from './terms/identifiers';
import type { TermRefusal } from './terms/limits';
import type { Sendable, Term } from './terms/term';
import { termText } from './terms/term-value';
import { TermWriter, written } from './terms/term-writer';
import { INTERVALS, Ticks } from './ticks';
import type { Agreement } from './wire/handshake';
import { Incoming } from './wire/incoming';
import { LocalNode } from './wire/local-node';

export interface SessionConfig {
  /** The name of the node. */
  readonly target: string;
  readonly limits: ErlangLimits;
  /** In ms. */
  readonly tickInterval: number;
  readonly allowRemoteCalls: boolean;
}

/** Answers to what the node asks of this side are dropped while this many bytes wait to be read by it. */
const MOST_UNREAD = 16 * 1024 * 1024;

/** Messages that tell the node to stop watching a process for calls that have ended on this side. */
class Demonitors extends Outgoing {}

/** One connection, from the end of the handshake until it has ended. */
export class Session extends DescribedConnection implements ErlangConnection, Caller {
  readonly target: string;
  protected readonly kind = 'ErlangConnection';
  readonly name: string;

  private readonly socket: Socket;
  private readonly config: SessionConfig;
  private readonly onEnd: (error: ErlangError | undefined) => void;
  private readonly local: LocalNode;
  private readonly incoming: Incoming<Call>;
  private readonly outbox: Outbox;
  private readonly keepAlive: RefCountedKeepAlive;
  private readonly messages: OutgoingNotifications;
  private readonly ticks: Ticks;
  private readonly calls = new CallTable();
  private readonly distributed: DistributedActors;
  private lastId = 0;
  private closeReason: CloseReason | undefined;
  private readonly ended = new EndedCalls();
  private demonitorsDue = false;

  /** `onEnd` is called once: with an error unless one of the sides has closed the connection. */
  constructor(
    socket: Socket,
    config: SessionConfig,
    agreement: Agreement,
    onEnd: (error: ErlangError | undefined) => void,
  ) {
    super();
    this.socket = socket;
    this.config = config;
    this.onEnd = onEnd;
    this.target = config.target;
    this.name = agreement.name;
    this.local = new LocalNode(atom(agreement.name), agreement.creation);
    this.distributed = new DistributedActors(config.target, config.limits.maxPayloadBytes, this.local, {
      call: (request) => this.calling(request),
      erpc: (module, name, args) => this.erpc(module, name, args),
    });
    this.incoming = new Incoming(this.local, config.limits, {
      find: (id) => this.calls.get(id),
      settle: (call, value) => this.settle(call, value),
      exit: (id, reason) => this.exited(id, reason),
      answer: (frame) => {
        if (this.outbox.waitingBytes < MOST_UNREAD) this.outbox.push(new Demonitors(frame));
      },
    });
    this.outbox = new Outbox(socket);
    this.keepAlive = new RefCountedKeepAlive(socket, false);
    this.messages = new OutgoingNotifications(this.outbox, this.keepAlive);
    this.ticks = new Ticks(socket, config.tickInterval, () =>
      this.end(silent(this.target, INTERVALS * config.tickInterval)),
    );
  }

  call(to: ProcessAddress, request: Sendable): Observable<Term> {
    const name = registeredName(to);
    if (name !== undefined) return this.found(name, to).pipe(concatMap((pid) => this.call(pid, request)));
    return this.calling(() => new GenCall(this.local, processOf(to), request));
  }

  cast(to: ProcessAddress, request: Sendable): Observable<never> {
    return this.send(to, castMessage(request));
  }

  send(to: ProcessAddress, message: Sendable): Observable<never> {
    const name = registeredName(to);
    if (name !== undefined) return this.found(name, to).pipe(concatMap((pid) => this.send(pid, message)));
    return this.sending(() => ({ to: processOf(to), term: message }));
  }

  ask(subject: GleamSubject, message: Variant): Observable<Term> {
    return this.calling(() => askVariant(this.local, subject, message));
  }

  askRaw(subject: GleamSubject, build: (replyTo: Sendable) => Sendable): Observable<Term> {
    return this.calling(() => askRequest(this.local, subject, build));
  }

  tell(subject: GleamSubject, message: Variant): Observable<never> {
    return this.sending(() => tellMessage(subject, message));
  }

  askDistributed(name: string, payload: DistributedPayload): Observable<Buffer> {
    return this.distributed.ask(name, payload);
  }

  erpc(module: string, name: string, args: readonly Sendable[] = []): Observable<Term> {
    const called = `${module}:${name}/${args.length}`;
    if (!this.config.allowRemoteCalls) {
      const message = `${called} was not called on ${this.target}: calling functions is remote code execution. Give the option allowRemoteCalls: true if that is meant, or call a gen_server`;
      return throwError(() => new ErlangRemoteCallsOffError(this.target, message));
    }
    return this.calling(() => remoteCall(this.local, module, name, args)).pipe(
      map((result) => {
        const failure = failureOf(result);
        if (failure === undefined) return result;
        throw new ErlangRemoteCallError(this.target, called, failure);
      }),
    );
  }

  /** Ends it from this side. */
  close(): void {
    this.end(closedLocally(this.target));
  }

  /** Handles a frame. Throws a `TermRefusal` for content that is not allowed. */
  receive(memory: Buffer, start: number, end: number, isOwn: boolean): void {
    if (this.closeReason !== undefined) return;
    this.ticks.heard = true;
    if (start === end) this.ticks.answer();
    else this.incoming.receive(memory, start, end, isOwn);
  }

  /** Bytes have come, if not a whole frame of them. */
  hear(): void {
    this.ticks.heard = true;
  }

  refuse(refusal: TermRefusal): void {
    this.end(refused(this.target, refusal));
  }

  /** The socket is closed. */
  closed(error: Error | undefined, isInside: boolean): void {
    if (error !== undefined) this.end(lost(this.target, explain(error), error));
    else if (isInside) this.end(lost(this.target, 'it was closed in the middle of a message'));
    else this.end(closedRemotely(this.target));
  }

  /** Starts a call that is subscribed to. */
  start(call: Call): void {
    const { request } = call;
    const { to } = request;
    if (this.closeReason !== undefined) {
      call.hasEnded = true;
      call.sink.error(this.closeReason.errorFor(`The call to ${request.label}`, false));
      return;
    }
    const id = ++this.lastId;
    const local = this.local;
    const writer = new TermWriter();
    try {
      if (!this.ended.isEmpty) call.carried = this.ended.write(writer, local);
      // The process is watched before it is asked, by the same reference: if there is none, that is known at once.
      local.monitor(writer, to, id);
      const start = local.begin(writer);
      local.address(writer, to);
      request.write(writer, id);
      local.end(writer, start);
    } catch (error) {
      writer.release();
      this.ended.addAll(call.carried);
      call.hasEnded = true;
      call.sink.error(notSent(this.target, request.label, error));
      return;
    }
    call.id = id;
    call.frame = writer.finish();
    this.calls.add(call);
    this.keepAlive.ref();
    this.outbox.push(call);
  }

  abandon(call: Call): void {
    call.hasEnded = true;
    this.keepAlive.unref();
    this.calls.take(call.id);
    if (call.frame === null) this.ended.add(call);
    else this.outbox.drop(call);
    this.ended.addAll(call.carried);
    call.carried = null;
    if (!this.ended.isEmpty) this.unwatchSoon();
  }

  /** The process of a name in a registry, which is looked up each time: the registry may know another one by now. */
  private found(name: RegisteredName, to: ProcessAddress): Observable<Pid> {
    return whereIs(this.target, name, termText(to), this);
  }

  private calling(request: () => Request): Observable<Term> {
    let made: Request;
    try {
      made = request();
      checkNode(this.target, made.to);
    } catch (error) {
      return throwError(() => notSent(this.target, 'the process', error));
    }
    return new CallObservable(this, made);
  }

  private sending(message: () => { to: Atom | Pid; term: Sendable }): Observable<never> {
    return new Observable((subscriber: Subscriber<never>) => {
      let label = 'the process';
      try {
        const { to, term } = message();
        label = labelOf(to);
        checkNode(this.target, to);
        if (this.closeReason !== undefined) throw this.closeReason.errorFor(`The message to ${label}`, false);
        const frame = written((writer) => {
          const start = this.local.begin(writer);
          this.local.address(writer, to);
          writer.term(term);
          this.local.end(writer, start);
        });
        this.messages.start(frame, `The message to ${label}`, subscriber);
      } catch (error) {
        subscriber.error(notSent(this.target, label, error));
      }
    });
  }

  private settle(call: Call, value: Term): void {
    call.hasEnded = true;
    this.calls.take(call.id);
    this.keepAlive.unref();
    this.ended.add(call);
    call.sink.next(value);
    call.sink.complete();
    // Often the next call has told the node already.
    if (!this.ended.isEmpty) this.unwatchSoon();
  }

  private exited(id: number, reason: Term): void {
    const call = this.calls.take(id);
    if (call === undefined) return;
    call.hasEnded = true;
    this.keepAlive.unref();
    this.distributed.forget(call.request.to);
    call.sink.error(exitError(this.target, call, reason));
  }

  /** The processes of calls that have ended need not be monitored any more: that is sent with the next call, or else before long. */
  private unwatchSoon(): void {
    if (this.demonitorsDue) return;
    this.demonitorsDue = true;
    setImmediate(this.demonitor);
  }

  private readonly demonitor = (): void => {
    this.demonitorsDue = false;
    if (this.ended.isEmpty || this.closeReason !== undefined) return;
    this.outbox.push(new Demonitors(written((writer) => this.ended.write(writer, this.local))));
  };

  private end(reason: CloseReason): void {
    if (this.closeReason !== undefined) return;
    this.closeReason = reason;
    this.ticks.stop();
    this.outbox.close();
    this.socket.destroy();
    // First of all the life of the connection: a pool that learns of a failed call before would lend it again.
    this.onEnd(reason.error);
    for (const call of this.calls.takeAll()) {
      call.hasEnded = true;
      this.keepAlive.unref();
      call.sink.error(reason.errorFor(`The call to ${call.request.label}`));
    }
    this.messages.fail(reason);
  }
}
