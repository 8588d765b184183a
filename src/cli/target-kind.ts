import type { Observable } from 'rxjs';
import type { Connector } from '../pool/connector';

/** A connection to a target, as far as the command needs it. */
export interface Callable {
  call(method: string, ...params: unknown[]): Observable<unknown>;
}

/** Options of the command for a target. */
export interface TargetSettings {
  /** The file with the cookie of an Erlang node. */
  readonly cookieFile?: string;
}

/** How to connect to the targets of one protocol. */
export interface TargetKind {
  /** Matches the targets of the protocol. */
  readonly pattern: RegExp;
  /** The default maximum of connections, and of calls in flight on each. */
  readonly max: number;
  readonly pipeline: number;
  /** A connector; throws an `InvalidConfigError` for a wrong target. Loads optional packages only when it connects. */
  connect(target: string, settings?: TargetSettings): Connector<Callable>;
}
