import { DirectObservable } from '../../pool/rx/direct-observable';
import type { Sink } from '../../pool/rx/work';
import type { Call } from './calls';

/** Makes calls. */
export interface Caller {
  prepare(method: string, sink: Sink<unknown>, keepsAlive: boolean): Call;
  send(call: Call, params: unknown[]): void;
}

/** Cold: each subscription is a call. */
export class CallObservable extends DirectObservable<unknown, Call> {
  constructor(
    private readonly caller: Caller,
    private readonly method: string,
    private readonly params: unknown[],
    /** Whether the call keeps the process alive. */
    private readonly keepsAlive: boolean,
  ) {
    super();
  }

  createRun(sink: Sink<unknown>): Call {
    return this.caller.prepare(this.method, sink, this.keepsAlive);
  }

  start(call: Call): void {
    this.caller.send(call, this.params);
  }
}
