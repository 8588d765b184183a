import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinMethods, serveNode } from '../connectors/msgpack-rpc/index';
import { shownTarget } from '../connectors/msgpack-rpc/target';
import type { ConnectionPool } from '../pool/connection-pool';
import { createPool } from '../pool/create-pool';
import { internalsOf } from '../pool/rx/internals';
import { describeValue } from '../pool/values/describe';
import type { StressOptions } from '../stress/options';
import { messageOf } from './outcome';
import type { NodeWork, StressArguments } from './stress-arguments';
import type { Callable } from './target-kind';
import { connectTo } from './targets';

/** A pool under load. */
export interface StressSubject {
  readonly pool: ConnectionPool<unknown>;
  readonly work: StressOptions<unknown>['work'];
  /** Its description in texts. */
  readonly what: string;
  /** Whether the target is a node, so that a connect before the load can test it. */
  readonly isNode: boolean;
  /** In ms: the timeout of `destroy`. */
  readonly destroyTimeout: number;
  close(): Promise<void>;
}

/** In ms: timeouts of `destroy`. The pool to a node has no other users; the pool of a module may have some. */
const NODE_DESTROY_TIMEOUT_MS = 0;
const MODULE_DESTROY_TIMEOUT_MS = 1_000;

/** There is no pool to put under load, because of the arguments or the module. */
export class NoSubjectError extends Error {}

export function openSubject({ pool }: StressArguments): Promise<StressSubject> {
  return 'module' in pool ? ofModule(pool.module) : ofNode(pool);
}

async function ofNode({ target, method, params, max, pipeline }: NodeWork): Promise<StressSubject> {
  const node = target === undefined ? await serveNode({ methods: builtinMethods }) : undefined;
  const to = target ?? node!.target;
  const pool = createPool({ name: shownTarget(to), connect: connectTo(to), max, capacity: pipeline });
  const call = `${method}(${params.map((param) => JSON.stringify(param)).join(', ')})`;
  return {
    pool: pool,
    work: (connection) => (connection as Callable).call(method, ...params),
    what: node === undefined ? `${call} at ${shownTarget(to)}` : `${call} at a node of this process, ${to}`,
    isNode: true,
    destroyTimeout: NODE_DESTROY_TIMEOUT_MS,
    close: async () => {
      await pool.destroy({ timeout: NODE_DESTROY_TIMEOUT_MS });
      await node?.close();
    },
  };
}

async function ofModule(name: string): Promise<StressSubject> {
  let module: Record<string, unknown>;
  try {
    module = exportsOf((await import(pathToFileURL(resolve(name)).href)) as Record<string, unknown>);
  } catch (error) {
    throw new NoSubjectError(`--pool: cannot load '${name}': ${messageOf(error)}`);
  }
  const offered = module['pool'] ?? module['default'];
  const { work } = module;
  const pool = await poolOf(name, offered);
  if (work !== undefined && typeof work !== 'function') {
    throw new NoSubjectError(
      `--pool: the export 'work' of '${name}' must be a function of a connection, but it is ${describeValue(work)}`,
    );
  }
  return {
    pool,
    work: work as StressSubject['work'],
    what: `pool '${pool.name}' of ${name}${work === undefined ? ', leases alone: the module exports no work' : ''}`,
    isNode: false,
    destroyTimeout: MODULE_DESTROY_TIMEOUT_MS,
    close: () => pool.destroy({ timeout: MODULE_DESTROY_TIMEOUT_MS }),
  };
}

/** The exports of a CommonJS module may be the default export. */
function exportsOf(module: Record<string, unknown>): Record<string, unknown> {
  const whole = module['default'];
  const isWrapped = module['pool'] === undefined && typeof whole === 'object' && whole !== null && 'pool' in whole;
  return isWrapped ? { ...whole } : module;
}

async function poolOf(name: string, offered: unknown): Promise<ConnectionPool<unknown>> {
  let made = offered;
  try {
    if (typeof offered === 'function') made = await (offered as () => unknown)();
  } catch (error) {
    throw new NoSubjectError(`--pool: the function of '${name}' that makes the pool failed: ${messageOf(error)}`);
  }
  if (internalsOf(made) !== undefined) return made as ConnectionPool<unknown>;
  throw new NoSubjectError(
    `--pool: '${name}' must export a pool made by createPool, or a function that makes one, as 'pool' or by default, but that is ${describeValue(made)}`,
  );
}
