import { ReadableError } from './values/readable-error';

/** Which of the pool's errors this is; the same word in every copy of the package. */
export type PoolErrorCode =
  'POOL_EXHAUSTED' | 'CONNECTION_FAILED' | 'INVALID_CONFIG' | 'INVALID_POOL' | 'INVALID_LEASE';

// An ESM and a CJS build are two copies of every class, across which instanceof says no.
const brand = Symbol.for('rxjs-connection-pool.error');

/**
 * What every error of the pool has in common: a `code` to decide by, and the name of the `pool`.
 * Errors of your own `work` are never wrapped in one.
 */
export abstract class PoolError extends ReadableError {
  abstract readonly code: PoolErrorCode;
  /** The name of the pool that says so. */
  readonly pool: string;

  /** @internal */
  constructor(pool: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.pool = pool;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** How a pool was when it refused something. The names are those of `PoolStats`. */
export interface PoolNumbers {
  readonly maxConnections: number;
  readonly totalConnections: number;
  readonly inUseConnections: number;
  readonly openingConnections: number;
  readonly closingConnections: number;
  readonly pendingAcquires: number;
  /** Of the connections in use: those that are being validated, being reset, and held by cancelled work that has not ended. */
  readonly validating: number;
  readonly resetting: number;
  readonly heldByCancelledWork: number;
  /** For how long the caller had waited, in ms; 0 where it did not wait. */
  readonly waited: number;
}

/**
 * No connection could be lent, although the pool is alive and has connections: all are busy.
 * Answer "busy, try later", raise `max`, or make the work shorter.
 */
export class PoolExhaustedError extends PoolError {
  override get name(): 'PoolExhaustedError' {
    return 'PoolExhaustedError';
  }

  readonly code = 'POOL_EXHAUSTED';
  /**
   * `'timeout'`: waited for `acquireTimeout`; `'queue-full'`: the waiting line has `maxPending` in it;
   * `'overload'`: shed because the line has been too slow for too long.
   */
  readonly reason: 'timeout' | 'queue-full' | 'overload';
  /** The pool at that moment. */
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

/** A connection could not be opened, or was lost under the work that was using it. The reason is the `cause`. */
export class ConnectionFailedError extends PoolError {
  override get name(): 'ConnectionFailedError' {
    return 'ConnectionFailedError';
  }

  readonly code = 'CONNECTION_FAILED';
  /** `'open'`: it never came about; `'validate'`: it did not pass validation; `'use'`: it was lost while lent. */
  readonly phase: 'open' | 'validate' | 'use';
  /** How many connects in a row had failed by then. */
  readonly attempts: number;
  /** The pool at that moment. */
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

/** Options or arguments that cannot work. `issues` names every one of them, with the value that was given. */
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

/** The pool has been destroyed: it lends nothing any more. Create another. */
export class InvalidPoolError extends PoolError {
  override get name(): 'InvalidPoolError' {
    return 'InvalidPoolError';
  }

  readonly code = 'INVALID_POOL';
}

/** The connection of a lease was asked for after the lease had ended: by then it may be somebody else's. */
export class InvalidLeaseError extends PoolError {
  override get name(): 'InvalidLeaseError' {
    return 'InvalidLeaseError';
  }

  readonly code = 'INVALID_LEASE';
}

/** The class that goes with each code. */
export interface ErrorOfCode {
  POOL_EXHAUSTED: PoolExhaustedError;
  CONNECTION_FAILED: ConnectionFailedError;
  INVALID_CONFIG: InvalidConfigError;
  INVALID_POOL: InvalidPoolError;
  INVALID_LEASE: InvalidLeaseError;
}

/**
 * Whether this is an error of the pool (with this code). Unlike `instanceof` it also knows the errors
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
    // A proxy that has been revoked, say. None of ours is one.
    return false;
  }
}
