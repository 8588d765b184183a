// Actors that are registered in `:global`: where each one is, and what it is asked in bytes.
import { concatMap, defer, map, of, tap, type Observable } from 'rxjs';
import type { Request } from './calls';
import { ErlangLimitError, ErlangProtocolError } from './errors';
import { whereIs, type RemoteCalls } from './registered-names';
import { distributedRequest, type DistributedPayload } from './requests';
import type { Atom } from './terms/atom';
import type { Pid } from './terms/identifiers';
import type { Term } from './terms/term';
import { termText } from './terms/term-value';
import type { LocalNode } from './wire/local-node';

/** The calls of a session that lead to these actors. */
export interface ActorCalls extends RemoteCalls {
  call(request: () => Request): Observable<Term>;
}

/** The actors of one node, whose processes are looked up once, until they end. */
export class DistributedActors {
  private readonly known = new Map<string, Pid>();

  constructor(
    private readonly target: string,
    private readonly maxPayloadBytes: number,
    private readonly local: LocalNode,
    private readonly calls: ActorCalls,
  ) {}

  ask(name: string, payload: DistributedPayload): Observable<Buffer> {
    const { target, maxPayloadBytes } = this;
    const check = (bytes: Uint8Array): void => {
      if (!(bytes instanceof Uint8Array)) throw new TypeError('The payload of askDistributed must be bytes');
      if (bytes.length <= maxPayloadBytes) return;
      const message = `A payload of ${bytes.length} bytes was not sent to ${target}: it is beyond limits.maxPayloadBytes (${maxPayloadBytes})`;
      throw new ErlangLimitError(target, message);
    };
    return defer(() => {
      if (typeof payload !== 'function') check(payload);
      return this.whereIs(name);
    }).pipe(
      concatMap((pid) => this.calls.call(() => distributedRequest(this.local, pid, name, payload, check))),
      map((answer) => {
        if (answer instanceof Uint8Array) return answer;
        throw new ErlangProtocolError(target, `'${name}' replied with ${termText(answer)}, where bytes were expected`);
      }),
    );
  }

  /** This process has ended: its actor is looked up again. */
  forget(process: Atom | Pid): void {
    for (const [name, pid] of this.known) if (pid === process) this.known.delete(name);
  }

  private whereIs(name: string): Observable<Pid> {
    const known = this.known.get(name);
    if (known !== undefined) return of(known);
    const label = `${JSON.stringify(name)} in :global`;
    return whereIs(this.target, { registry: 'global', name }, label, this.calls).pipe(
      tap((pid) => this.known.set(name, pid)),
    );
  }
}
