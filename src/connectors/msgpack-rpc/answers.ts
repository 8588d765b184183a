import { from, isObservable, type ObservableInput, type Subscription } from 'rxjs';
import type { Codec } from './codec';
import { readable, RpcError } from './errors';
import type { RpcLimits } from './limits';
import { NO_CALL, REPLY } from './messages';
import type { CallContext, MethodTable } from './methods';
import { Outgoing, type Outbox } from './outbox';
import type { RpcConnection } from './rpc-connection';

// The codes of our own error replies. Neovim accepts these two, and shows the message.
const FAILED = 0;
const REFUSED = 1;

const LONGEST_NAME = 100;

/** A request of the other side that is being worked on, or a notification that runs a method: then its id is null. */
class Work implements CallContext {
  readonly id: number | null;
  readonly caller: RpcConnection;
  over = false;
  subscription: Subscription | undefined;
  #controller: AbortController | undefined;
  #abandoned: { reason: unknown } | undefined;

  constructor(id: number | null, caller: RpcConnection) {
    this.id = id;
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
    this.over = true;
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

  override sent(bytes: number): void {
    this.#answers.taken(bytes);
  }
}

export interface AnswersConfig {
  readonly codec: Codec;
  readonly limits: RpcLimits;
  readonly methods: MethodTable;
  readonly outbox: Outbox;
  readonly caller: RpcConnection;
  /** There may be room again, after there was none. */
  readonly onRoom: () => void;
}

/** Answers what the other side asks: every request gets exactly one answer, since a peer may stand still until it comes. */
export class Answers {
  readonly #config: AnswersConfig;
  readonly #working = new Set<Work>();
  /** Bytes of answers that the socket has not taken. */
  #unsentBytes = 0;

  constructor(config: AnswersConfig) {
    this.#config = config;
  }

  /** As many requests in work as are allowed. */
  get busy(): boolean {
    return this.#working.size >= this.#config.limits.maxCalls;
  }

  /** As many answers not taken by the other side as are allowed. */
  get clogged(): boolean {
    return this.#unsentBytes >= this.#config.limits.maxUnsentBytes;
  }

  /** Runs a method; its answer goes to `id`, or nowhere if that is null. */
  request(id: number | null, name: string, params: unknown[]): void {
    const method = this.#config.methods.get(name);
    if (method === undefined) {
      this.#refuse(id, `there is no method '${name.slice(0, LONGEST_NAME)}' here`);
      return;
    }
    if (this.busy) {
      this.#refuse(id, `${this.#working.size} calls are in work here already (maxCalls)`);
      return;
    }
    let work: Work | undefined;
    try {
      let result: unknown;
      if (typeof method === 'function') {
        result = method(...params);
      } else {
        work = new Work(id, this.#config.caller);
        result = method.runWithContext(work, ...params);
      }
      if (comesLater(result)) this.#follow((work ??= new Work(id, this.#config.caller)), result);
      else this.#answer(id, null, result);
    } catch (error) {
      this.#answer(id, detailOf(error), null);
    }
  }

  /** Called when the socket has taken an answer of so many bytes. */
  taken(bytes: number): void {
    this.#unsentBytes -= bytes;
    this.#config.onRoom();
  }

  /** The connection has ended: what is in work is told. */
  abandon(reason: unknown): void {
    const works = [...this.#working];
    this.#working.clear();
    for (const work of works) work.abandon(reason);
  }

  #follow(work: Work, result: ObservableInput<unknown>): void {
    this.#working.add(work);
    let last: unknown;
    const finish = (error: unknown, value: unknown) => {
      if (work.over) return;
      work.over = true;
      this.#working.delete(work);
      this.#answer(work.id, error, value);
      this.#config.onRoom();
    };
    const subscription = from(result).subscribe({
      next: (value) => (last = value),
      error: (error: unknown) => finish(detailOf(error), null),
      complete: () => finish(null, last),
    });
    if (work.over) subscription.unsubscribe();
    else work.subscription = subscription;
  }

  #refuse(id: number | null, reason: string): void {
    this.#answer(id, [REFUSED, reason], null);
  }

  #answer(id: number | null, error: unknown, result: unknown): void {
    if (id === null) return;
    const { codec, outbox } = this.#config;
    let frame: Uint8Array;
    try {
      frame = codec.encode([REPLY, id, error, result === undefined ? null : result]);
    } catch (cause) {
      frame = codec.encode([REPLY, id, [FAILED, `its answer cannot be sent: ${messageOf(cause)}`], null]);
    }
    this.#unsentBytes += frame.length;
    outbox.push(new Answer(frame, this));
  }
}

/** The last word to a client that is refused as a whole: an error that belongs to no call. */
export const refusalFrame = (codec: Codec, reason: string): Uint8Array =>
  codec.encode([REPLY, NO_CALL, [REFUSED, reason], null]);

/** Whether a result is waited for. Strings, arrays and other iterables are values. */
function comesLater(result: unknown): result is ObservableInput<unknown> {
  if (typeof result !== 'object' || result === null) return false;
  return (
    isObservable(result) || ('then' in result && typeof result.then === 'function') || Symbol.asyncIterator in result
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : readable(error));

/** The error value that is sent for what a method threw. It is never nil, which would mean success. */
function detailOf(error: unknown): unknown {
  if (error instanceof RpcError) return error.detail;
  const code = error instanceof Error && 'code' in error && Number.isInteger(error.code) ? error.code : FAILED;
  return [code, messageOf(error)];
}
