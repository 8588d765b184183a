import { isPoolError } from '../pool/errors';
import type { ErrorOfCode, PoolErrorCode } from '../pool/errors';
import { inspectSymbol } from '../pool/values/inspect-symbol';

/** What says more about an error than its code: the `reason` or the `phase` of those that have one. */
export type PoolErrorReason<K extends PoolErrorCode> = ErrorOfCode[K] extends {
  readonly reason: infer R extends string;
}
  ? R
  : ErrorOfCode[K] extends { readonly phase: infer P extends string }
    ? P
    : never;

/** A record, so that a code that is added to the pool is added here too. */
const reasons: Readonly<
  Record<PoolErrorCode, readonly [name: 'reason' | 'phase', values: readonly string[]] | undefined>
> = {
  POOL_EXHAUSTED: ['reason', ['timeout', 'queue-full', 'overload']],
  CONNECTION_FAILED: ['phase', ['open', 'validate', 'use']],
  INVALID_CONFIG: undefined,
  INVALID_POOL: undefined,
  INVALID_LEASE: undefined,
};

/**
 * Stands for an error of the pool where an assertion expects one: with this code, and with this `reason` (of `POOL_EXHAUSTED`) or `phase` (of
 * `CONNECTION_FAILED`).
 *
 * ```ts
 * expectObservable(pool.acquire()).toBe('50ms #', undefined, expectPoolError('POOL_EXHAUSTED', 'timeout'));  // poolTest
 * await expectAsync(promise).toBeRejectedWith(expectPoolError('INVALID_POOL'));                              // jasmine
 * await expect(promise).rejects.toEqual(expectPoolError('INVALID_POOL'));                                    // jest, vitest
 * await assert.rejects(promise, expectPoolError('INVALID_POOL'));                                            // node:assert, so mocha, node:test
 * ```
 */
export function expectPoolError<K extends PoolErrorCode>(code: K, reason?: PoolErrorReason<K>): PoolErrorMatcher<K> {
  return new Matcher(code, reason);
}

/** An asymmetric matcher of jasmine, jest and vitest, and a validation object of `node:assert`: see `expectPoolError`. */
export interface PoolErrorMatcher<K extends PoolErrorCode> {
  readonly code: K;
  readonly reason?: string;
  readonly phase?: string;
  /** Whether this is such an error. */
  asymmetricMatch(error: unknown): boolean;
  toString(): string;
}

class Matcher<K extends PoolErrorCode> implements PoolErrorMatcher<K> {
  // node:assert compares the enumerable properties of the object itself, so these are all.
  readonly code: K;
  readonly reason?: string;
  readonly phase?: string;

  constructor(code: K, reason: string | undefined) {
    if (!Object.hasOwn(reasons, code)) {
      const codes = Object.keys(reasons).join(', ');
      throw new TypeError(`expectPoolError knows no code '${code as string}'; the codes are ${codes}`);
    }
    this.code = code;
    if (reason === undefined) return;
    const [name, values] = reasons[code] ?? [];
    if (name === undefined)
      throw new TypeError(`expectPoolError: an error with code ${code} has no reason, but got '${reason}'`);
    if (!values!.includes(reason)) {
      throw new TypeError(`expectPoolError: the ${name} of ${code} is '${values!.join("', '")}', but got '${reason}'`);
    }
    this[name] = reason;
  }

  asymmetricMatch(error: unknown): boolean {
    if (!isPoolError(error, this.code)) return false;
    const { reason, phase } = error as { reason?: string; phase?: string };
    return (this.reason ?? reason) === reason && (this.phase ?? phase) === phase;
  }

  toString(): string {
    const detail = this.reason ?? this.phase;
    return `a PoolError with code ${this.code}${detail === undefined ? '' : ` (${detail})`}`;
  }

  toAsymmetricMatcher(): string {
    return this.toString();
  }

  jasmineToString(): string {
    return this.toString();
  }

  [inspectSymbol](): string {
    return this.toString();
  }
}
