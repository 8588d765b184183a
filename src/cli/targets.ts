import { connectNode } from '../connectors/msgpack-rpc/index';
import type { Connector } from '../pool/connector';
import { isPoolError } from '../pool/errors';
import { erlangTargets } from './erlang-target';
import { natsTargets } from './nats-target';
import type { Callable, TargetKind, TargetSettings } from './target-kind';

const nodes: TargetKind = { pattern: /^/, max: 10, pipeline: 1, connect: (target) => connectNode(target) };

/** The first match counts. */
const kinds: readonly TargetKind[] = [natsTargets, erlangTargets, nodes];

export const kindOf = (target: string): TargetKind => kinds.find(({ pattern }) => pattern.test(target)) ?? nodes;

export function connectTo(target: string, settings: TargetSettings = {}): Connector<Callable> {
  return kindOf(target).connect(target, settings);
}

/** The problems of a target, one sentence each. */
export function wrongTarget(target: string, settings: TargetSettings = {}): string[] {
  try {
    connectTo(target, settings);
    return [];
  } catch (error) {
    const issues = isPoolError(error, 'INVALID_CONFIG') ? error.issues : [(error as Error).message];
    return issues.map((issue) => `--target: ${issue}`);
  }
}
