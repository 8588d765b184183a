import { isPoolError } from '../../pool/errors';
import type { PoolError } from '../../pool/errors';
import { closedByDestroy } from '../../pool/reports/error-texts';

// The errors with which a pool revokes a lease. Work may also fail with errors of other pools, and with other errors of the same pool, from
// which it has acquired a second connection: those discard the lease because they are fatal, but nothing was revoked.

export const isRevokedByLoss = (error: unknown, pool: string): error is PoolError =>
  isPoolError(error, 'CONNECTION_FAILED') && error.pool === pool && error.phase === 'use';

export const isRevokedByDestroy = (error: unknown, pool: string): error is PoolError =>
  isPoolError(error, 'INVALID_POOL') && error.message === closedByDestroy(pool).message;
