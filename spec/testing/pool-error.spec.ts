import assert from 'node:assert/strict';
import { firstValueFrom, NEVER } from 'rxjs';
import { inspect } from 'node:util';
import { createPool } from '../../src/index';
import { deepEqual } from '../../src/testing/equality';
import { expectPoolError, poolTest, scriptedConnector } from '../../src/testing/index';
import { opensAtOnce } from '../helpers/marbles';
import { failed, failureOf } from './support';

describe('expectPoolError', () => {
  it('stands for an error in poolTest, with or without its reason', () => {
    poolTest(({ pool, expectObservable }) => {
      const words = pool({ max: 1, connect: scriptedConnector('a'), acquireTimeout: 50 });
      expectObservable(words.use(() => NEVER)).toBe('-');
      expectObservable(words.acquire()).toBe('50ms #', undefined, expectPoolError('POOL_EXHAUSTED', 'timeout'));
      expectObservable(words.acquire()).toBe('50ms #', undefined, expectPoolError('POOL_EXHAUSTED'));
      const dead = pool({ max: 1, connect: scriptedConnector('#'), breaker: { failures: 1 } });
      expectObservable(dead.acquire()).toBe('#', undefined, expectPoolError('CONNECTION_FAILED', 'open'));
    });
    expect().nothing();
  });

  it('is printed where it does not match, beside the error', () => {
    const message = failed(({ pool, expectObservable }) => {
      const words = pool({ max: 1, connect: scriptedConnector('a'), acquireTimeout: 50 });
      expectObservable(words.use(() => NEVER)).toBe('-');
      expectObservable(words.acquire()).toBe('50ms #', undefined, expectPoolError('POOL_EXHAUSTED', 'overload'));
    });
    expect(message).toMatch(
      /# expected {2}a PoolError with code POOL_EXHAUSTED \(overload\)\n {2}# actual {4}PoolExhaustedError: Pool 'pool' exhausted/,
    );
  });

  it('works with the matchers of jasmine and with node:assert', async () => {
    const pool = createPool({ max: 1, connect: () => opensAtOnce('a') });
    await pool.destroy();
    const rejected = (): Promise<unknown> => firstValueFrom(pool.acquire());
    await expectAsync(rejected()).toBeRejectedWith(expectPoolError('INVALID_POOL'));
    await assert.rejects(rejected(), expectPoolError('INVALID_POOL'));
    await expectAsync(assert.rejects(rejected(), expectPoolError('POOL_EXHAUSTED'))).toBeRejectedWithError(
      /POOL_EXHAUSTED/,
    );
    const error: unknown = await rejected().catch((reason: unknown) => reason);
    expect({ error }).toEqual({ error: expectPoolError('INVALID_POOL') });
    expect({ error }).not.toEqual({ error: expectPoolError('INVALID_LEASE') });
    expect(() => createPool({ max: 0, connect: () => NEVER })).toThrow(expectPoolError('INVALID_CONFIG'));
  });

  it('matches no other error', () => {
    for (const other of [new Error('x'), { code: 'INVALID_POOL' }, null, undefined, 'INVALID_POOL']) {
      expect(deepEqual(other, expectPoolError('INVALID_POOL')))
        .withContext(JSON.stringify(other))
        .toBeFalse();
    }
  });

  it('prints what it stands for', () => {
    expect(inspect(expectPoolError('CONNECTION_FAILED', 'use'))).toBe('a PoolError with code CONNECTION_FAILED (use)');
  });

  it('refuses a code or a reason that there is not', () => {
    expect(failureOf(() => expectPoolError('TIMEOUT' as never)).message).toBe(
      "expectPoolError knows no code 'TIMEOUT'; the codes are POOL_EXHAUSTED, CONNECTION_FAILED, INVALID_CONFIG, INVALID_POOL, INVALID_LEASE",
    );
    expect(failureOf(() => expectPoolError('POOL_EXHAUSTED', 'open' as never)).message).toBe(
      "expectPoolError: the reason of POOL_EXHAUSTED is 'timeout', 'queue-full', 'overload', but got 'open'",
    );
    expect(failureOf(() => expectPoolError('INVALID_POOL', 'x' as never)).message).toMatch(
      /has no reason, but got 'x'$/,
    );
  });
});
