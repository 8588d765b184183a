import { isPoolError } from '../../pool/errors';
import type { PoolError } from '../../pool/errors';
import { closedByDestroy } from '../../pool/reports/error-texts';

// What a pool says when it takes a connection away from whoever works with it. Work may fail with errors of other pools, and with others of the
// same one, which it has asked for a second connection: those end a lease because they are fatal, and nothing was taken.

export const isRevokedByLoss = (error: unknown, pool: string): error is PoolError =>
  isPoolError(error, 'CONNECTION_FAILED') && error.pool === pool && error.phase === 'use';

export const isRevokedByDestroy = (error: unknown, pool: string): error is PoolError =>
  isPoolError(error, 'INVALID_POOL') && error.message === closedByDestroy(pool).message;
