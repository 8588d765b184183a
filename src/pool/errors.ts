import { ReadableError } from './values/readable-error';

/** Identifies the kind of error; the same string in every copy of the package. */
export type PoolErrorCode =
  'POOL_EXHAUSTED' | 'CONNECTION_FAILED' | 'INVALID_CONFIG' | 'INVALID_POOL' | 'INVALID_LEASE';

// An ESM and a CJS build are two copies of every class; instanceof is false across them.
const brand = Symbol.for('rxjs-connection-pool.error');

/**
 * The base class of every error of the pool: it has a `code` to branch on, and the name of the `pool`.
 * Errors of your own `work` are never wrapped.
 */
export abstract class PoolError extends ReadableError {
  abstract readonly code: PoolErrorCode;
  /** The name of the pool. */
  readonly pool: string;

  /** @internal */
  constructor(pool: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.pool = pool;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** The state of a pool when an acquire failed. The names are those of `PoolStats`. */
export interface PoolNumbers {
  readonly maxConnections: number;
  readonly totalConnections: number;
  readonly inUseConnections: number;
  readonly openingConnections: number;
  readonly closingConnections: number;
  readonly pendingAcquires: number;
  /** Parts of the connections in use: being validated, being reset, and held by cancelled work that has not ended. */
  readonly validating: number;
  readonly resetting: number;
  readonly heldByCancelledWork: number;
  /** How long the caller waited, in ms; 0 if it did not wait. */
  readonly waited: number;
}

/**
 * No connection was available in time, although the pool has open connections: all are busy.
 * Answer "busy, try later", raise `max`, or make the work shorter.
 */
export class PoolExhaustedError extends PoolError {
  override get name(): 'PoolExhaustedError' {
    return 'PoolExhaustedError';
  }

  readonly code = 'POOL_EXHAUSTED';
  /**
   * `'timeout'`: the caller waited for `acquireTimeout`; `'queue-full'`: the wait queue has reached `maxPending`;
   * `'overload'`: the load was shed, see the option `overload`.
   */
  readonly reason: 'timeout' | 'queue-full' | 'overload';
  /** The state of the pool at that moment. */
  readonly numbers: PoolNumbers;

  /** @internal */
  constructor(
    pool: string,
    reason: PoolExhaustedError['reason'],
    message: string,
    numbers: PoolNumbers,
    cause?: unknown,
  ) {
    super(pool, message, cause);
    this.reason = reason;
    this.numbers = numbers;
  }
}

/** A connection could not be opened, or was lost while it was lent. The reason is the `cause`. */
export class ConnectionFailedError extends PoolError {
  override get name(): 'ConnectionFailedError' {
    return 'ConnectionFailedError';
  }

  readonly code = 'CONNECTION_FAILED';
  /** `'open'`: the connect failed; `'validate'`: the connection failed its validation; `'use'`: it was lost while lent. */
  readonly phase: 'open' | 'validate' | 'use';
  /** The number of connects that had failed in a row. */
  readonly attempts: number;
  /** The state of the pool at that moment. */
  readonly numbers: PoolNumbers;

  /** @internal */
  constructor(
    pool: string,
    phase: ConnectionFailedError['phase'],
    attempts: number,
    message: string,
    numbers: PoolNumbers,
    cause?: unknown,
  ) {
    super(pool, message, cause);
    this.phase = phase;
    this.attempts = attempts;
    this.numbers = numbers;
  }
}

/** Invalid options or arguments. `issues` names each of them, with the given value. */
export class InvalidConfigError extends PoolError {
  override get name(): 'InvalidConfigError' {
    return 'InvalidConfigError';
  }

  readonly code = 'INVALID_CONFIG';
  /** A sentence for each problem. */
  readonly issues: readonly string[];

  /** @internal */
  constructor(pool: string, what: string, issues: readonly string[]) {
    super(pool, issues.length === 1 ? `${what}: ${issues[0]}` : `${what}:\n- ${issues.join('\n- ')}`);
    this.issues = issues;
  }
}

/** The pool has been destroyed, and lends no more connections. Create a new pool. */
export class InvalidPoolError extends PoolError {
  override get name(): 'InvalidPoolError' {
    return 'InvalidPoolError';
  }

  readonly code = 'INVALID_POOL';
}

/** The connection of a lease was read after the lease had ended: another caller may hold it by then. */
export class InvalidLeaseError extends PoolError {
  override get name(): 'InvalidLeaseError' {
    return 'InvalidLeaseError';
  }

  readonly code = 'INVALID_LEASE';
}

/** The class for each code. */
export interface ErrorOfCode {
  POOL_EXHAUSTED: PoolExhaustedError;
  CONNECTION_FAILED: ConnectionFailedError;
  INVALID_CONFIG: InvalidConfigError;
  INVALID_POOL: InvalidPoolError;
  INVALID_LEASE: InvalidLeaseError;
}

/**
 * Whether this is an error of the pool (with this code). Unlike `instanceof` it also recognises the errors
 * of a second copy of the package, such as the CommonJS build beside the ES modules.
 *
 * ```ts
 * catchError((error) => (isPoolError(error, 'POOL_EXHAUSTED') ? of(serviceBusy) : throwError(() => error)))
 * ```
 */
export function isPoolError<K extends PoolErrorCode = PoolErrorCode>(
  error: unknown,
  code?: K,
): error is ErrorOfCode[K] {
  if (typeof error !== 'object' || error === null) return false;
  try {
    return brand in error && (code === undefined || (error as { code?: unknown }).code === code);
  } catch {
    // For example a revoked proxy, which is no error of the pool.
    return false;
  }
}
