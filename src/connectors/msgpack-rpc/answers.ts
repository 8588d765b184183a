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

// The codes of our own error replies. Neovim accepts these two, and shows the message.
const FAILED = 0;
const REFUSED = 1;

const MAX_NAME_LENGTH = 100;
/** Answers of so many bytes are sent whatever waits: the error in their place would not be much shorter. */
const SHORT_BYTES = 1024;

/** A request of the other side that is being worked on, or a notification that runs a method: then its id is null. */
class RunningRequest implements CallContext {
  readonly id: number | null;
  /** Bytes of memory that its request became. */
  readonly bytes: number;
  readonly caller: RpcConnection;
  isDone = false;
  subscription: Subscription | undefined;
  #controller: AbortController | undefined;
  #abandoned: { reason: unknown } | undefined;

  constructor(id: number | null, bytes: number, caller: RpcConnection) {
    this.id = id;
    this.bytes = bytes;
    this.caller = caller;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abandoned !== undefined) this.#controller.abort(this.#abandoned.reason);
    }
    return this.#controller.signal;
  }

  /** Nobody waits for it any more. */
  abandon(reason: unknown): void {
    this.isDone = true;
    this.#abandoned = { reason };
    this.#controller?.abort(reason);
    this.subscription?.unsubscribe();
  }
}

class Answer extends Outgoing {
  readonly #answers: Answers;

  constructor(frame: Uint8Array, answers: Answers) {
    super(frame);
    this.#answers = answers;
  }

  override sent(weight: number): void {
    this.#answers.onSent(weight);
  }
}

export interface AnswersConfig {
  readonly codec: WireCodec;
  readonly limits: RpcLimits;
  readonly methods: MethodTable;
  readonly outbox: Outbox;
  readonly backlog: Backlog;
  readonly caller: RpcConnection;
  /** There may be room again, after there was none. */
  readonly onCapacity: () => void;
  /** What the log should know of the other side. */
  readonly onFault: (what: string) => void;
  /** A request that was not answered at once has been now. */
  readonly onDone: () => void;
}

/** Answers what the other side asks: every request gets exactly one answer, since a peer may stand still until it comes. */
export class Answers {
  readonly #config: AnswersConfig;
  readonly #working = new Set<RunningRequest>();
  /** Bytes of memory that the requests in work have become. */
  #workingBytes = 0;
  /** Answers that the socket has not taken, and what they count for. */
  #unsent = 0;
  #unsentBytes = 0;
  /** One had to be dropped since there was room. */
  #dropped = false;
  /** Notifications that were not carried out, since as many calls as are allowed are in work. */
  #missed = 0;

  constructor(config: AnswersConfig) {
    this.#config = config;
  }

  /** How many requests are in work. */
  get inWork(): number {
    return this.#working.size;
  }

  /** As many requests in work as are allowed, or as large ones. */
  get isBusy(): boolean {
    const { maxCalls, maxCallBytes } = this.#config.limits;
    return this.#working.size >= maxCalls || this.#workingBytes >= maxCallBytes;
  }

  /** As many answers not taken by the other side as are allowed. */
  get isUnsentFull(): boolean {
    return this.#unsentBytes >= this.#config.limits.maxUnsentBytes;
  }

  /** Bytes of answers not taken by the other side. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** The other side has been told that its answers had to be dropped, or takes none of as many as it may ask for at once. */
  get isFlooded(): boolean {
    return this.isUnsentFull && (this.#dropped || this.#unsent >= this.#config.limits.maxCalls);
  }

  /** Runs a method, asked for by a message that became so many bytes; its answer goes to `id`, or nowhere if that is null. */
  request(id: number | null, name: string, params: unknown[], bytes: number): void {
    const method = this.#config.methods.get(name);
    if (method === undefined) {
      this.#refuse(id, `there is no method '${printable(name.slice(0, MAX_NAME_LENGTH))}' here`);
      return;
    }
    if (this.isBusy) {
      const { size } = this.#working;
      const limit =
        size >= this.#config.limits.maxCalls ? '(maxCalls)' : `of ${this.#workingBytes} bytes of memory (maxCallBytes)`;
      const reason = `${size} calls are in work here already ${limit}`;
      if (id !== null) this.#refuse(id, reason);
      else if (this.#missed++ === 0) this.#config.onFault(`sends notifications that are not carried out: ${reason}`);
      return;
    }
    let work: RunningRequest | undefined;
    try {
      let result: unknown;
      if (typeof method === 'function') {
        result = method(...params);
      } else {
        work = new RunningRequest(id, bytes, this.#config.caller);
        result = method.runWithContext(work, ...params);
      }
      const source = sourceOf(result);
      if (source === undefined) this.#answer(id, null, result);
      else this.#follow((work ??= new RunningRequest(id, bytes, this.#config.caller)), source);
    } catch (error) {
      this.#answer(id, detailOf(error), null);
    }
  }

  /** Called when the socket has taken an answer of this weight. */
  onSent(weight: number): void {
    this.#unsent--;
    this.#unsentBytes -= weight;
    if (!this.isUnsentFull) this.#dropped = false;
    this.#config.onCapacity();
  }

  /** The connection has ended: what is in work is told. */
  abandon(reason: unknown): void {
    this.#countMissed();
    const works = [...this.#working];
    this.#working.clear();
    this.#workingBytes = 0;
    for (const work of works) work.abandon(reason);
  }

  /** No answer tells the other side of them, so that the log has to. */
  #countMissed(): void {
    const missed = this.#missed;
    this.#missed = 0;
    if (missed > 1) this.#config.onFault(`has sent ${missed} notifications that were not carried out`);
  }

  #follow(work: RunningRequest, source: Observable<unknown>): void {
    this.#working.add(work);
    this.#workingBytes += work.bytes;
    let last: unknown;
    const finish = (error: unknown, value: unknown) => {
      if (work.isDone) return;
      work.isDone = true;
      this.#working.delete(work);
      this.#workingBytes -= work.bytes;
      if (this.#missed > 0 && !this.isBusy) this.#countMissed();
      this.#answer(work.id, error, value);
      this.#config.onDone();
      this.#config.onCapacity();
    };
    const subscription = source.subscribe({
      next: (value) => (last = value),
      error: (error: unknown) => finish(detailOf(error), null),
      complete: () => finish(null, last),
    });
    if (work.isDone) subscription.unsubscribe();
    else work.subscription = subscription;
  }

  #refuse(id: number | null, reason: string): void {
    this.#answer(id, [REFUSED, reason], null);
  }

  #answer(id: number | null, error: unknown, result: unknown): void {
    if (id === null) return;
    const { codec, outbox, backlog } = this.#config;
    let frame: Uint8Array;
    try {
      frame = codec.encode([REPLY, id, error, result === undefined ? null : result]);
    } catch (cause) {
      frame = codec.encode([REPLY, id, [FAILED, `its answer cannot be sent: ${messageOf(cause)}`], null]);
    }
    const refusal = frame.length > SHORT_BYTES ? backlog.refusal : undefined;
    if (refusal !== undefined) {
      this.#dropped = true;
      const reason = `its answer of ${frame.length} bytes was dropped: ${refusal}`;
      frame = codec.encode([REPLY, id, [REFUSED, reason], null]);
    }
    this.#unsent++;
    const answer = new Answer(frame, this);
    this.#unsentBytes += answer.weight;
    outbox.push(answer);
  }
}

/** The last word to a client that is refused as a whole: an error that belongs to no call. */
export const refusalFrame = (codec: Pick<WireCodec, 'encode'>, reason: string): Uint8Array =>
  codec.encode([REPLY, NO_CALL, [REFUSED, reason], null]);

/** The error value that is sent for what a method threw. It is never nil, which would mean success. */
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
