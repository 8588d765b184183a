import type { CancellableRun } from '../../pool/rx/direct-subscriber';
import type { Sink } from '../../pool/rx/work';
import type { RefCountedKeepAlive } from './ref-counted-keep-alive';
import { CallTable } from './call-table';
import type { CloseReason } from './close-reason';
import { readableDetail, RpcError } from './errors';
import { LARGEST_ID, NO_CALL } from './messages';
import { Outgoing, type Outbox } from './outbox';
import { Refusal } from './refusal';

/** One call, from its subscription on. */
export class Call extends Outgoing implements CancellableRun {
  /** Its id; `NO_CALL` until it is sent. */
  id = NO_CALL;
  /** Answered, failed or cancelled. */
  hasEnded = false;

  constructor(
    readonly calls: Calls,
    readonly method: string,
    readonly sink: Sink<unknown>,
    /** Whether it keeps the process alive. */
    readonly keepsAlive: boolean,
  ) {
    super(null);
  }

  unsubscribe(): void {
    if (!this.hasEnded) this.calls.cancel(this);
  }
}

/** The calls of this side that are in flight, by id. */
export class Calls {
  private readonly target: string;
  private readonly outbox: Outbox;
  private readonly keepAlive: RefCountedKeepAlive;
  private readonly sent = new CallTable<Call>();
  private lastId: number;
  private cancelledCount = 0;

  constructor(target: string, outbox: Outbox, keepAlive: RefCountedKeepAlive, firstId: number) {
    this.target = target;
    this.outbox = outbox;
    this.keepAlive = keepAlive;
    this.lastId = firstId - 1;
  }

  /** Number of calls that the other side has not answered, cancelled ones included. */
  get unanswered(): number {
    return this.sent.size;
  }

  /** Ids count up from 1, begin again after 2³² − 1, and skip those in flight. */
  nextId(): number {
    do {
      this.lastId = this.lastId === LARGEST_ID ? NO_CALL + 1 : this.lastId + 1;
    } while (this.sent.has(this.lastId));
    return this.lastId;
  }

  /** Number of cancelled calls that may still be answered. */
  get cancelled(): number {
    return this.cancelledCount;
  }

  /** Sends the call. With `keepsAlive` it keeps the process alive until it is over. */
  start(call: Call, id: number, frame: Uint8Array): void {
    call.id = id;
    call.frame = frame;
    this.sent.add(call);
    if (call.keepsAlive) this.keepAlive.ref();
    this.outbox.push(call);
  }

  /** Handles an answer. Throws a `Refusal` if it belongs to no call. */
  settle(id: number, error: unknown, result: unknown): void {
    const call = this.sent.get(id);
    if (call === undefined || (call !== null && call.frame !== null)) {
      const about = error === null || error === undefined ? '' : `: ${readableDetail(error)}`;
      const what = id === NO_CALL ? 'an error that belongs to no call' : `an answer to call ${id}, which was not made`;
      throw new Refusal('RPC_PROTOCOL', `${what}${about}`);
    }
    this.sent.remove(id);
    if (call === null) {
      this.cancelledCount--;
      return;
    }
    this.end(call);
    if (error === null || error === undefined) {
      call.sink.next(result);
      call.sink.complete();
    } else {
      call.sink.error(new RpcError(this.target, call.method, error));
    }
  }

  /** The connection has ended: every call in flight fails, in the order in which they were made. */
  fail(ending: CloseReason): void {
    /** How many ids ago the call was made. */
    const age = ({ id }: Call): number => (this.lastId - id) >>> 0;
    const calls = this.sent.takeAll().sort((one, other) => age(other) - age(one));
    this.cancelledCount = 0;
    for (const call of calls) {
      if (call.hasEnded) continue;
      this.end(call);
      call.sink.error(ending.errorFor(call.method));
    }
  }

  /** The subscriber has unsubscribed. */
  cancel(call: Call): void {
    this.end(call);
    if (call.frame !== null) {
      this.outbox.drop(call);
      this.sent.remove(call.id);
      return;
    }
    this.sent.cancel(call.id);
    this.cancelledCount++;
  }

  private end(call: Call): void {
    call.hasEnded = true;
    if (call.keepsAlive) this.keepAlive.unref();
  }
}
