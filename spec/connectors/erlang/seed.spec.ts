import { from, lastValueFrom, map, toArray, type Observable } from 'rxjs';
import { atom, connectErlangNode, tuple, type ErlangConnection, type Term } from '../../../src/connectors/erlang/index';
import { batchParallel, batchSequential, createPool, withConnection, type ConnectionPool } from '../../../src/index';
import { stressTest } from '../../../src/stress/index';
import { erlangNode, freePort } from '../../helpers/erlang';
import { failureOf } from '../msgpack-rpc/support';
import { answerOf, reaching } from './support';

/** Each function and each usage pattern of docs/erlang.md, "The seed, line by line". */
describe('the seed, against a real node', () => {
  const node = erlangNode();
  let pool: ConnectionPool<ErlangConnection>;
  const poolOf = (max: number, more: object = {}): ConnectionPool<ErlangConnection> =>
    createPool({ connect: connectErlangNode(node().name, reaching(node())), max, ...more });
  beforeEach(() => {
    pool = poolOf(10);
  });
  afterEach(() => pool.destroy({ timeout: 0 }));
  const sendViaConnection = (connection: ErlangConnection, data: string): Observable<Term> =>
    connection.call('echo', tuple(atom('word_count'), data));

  it('new: a pool to a node by its name, of 10 connections at the most', async () => {
    await pool.warmUp(10);
    expect(pool.stats.totalConnections).toBe(10);
    expect(() => poolOf(0)).toThrowError(/max/);
    const lost = createPool({
      connect: connectErlangNode(node().name, { cookie: 'x', port: await freePort() }),
      max: 1,
      retryDelay: 0,
    });
    expect((await failureOf(lost.use((connection) => sendViaConnection(connection, 'x')))).code).toBe(
      'CONNECTION_FAILED',
    );
    await lost.destroy();
  });

  it('with_connection: runs a function with a connection, which is released whatever it does', async () => {
    expect(await answerOf(pool.use((connection) => sendViaConnection(connection, 'Hello there')))).toBe(2);
    const failing = pool.use(() => {
      throw new Error('thrown by work');
    });
    expect((await failureOf(failing)).message).toBe('thrown by work');
    expect(pool.stats.inUseConnections).toBe(0);
  });

  it('stats: what the pool does and has done', async () => {
    await answerOf(pool.use((connection) => sendViaConnection(connection, 'x')));
    const { totalConnections, availableConnections, inUseConnections, failedOperations, successfulOperations } =
      pool.stats;
    expect([totalConnections, availableConnections, inUseConnections, failedOperations, successfulOperations]).toEqual([
      1, 1, 0, 0, 1,
    ]);
  });

  it('destroy: closes all connections, and lends no more', async () => {
    await pool.warmUp(3);
    await pool.destroy();
    expect(pool.stats.totalConnections).toBe(0);
    expect((await failureOf(pool.use((connection) => sendViaConnection(connection, 'x')))).code).toBe('INVALID_POOL');
  });

  it('send_batch: one after the other, in order', async () => {
    const messages = ['one', 'two words', 'and three words'];
    const results$ = from(messages).pipe(withConnection(pool, sendViaConnection), batchSequential(), toArray());
    expect(await answerOf(results$)).toEqual([1, 2, 3]);
  });

  it('send_batch_parallel: results, and failures by their index', async () => {
    const result: any = await lastValueFrom(
      from(['one', '', 'two words']).pipe(
        withConnection(pool, (connection, text) =>
          text === '' ? connection.call('nothing', text) : sendViaConnection(connection, text),
        ),
        batchParallel(8),
      ),
    );
    expect(result.successful).toEqual([1, 2]);
    expect(result.failed.map(({ index, error }: any) => [index, error.code])).toEqual([[1, 'ERLANG_NO_PROCESS']]);
  });

  it('stress_test: a number of operations of a number of workers', async () => {
    const report = await answerOf(stressTest(pool, { opsPerWorker: 20, workers: 5, work: (connection) => sendViaConnection(connection, 'x') })); // prettier-ignore
    expect(JSON.stringify(report)).toContain('100');
    expect(pool.stats.successfulOperations).toBe(100);
  });

  it('pattern 1: a request handler says 503 when all are busy, and 500 when there is no node', async () => {
    const busy = poolOf(1, { maxPending: 0 });
    const handle = (request: string, ms: number): Promise<{ status: number }> =>
      lastValueFrom(busy.use((connection) => connection.call('echo', tuple(atom('sleep'), ms, request))).pipe(map(() => ({ status: 200 })))).catch(
        (error: unknown) => ({ status: (error as { code: string }).code === 'POOL_EXHAUSTED' ? 503 : 500 }),
      ); // prettier-ignore
    expect(await handle('first', 0)).toEqual({ status: 200 });
    expect(await Promise.all([handle('slow', 50), handle('second', 0)])).toEqual([{ status: 200 }, { status: 503 }]);
    await busy.destroy();
    expect(await handle('late', 0)).toEqual({ status: 500 });
  });

  it('pattern 2: bulk synchronization sends what failed once more', async () => {
    const records = Array.from({ length: 40 }, (_, i) => i);
    const unlucky = new Set([3, 21]);
    const send = (connection: ErlangConnection, record: number): Observable<Term> =>
      connection.call(unlucky.delete(record) ? 'nothing' : 'echo', tuple(atom('echo'), record));
    const first: any = await lastValueFrom(from(records).pipe(withConnection(pool, send), batchParallel(8)));
    expect(first.failed.map(({ item }: any) => item)).toEqual([3, 21]);
    const second: any = await lastValueFrom(
      from(first.failed.map(({ item }: any) => item) as number[]).pipe(withConnection(pool, send), batchParallel(8)),
    );
    expect(second.successful).toEqual([3, 21]);
  });

  it('pattern 3: health is watched by the stream of stats', async () => {
    await pool.warmUp(10);
    const seen: number[] = [];
    const watching = pool.stats$.subscribe(({ inUseConnections, maxConnections }) =>
      seen.push(inUseConnections / maxConnections),
    );
    await Promise.all(Array.from({ length: 10 }, () => answerOf(pool.use((connection) => connection.call('echo', tuple(atom('sleep'), 5, 1)))))); // prettier-ignore
    watching.unsubscribe();
    expect(Math.max(...seen)).toBeGreaterThan(0.8);
    expect(seen.at(-1)).toBe(0);
  });
});
