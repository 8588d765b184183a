import type { CancellableRun } from '../../pool/rx/direct-subscriber';
import type { Sink } from '../../pool/rx/work';
import type { RefCountedKeepAlive } from './ref-counted-keep-alive';
import { CallTable } from './call-table';
import type { CloseReason } from './close-reason';
import { readableDetail, RpcError } from './errors';
import { LARGEST_ID, NO_CALL } from './messages';
import { Outgoing, type Outbox } from './outbox';
import { Refusal } from './refusal';

/** One call, from when it is asked for: what its subscription carries. */
export class Call extends Outgoing implements CancellableRun {
  /** Given up before it was ever sent, it has none. */
  id = NO_CALL;
  /** Answered, failed or given up. */
  over = false;

  constructor(
    readonly calls: Calls,
    readonly method: string,
    readonly sink: Sink<unknown>,
    /** Whether the process waits for it. */
    readonly keepsAlive: boolean,
  ) {
    super(null);
  }

  unsubscribe(): void {
    if (!this.over) this.calls.cancel(this);
  }
}

/** Our own calls that are under way, by id. */
export class Calls {
  readonly #target: string;
  readonly #outbox: Outbox;
  readonly #keepAlive: RefCountedKeepAlive;
  readonly #sent = new CallTable();
  #lastId: number;
  #cancelled = 0;

  constructor(target: string, outbox: Outbox, awake: RefCountedKeepAlive, firstId: number) {
    this.#target = target;
    this.#outbox = outbox;
    this.#keepAlive = awake;
    this.#lastId = firstId - 1;
  }

  /** How many the other side has not answered, those given up included. */
  get unanswered(): number {
    return this.#sent.size;
  }

  /** Ids count up from 1, begin again after 2³² − 1, and skip those that are under way. */
  nextId(): number {
    do {
      this.#lastId = this.#lastId === LARGEST_ID ? NO_CALL + 1 : this.#lastId + 1;
    } while (this.#sent.has(this.#lastId));
    return this.#lastId;
  }

  /** How many were given up and may still be answered. */
  get cancelled(): number {
    return this.#cancelled;
  }

  /** From now on it is under way. If it `keepsAlive`, it keeps the process alive until it is over. */
  start(call: Call, id: number, frame: Uint8Array): void {
    call.id = id;
    call.frame = frame;
    this.#sent.add(call);
    if (call.keepsAlive) this.#keepAlive.ref();
    this.#outbox.push(call);
  }

  /** An answer has come. Throws a `Refusal` if nobody asked for it. */
  settle(id: number, error: unknown, result: unknown): void {
    const call = this.#sent.get(id);
    if (call === undefined || (call !== null && call.frame !== null)) {
      const about = error === null || error === undefined ? '' : `: ${readableDetail(error)}`;
      const what = id === NO_CALL ? 'an error that belongs to no call' : `an answer to call ${id}, which nobody made`;
      throw new Refusal('RPC_PROTOCOL', `${what}${about}`);
    }
    this.#sent.remove(id);
    if (call === null) {
      this.#cancelled--;
      return;
    }
    this.#end(call);
    if (error === null || error === undefined) {
      call.sink.next(result);
      call.sink.complete();
    } else {
      call.sink.error(new RpcError(this.#target, call.method, error));
    }
  }

  /** The connection has ended: every call that is waited for fails, in the order in which they were made. */
  fail(ending: CloseReason): void {
    /** How many ids ago it was made. */
    const age = ({ id }: Call): number => (this.#lastId - id) >>> 0;
    const calls = this.#sent.takeAll().sort((one, other) => age(other) - age(one));
    this.#cancelled = 0;
    for (const call of calls) {
      if (call.over) continue;
      this.#end(call);
      call.sink.error(ending.errorFor(call.method));
    }
  }

  /** Nobody waits for it any more. */
  cancel(call: Call): void {
    this.#end(call);
    if (call.frame !== null) {
      this.#outbox.drop(call);
      this.#sent.remove(call.id);
      return;
    }
    this.#sent.cancel(call.id);
    this.#cancelled++;
  }

  #end(call: Call): void {
    call.over = true;
    if (call.keepsAlive) this.#keepAlive.unref();
  }
}
