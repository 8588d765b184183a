import { describeValue } from '../../pool/values/describe';
import { checkObject } from './arguments';
import type { RpcConnection } from './rpc-connection';

/** What a method learns about the one who called it. */
export interface CallContext {
  /** Aborted when the caller's connection ends before the method has: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The way back: notify the caller, or call its own methods. */
  readonly caller: RpcConnection;
}

/** A method that is given a context before its params; made by `withContext`. */
export interface ContextMethod {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a method may name the params it expects
  readonly runWithContext: (context: CallContext, ...params: any[]) => unknown;
}

/**
 * Something that can be called from the other side: a function of the params that were sent (of any number and kind: check them),
 * or `withContext(…)`.
 *
 * The result is what it returns; of an Observable, a promise, an async iterable or a generator the last value, nil if there was none.
 * Strings, arrays, sets and maps are values. When the caller is gone, an Observable is unsubscribed, and an async iterable closed.
 *
 * What it throws or fails with becomes an error of the form `[code, message]`: the code is the error's own `code` if that is an
 * integer, else 0. An `RpcError` of another node is passed on as it is.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a method may name the params it expects
export type Method = ((...params: any[]) => unknown) | ContextMethod;

/** Methods by the names they are called by. */
export type Methods = Readonly<Record<string, Method>>;

/**
 * A method that wants to know when its caller is gone, or to talk back to it.
 *
 * @example
 * serveNode({ methods: { load: withContext(({ signal }, url) => fetch(url, { signal }).then((reply) => reply.text())) } });
 */
export const withContext = (run: ContextMethod['runWithContext']): ContextMethod => ({ runWithContext: run });

/** By name; a Map, so that no name that comes over the wire finds what every object inherits. */
export type MethodTable = ReadonlyMap<string, Method>;

/** The methods as a table. What is none of them goes to `issues`. */
export function methodTable(option: string, methods: Methods, issues: string[]): MethodTable {
  const table = new Map(Object.entries((checkObject(option, methods, undefined, issues) ?? {}) as Methods));
  for (const [name, method] of table) {
    if (typeof method === 'function' || isContextMethod(method)) continue;
    issues.push(`${option}.${name} must be a function, or withContext(function), but got ${describeValue(method)}`);
  }
  return table;
}

function isContextMethod(method: unknown): boolean {
  return (
    typeof method === 'object' &&
    method !== null &&
    'runWithContext' in method &&
    typeof method.runWithContext === 'function'
  );
}
