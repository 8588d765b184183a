import { describeValue } from '../../pool/values/describe';
import { checkObject } from './arguments';
import type { RpcConnection } from './rpc-connection';

/** What a method can know about its caller. */
export interface CallContext {
  /** Aborted when the caller's connection ends before the method does: the answer is not needed any more. */
  readonly signal: AbortSignal;
  /** The connection to the caller, to notify it or to call its methods. */
  readonly caller: RpcConnection;
}

/** A method that gets a context before its params; made by `withContext`. */
export interface ContextMethod {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a method may declare its params
  readonly runWithContext: (context: CallContext, ...params: any[]) => unknown;
}

/**
 * A method that the other side can call: a function of the params that were sent (any number of any type: check them), or `withContext(…)`.
 *
 * The result is the return value; for an Observable, a promise, an async iterable or a generator its last value, nil if there was none.
 * Strings, arrays, sets and maps are values. When the caller disconnects, an Observable is unsubscribed, and an async iterable closed.
 *
 * An error becomes `[code, message]`: the code is the error's own `code` if that is an integer, else 0. An `RpcError` of another node is passed
 * on unchanged.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a method may declare its params
export type Method = ((...params: any[]) => unknown) | ContextMethod;

/** Methods by name. */
export type Methods = Readonly<Record<string, Method>>;

/**
 * A method with a context: to be notified when its caller disconnects, or to call back.
 *
 * @example
 * serveNode({ methods: { load: withContext(({ signal }, url) => fetch(url, { signal }).then((reply) => reply.text())) } });
 */
export const withContext = (run: ContextMethod['runWithContext']): ContextMethod => ({ runWithContext: run });

/** Methods by name. A Map, so that a name from the wire cannot match an inherited property. */
export type MethodTable = ReadonlyMap<string, Method>;

/** The methods as a table. Adds problems to `issues`. */
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
