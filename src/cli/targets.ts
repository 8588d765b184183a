import type { Observable } from 'rxjs';
import { connectNode } from '../connectors/msgpack-rpc/index';
import type { Connector } from '../pool/connector';
import { isPoolError } from '../pool/errors';
import { erlangTargets } from './erlang-target';
import { natsTargets } from './nats-target';

/** A connection to whatever a target names, as far as the command needs it. */
export interface Callable {
  call(method: string, ...params: unknown[]): Observable<unknown>;
}

/** What an option says about a target. */
export interface TargetSettings {
  /** The file that the cookie of an Erlang node is in. */
  readonly cookieFile?: string;
}

/** How targets of one protocol are reached. */
export interface TargetKind {
  /** Whether a target is one of them. */
  readonly pattern: RegExp;
  /** Connections at the most, and calls on each, unless the options say so. */
  readonly max: number;
  readonly pipeline: number;
  /** A connector, or an error that says what is wrong with the target. Loads nothing that may be missing before it connects. */
  connect(target: string, settings?: TargetSettings): Connector<Callable>;
}

const nodes: TargetKind = { pattern: /^/, max: 10, pipeline: 1, connect: (target) => connectNode(target) };

/** The first one that a target matches is its kind. */
const kinds: readonly TargetKind[] = [natsTargets, erlangTargets, nodes];

export const kindOf = (target: string): TargetKind => kinds.find(({ pattern }) => pattern.test(target)) ?? nodes;

export function connectTo(target: string, settings: TargetSettings = {}): Connector<Callable> {
  return kindOf(target).connect(target, settings);
}

/** What is wrong with a target, a sentence for each problem. */
export function wrongTarget(target: string, settings: TargetSettings = {}): string[] {
  try {
    connectTo(target, settings);
    return [];
  } catch (error) {
    const issues = isPoolError(error, 'INVALID_CONFIG') ? error.issues : [(error as Error).message];
    return issues.map((issue) => `--target: ${issue}`);
  }
}
