import { DirectObservable } from '../../pool/rx/direct-observable';
import type { Sink } from '../../pool/rx/work';
import type { Call } from './calls';

/** Who makes calls. */
export interface Caller {
  prepare(method: string, sink: Sink<unknown>, keepsAlive: boolean): Call;
  send(call: Call, params: unknown[]): void;
}

/** Cold: every subscription is a call of its own. */
export class CallObservable extends DirectObservable<unknown, Call> {
  constructor(
    private readonly caller: Caller,
    private readonly method: string,
    private readonly params: unknown[],
    /** Whether the process waits for the answer. */
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
