import { expectTypeOf } from 'expect-type';
import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { RunHelpers } from 'rxjs/testing';
import { createPool } from '../../src/index';
import type { ConnectionPool, PoolStats } from '../../src/index';
import { assertDeepEqual, expectPoolError, poolTest, promised, scriptedConnector } from '../../src/testing/index';
import type { PoolErrorMatcher, PoolTestHelpers, ScriptedConnector } from '../../src/testing/index';

interface Client {
  readonly id: number;
}

describe('The types of the testing kit', () => {
  it('are those of connections, of values and of errors', () => {
    const client: Client = { id: 1 };
    const connect = scriptedConnector('--a', '--#');
    expectTypeOf(connect).toEqualTypeOf<ScriptedConnector<string>>();
    const typed = scriptedConnector('--a', { values: { a: client } });
    expectTypeOf(typed).toEqualTypeOf<ScriptedConnector<Client>>();
    expectTypeOf(typed()).toEqualTypeOf<Observable<Client>>();
    expectTypeOf(createPool({ connect: typed, max: 1 })).toEqualTypeOf<ConnectionPool<Client>>();
    expectTypeOf(scriptedConnector('-a', { repeat: true, values: { a: 1 } })).toEqualTypeOf<
      ScriptedConnector<number>
    >();

    expectTypeOf(scriptedConnector('-a', { repeat: true })).toEqualTypeOf<ScriptedConnector<string>>();

    expectTypeOf(promised('--a')).toEqualTypeOf<PromiseLike<string>>();
    expectTypeOf(promised('--a', { a: client })).toEqualTypeOf<PromiseLike<Client>>();

    expectTypeOf(expectPoolError('INVALID_POOL')).toEqualTypeOf<PoolErrorMatcher<'INVALID_POOL'>>();
    expectTypeOf(expectPoolError<'POOL_EXHAUSTED'>)
      .parameter(1)
      .toEqualTypeOf<'timeout' | 'queue-full' | 'overload' | undefined>();
    expectTypeOf(expectPoolError<'CONNECTION_FAILED'>)
      .parameter(1)
      .toEqualTypeOf<'open' | 'validate' | 'use' | undefined>();
    expectTypeOf(expectPoolError<'INVALID_POOL'>)
      .parameter(1)
      .toEqualTypeOf<undefined>();
    expect(connect.subscriptions).toEqual([]);
  });

  it('are those of TestScheduler for its helpers, and of the pool for the others', () => {
    expectTypeOf<PoolTestHelpers>().toExtend<RunHelpers>();
    new TestScheduler(assertDeepEqual).run(() => undefined);
    poolTest(({ pool, expectStats, expectEvents, at }) => {
      const words = pool({ max: 1, connect: scriptedConnector('--a') });
      expectTypeOf(words).toEqualTypeOf<ConnectionPool<string>>();
      const leases = expectStats(words, 'activeLeases');
      expectTypeOf(leases.toBe).parameter(1).toEqualTypeOf<Readonly<Record<string, number>> | undefined>();
      const state = expectStats(words, 'state');
      state.toBe('o', { o: 'open' });
      expectTypeOf(state.toBe).parameter(1).toEqualTypeOf<Readonly<Record<string, PoolStats['state']>> | undefined>();
      leases.toBe('0');
      // @ts-expect-error there is no such figure
      expect(() => void expectStats(words, 'leases')).toThrowError(/^expectStats knows no figure 'leases'/);
      // @ts-expect-error there is no such event
      expectEvents(words, 'acquires').toBe('-');
      // @ts-expect-error no event has this property
      expectEvents(words, 'acquired').toBe('-', { a: { type: 'acquired', took: 1 } });
      expectEvents(words).toBe('-', { a: { type: 'acquired', waited: 1 }, b: 'opened', c: { label: 'x' } });
      expectTypeOf(at).toBeCallableWith('-x', { x: () => words.destroy() });
    });
  });
});
