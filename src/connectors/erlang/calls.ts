import { DirectObservable } from '../../pool/rx/direct-observable';
import type { CancellableRun } from '../../pool/rx/direct-subscriber';
import type { Sink } from '../../pool/rx/work';
import { Outgoing } from '../msgpack-rpc/outbox';
import type { Atom } from './terms/atom';
import type { Pid } from './terms/identifiers';
import type { Sendable, Term } from './terms/term';
import type { TermWriter } from './terms/term-writer';

/** What is to be sent, and to which process. */
export interface Request {
  /** The process that has to be there. */
  readonly to: Atom | Pid;
  /** How messages name it. */
  readonly label: string;
  /** The request of the call: it is searched for in the exit reason of the process. */
  payload(id: number): Sendable;
  /** Writes the message that it gets. Throws if that cannot be done. */
  write(writer: TermWriter, id: number): void;
}

/** Makes calls. */
export interface Caller {
  start(call: Call): void;
  abandon(call: Call): void;
}

/** The state of one call, which its subscription holds. */
export class Call extends Outgoing implements CancellableRun {
  /** 0 until it is sent. */
  id = 0;
  /** Answered, failed or cancelled. */
  hasEnded = false;
  /** The next one of a list of calls that have ended. */
  nextEnded: Call | null = null;
  /** The calls whose end its frame tells, until the socket has it. */
  carried: Call | null = null;

  constructor(
    private readonly caller: Caller,
    readonly request: Request,
    readonly sink: Sink<Term>,
  ) {
    super(null);
  }

  override sent(): void {
    this.carried = null;
  }

  unsubscribe(): void {
    if (!this.hasEnded) this.caller.abandon(this);
  }
}

/** Cold: every subscription is a call of its own. */
export class CallObservable extends DirectObservable<Term, Call> {
  constructor(
    private readonly caller: Caller,
    private readonly request: Request,
  ) {
    super();
  }

  createRun(sink: Sink<Term>): Call {
    return new Call(this.caller, this.request, sink);
  }

  start(call: Call): void {
    this.caller.start(call);
  }
}

/** A power of two. */
const RECENT = 64;

/**
 * The calls that are under way, by id. Ids count up, and most calls are answered before many more are made, so that the last bits of an id say
 * where its call is; those that take longer are in a Map.
 */
export class CallTable {
  private readonly recent = new Array<Call | null>(RECENT).fill(null);
  private readonly others = new Map<number, Call>();

  add(call: Call): void {
    const place = call.id % RECENT;
    const former = this.recent[place]!;
    if (former !== null) this.others.set(former.id, former);
    this.recent[place] = call;
  }

  /** The call of this id, which stays under way. */
  get(id: number): Call | undefined {
    const recent = this.recent[id % RECENT]!;
    return recent?.id === id ? recent : this.others.get(id);
  }

  /** The call of this id, which is under way no more. */
  take(id: number): Call | undefined {
    const place = id % RECENT;
    const recent = this.recent[place]!;
    if (recent?.id === id) {
      this.recent[place] = null;
      return recent;
    }
    if (this.others.size === 0) return undefined;
    const call = this.others.get(id);
    this.others.delete(id);
    return call;
  }

  /** Takes out all of them, in the order in which they were made. */
  takeAll(): Call[] {
    const calls = [...this.others.values(), ...this.recent.filter((call) => call !== null)];
    this.others.clear();
    this.recent.fill(null);
    return calls.sort((one, other) => one.id - other.id);
  }
}
