import type { Observable, Subscription } from 'rxjs';
import { printable } from '../../pool/values/printable';
import { messageOf } from '../../pool/values/describe';
import type { Backlog } from './backlog';
import { readable, RpcError } from './errors';
import type { RpcLimits } from './limits';
import { NO_CALL, REPLY } from './messages';
import type { CallContext, MethodTable } from './methods';
import { Outgoing, type Outbox } from './outbox';
import { sourceOf } from './results';
import type { RpcConnection } from './rpc-connection';
import type { WireCodec } from './wire-codec';

// The codes of error replies. Neovim accepts these two, and shows the message.
const FAILED = 0;
const REFUSED = 1;

const MAX_NAME_LENGTH = 100;
/** Answers up to this size are sent with a full backlog, too: an error in their place would not be much shorter. */
const SHORT_BYTES = 1024;

/** A running request of the other side, or a notification that runs a method, with the id null. */
class RunningRequest implements CallContext {
  readonly id: number | null;
  /** The decoded bytes of its request. */
  readonly bytes: number;
  readonly caller: RpcConnection;
  isDone = false;
  subscription: Subscription | undefined;
  private controller: AbortController | undefined;
  private abandoned: { reason: unknown } | undefined;

  constructor(id: number | null, bytes: number, caller: RpcConnection) {
    this.id = id;
    this.bytes = bytes;
    this.caller = caller;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.abandoned !== undefined) this.controller.abort(this.abandoned.reason);
    }
    return this.controller.signal;
  }

  /** The caller has disconnected. */
  abandon(reason: unknown): void {
    this.isDone = true;
    this.abandoned = { reason };
    this.controller?.abort(reason);
    this.subscription?.unsubscribe();
  }
}

class Answer extends Outgoing {
  private readonly answers: Answers;

  constructor(frame: Uint8Array, answers: Answers) {
    super(frame);
    this.answers = answers;
  }

  override sent(weight: number): void {
    this.answers.onSent(weight);
  }
}

export interface AnswersConfig {
  readonly codec: WireCodec;
  readonly limits: RpcLimits;
  readonly methods: MethodTable;
  readonly outbox: Outbox;
  readonly backlog: Backlog;
  readonly caller: RpcConnection;
  /** Called when requests may be read again. */
  readonly onCapacity: () => void;
  /** Called for faults of the other side, for a log. */
  readonly onFault: (what: string) => void;
  /** Called when an asynchronous request has been answered. */
  readonly onDone: () => void;
}

/** Answers the requests of the other side: each gets exactly one answer, since a peer may block until it arrives. */
export class Answers {
  private readonly config: AnswersConfig;
  private readonly working = new Set<RunningRequest>();
  /** The decoded bytes of the running requests. */
  private workingBytes = 0;
  /** The number and the weight of answers that the socket does not have yet. */
  private unsent = 0;
  private unsentSize = 0;
  /** An answer was dropped since the unsent answers were last below the limit. */
  private dropped = false;
  /** Notifications that were not carried out, because the limit of running calls was reached. */
  private missed = 0;

  constructor(config: AnswersConfig) {
    this.config = config;
  }

  /** Number of running requests. */
  get inWork(): number {
    return this.working.size;
  }

  /** The limit of running requests, or of their bytes, is reached. */
  get isBusy(): boolean {
    const { maxCalls, maxCallBytes } = this.config.limits;
    return this.working.size >= maxCalls || this.workingBytes >= maxCallBytes;
  }

  /** The limit of answers that the other side has not read is reached. */
  get isUnsentFull(): boolean {
    return this.unsentSize >= this.config.limits.maxUnsentBytes;
  }

  /** Bytes of answers that the other side has not read. */
  get unsentBytes(): number {
    return this.unsentSize;
  }

  /** Answers had to be dropped, or as many as `maxCalls` are unsent: the other side does not read, but continues to ask. */
  get isFlooded(): boolean {
    return this.isUnsentFull && (this.dropped || this.unsent >= this.config.limits.maxCalls);
  }

  /** Runs a method for a message of `bytes` decoded bytes. The answer goes to `id`; with null there is none. */
  request(id: number | null, name: string, params: unknown[], bytes: number): void {
    const method = this.config.methods.get(name);
    if (method === undefined) {
      this.refuse(id, `there is no method '${printable(name.slice(0, MAX_NAME_LENGTH))}' here`);
      return;
    }
    if (this.isBusy) {
      const { size } = this.working;
      const limit =
        size >= this.config.limits.maxCalls ? '(maxCalls)' : `of ${this.workingBytes} bytes of memory (maxCallBytes)`;
      const reason = `${size} calls are running here already ${limit}`;
      if (id !== null) this.refuse(id, reason);
      else if (this.missed++ === 0) this.config.onFault(`sends notifications that are not carried out: ${reason}`);
      return;
    }
    let work: RunningRequest | undefined;
    try {
      let result: unknown;
      if (typeof method === 'function') {
        result = method(...params);
      } else {
        work = new RunningRequest(id, bytes, this.config.caller);
        result = method.runWithContext(work, ...params);
      }
      const source = sourceOf(result);
      if (source === undefined) this.answer(id, null, result);
      else this.follow((work ??= new RunningRequest(id, bytes, this.config.caller)), source);
    } catch (error) {
      this.answer(id, detailOf(error), null);
    }
  }

  /** Called when the socket has an answer of this weight. */
  onSent(weight: number): void {
    this.unsent--;
    this.unsentSize -= weight;
    if (!this.isUnsentFull) this.dropped = false;
    this.config.onCapacity();
  }

  /** The connection has ended: aborts running requests. */
  abandon(reason: unknown): void {
    this.countMissed();
    const works = [...this.working];
    this.working.clear();
    this.workingBytes = 0;
    for (const work of works) work.abandon(reason);
  }

  /** Reports missed notifications to the log, since they have no answer. */
  private countMissed(): void {
    const missed = this.missed;
    this.missed = 0;
    if (missed > 1) this.config.onFault(`has sent ${missed} notifications that were not carried out`);
  }

  private follow(work: RunningRequest, source: Observable<unknown>): void {
    this.working.add(work);
    this.workingBytes += work.bytes;
    let last: unknown;
    const finish = (error: unknown, value: unknown) => {
      if (work.isDone) return;
      work.isDone = true;
      this.working.delete(work);
      this.workingBytes -= work.bytes;
      if (this.missed > 0 && !this.isBusy) this.countMissed();
      this.answer(work.id, error, value);
      this.config.onDone();
      this.config.onCapacity();
    };
    const subscription = source.subscribe({
      next: (value) => (last = value),
      error: (error: unknown) => finish(detailOf(error), null),
      complete: () => finish(null, last),
    });
    if (work.isDone) subscription.unsubscribe();
    else work.subscription = subscription;
  }

  private refuse(id: number | null, reason: string): void {
    this.answer(id, [REFUSED, reason], null);
  }

  private answer(id: number | null, error: unknown, result: unknown): void {
    if (id === null) return;
    const { codec, outbox, backlog } = this.config;
    let frame: Uint8Array;
    try {
      frame = codec.encode([REPLY, id, error, result === undefined ? null : result]);
    } catch (cause) {
      frame = codec.encode([REPLY, id, [FAILED, `its answer cannot be sent: ${messageOf(cause)}`], null]);
    }
    const refusal = frame.length > SHORT_BYTES ? backlog.refusal : undefined;
    if (refusal !== undefined) {
      this.dropped = true;
      const reason = `its answer of ${frame.length} bytes was dropped: ${refusal}`;
      frame = codec.encode([REPLY, id, [REFUSED, reason], null]);
    }
    this.unsent++;
    const answer = new Answer(frame, this);
    this.unsentSize += answer.weight;
    outbox.push(answer);
  }
}

/** The frame that refuses a client as a whole: an error that belongs to no call. */
export const refusalFrame = (codec: Pick<WireCodec, 'encode'>, reason: string): Uint8Array =>
  codec.encode([REPLY, NO_CALL, [REFUSED, reason], null]);

/** The error value that is sent for an error of a method. Never nil, which would mean success. */
function detailOf(error: unknown): unknown {
  try {
    if (error instanceof RpcError) return error.detail;
    if (!(error instanceof Error)) return [FAILED, readable(error)];
    const code = 'code' in error && Number.isInteger(error.code) ? error.code : FAILED;
    return [code, messageOf(error)];
  } catch {
    return [FAILED, messageOf(error)];
  }
}
