import { createConnection } from 'node:net';
import { concatMap, forkJoin, from, lastValueFrom, map, range, retry, tap, toArray } from 'rxjs';
import {
  connectNode,
  createMsgpackrCodec,
  type ConnectNodeOptions,
  type RpcConnection,
} from '../../../src/connectors/msgpack-rpc/index';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  createPool,
  isPoolError,
  withConnection,
  type ConnectionPool,
  type PoolOptions,
} from '../../../src/index';
import { Packr } from 'msgpackr';
import { peer } from '../../helpers/peers';
import { neovims, type Neovim } from './nvim';
import { until } from '../../helpers/turns';
import { after, answerOf, failureOf, scene } from './support';

describe('a pool of connections to a real neovim', () => {
  const start = neovims(peer('nvim'));
  const { cleanup } = scene();

  const poolOf = (
    { target }: Neovim,
    options: Omit<PoolOptions<RpcConnection>, 'connect'>,
    node?: ConnectNodeOptions,
  ): ConnectionPool<RpcConnection> => {
    const pool = createPool({ connect: connectNode(`editor@${target}`, node), ...options });
    cleanup(() => pool.destroy({ timeout: 0 }));
    return pool;
  };
  const doubled = Array.from({ length: 1000 }, (_, i) => 2 * i);
  const double = (connection: RpcConnection, i: number) => connection.call('nvim_eval', `${i} * 2`);

  it('brings 1,000 answers over five connections', async () => {
    const pool = poolOf(await start(), { max: 5 });
    await pool.warmUp(5);
    const { successful, failed } = await lastValueFrom(
      range(0, 1000).pipe(withConnection(pool, double), batchParallel(5)),
    );
    expect(failed).toEqual([]);
    expect(successful).toEqual(doubled);
    expect(pool.stats.totalConnections).toBe(5);
    expect(pool.stats.opened).toBe(5);
  });

  it('brings 1,000 pipelined answers over one', async () => {
    const pool = poolOf(await start(), { max: 1, capacity: 1000 });
    let most = 0;
    pool.stats$.subscribe(({ activeLeases }) => (most = Math.max(most, activeLeases)));
    const calls = Array.from({ length: 1000 }, (_, i) => pool.use((connection) => double(connection, i)));
    expect(await answerOf(forkJoin(calls))).toEqual(doubled);
    expect(most).toBe(1000);
    expect(pool.stats.opened).toBe(1);
  });

  it('brings answers in the order of the items, one after the other', async () => {
    const pool = poolOf(await start(), { max: 5 }, { codec: createMsgpackrCodec(Packr) });
    const answers = range(0, 200).pipe(withConnection(pool, double), batchSequential(), toArray());
    expect(await answerOf(answers)).toEqual(doubled.slice(0, 200));
  });

  it('brings 5 MB at a time', async () => {
    const pool = poolOf(await start(), { max: 2, capacity: 2 });
    const big = (connection: RpcConnection, letter: string) =>
      connection.call('nvim_eval', `repeat('${letter}', 5 * 1024 * 1024)`);
    const { successful } = await lastValueFrom(
      from(['a', 'b', 'c', 'd']).pipe(withConnection(pool, big), batchParallel()),
    );
    expect(successful.map(String).map((text) => [text.length, text[0], text.at(-1)])).toEqual(
      ['a', 'b', 'c', 'd'].map((letter) => [5 * 1024 * 1024, letter, letter]),
    );
  });

  it('answers what it asks back in mid-batch', async () => {
    const pool = poolOf(await start(), { max: 3 }, { handlers: { square: (n: number) => n * n } });
    const ask = (connection: RpcConnection, i: number) =>
      connection
        .call('nvim_get_api_info')
        .pipe(
          concatMap((info) =>
            connection.call('nvim_eval', `rpcrequest(${(info as number[])[0]!}, 'square', ${i}) + 1`),
          ),
        );
    const { successful, failed } = await lastValueFrom(range(0, 50).pipe(withConnection(pool, ask), batchParallel(3)));
    expect(failed).toEqual([]);
    expect(successful).toEqual(Array.from({ length: 50 }, (_, i) => i * i + 1));
  });

  it('fails calls in flight when it crashes in mid-batch, and serves again when it is back', async () => {
    const first = await start();
    const pool = poolOf(first, { max: 5, retryDelay: 20, breaker: { failures: 5, probeAfter: 50 } });
    await pool.warmUp(5);
    let back: Promise<Neovim> | undefined;
    const crash = async (): Promise<Neovim> => {
      await first.kill();
      return first.again();
    };
    const outcomes = await lastValueFrom(
      range(0, 1000).pipe(
        withConnection(pool, double),
        batchOutcomes(5),
        tap((outcome) => {
          if (outcome.index >= 200) back ??= crash();
        }),
        toArray(),
      ),
    );
    expect(outcomes.length).toBe(1000);
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.error as Error] : []));
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) {
      expect(failure.message).toContain(first.target);
      expect(failure.message).toMatch(/nvim_eval|ECONNREFUSED|could not|cannot/i);
    }
    for (const outcome of outcomes) {
      if (outcome.status === 'succeeded') expect(outcome.value).toBe(2 * outcome.index);
    }

    await back;
    await pool.warmUp(1);
    const { successful, failed } = await lastValueFrom(
      range(0, 100).pipe(withConnection(pool, double), batchParallel(5)),
    );
    expect(failed).toEqual([]);
    expect(successful).toEqual(doubled.slice(0, 100));
  });

  describe('that accepts and says nothing', () => {
    it('finds it by keepAlive, fails its calls, and is served again when it goes on', async () => {
      const neovim = await start();
      const pool = poolOf(neovim, { max: 2, capacity: 3 }, { keepAlive: { interval: 100, timeout: 100 } });
      // A neovim that gets no CPU time on a busy machine is silent too, and its connection is closed correctly.
      const served = pool.use((connection) => double(connection, 21)).pipe(retry({ delay: 20 }));
      expect(await answerOf(served)).toBe(42);
      await neovim.stop();
      const failure = await failureOf(pool.use((connection) => double(connection, 1)));
      expect(failure.code).toBe('RPC_CONNECTION_LOST');
      expect(failure.message).toMatch(
        /^'nvim_eval' failed: the connection to editor@.* was lost: nothing came in for 100 ms/,
      );
      await until(() => pool.stats.totalConnections === 0);
      neovim.goOn();
      expect(await answerOf(served)).toBe(42);
    });

    it('finds it by acquireTimeout where every connection is taken', async () => {
      const neovim = await start();
      const pool = poolOf(neovim, { max: 1, acquireTimeout: 100 });
      await pool.warmUp();
      await neovim.stop();
      const stuck = pool.use((connection) => double(connection, 21));
      const answer = answerOf(stuck);
      const failure = await failureOf(pool.use((connection) => double(connection, 1)));
      expect(isPoolError(failure, 'POOL_EXHAUSTED')).toBeTrue();
      expect(failure.reason).toBe('timeout');
      neovim.goOn();
      expect(await answer).toBe(42);
    });

    it('finds it by connectTimeout where the kernel takes no more for it', async () => {
      const neovim = await start();
      const pool = poolOf(neovim, { max: 1, connectTimeout: 100, breaker: { failures: 1 } });
      await neovim.stop();
      const sockets = [];
      for (;;) {
        const [host, port] = neovim.target.split(':');
        const socket = createConnection(Number(port), host);
        socket.on('error', () => {});
        sockets.push(socket);
        const connected = new Promise((resolve) => socket.once('connect', () => resolve(true)));
        // Everything that has happened by then is reported before the next immediate.
        const waited = after(150).then(() => new Promise((resolve) => setImmediate(resolve)));
        if (!(await Promise.race([connected, waited]))) break;
      }
      const failure = await failureOf(pool.use((connection) => double(connection, 1)));
      expect(isPoolError(failure, 'CONNECTION_FAILED')).toBeTrue();
      expect(failure.phase).toBe('open');
      expect(failure.message).toContain('100 ms');
      for (const socket of sockets) socket.destroy();
    });
  });

  it('is closed with it: a neovim that quits is not replaced before the next acquire', async () => {
    const first = await start();
    const pool = poolOf(first, { max: 2, breaker: false });
    await pool.warmUp(2);
    const gone = new Promise((resolve) => first.process.once('exit', resolve));
    pool.use((connection) => connection.notify('nvim_command', 'qall!')).subscribe();
    await gone;
    await until(() => pool.stats.totalConnections === 0);
    const failure = await failureOf(pool.use((connection) => double(connection, 1), { acquireTimeout: 200 }));
    expect(isPoolError(failure, 'CONNECTION_FAILED')).toBeTrue();
    await first.again();
    expect(await answerOf(pool.use((connection) => double(connection, 21)).pipe(map(Number)))).toBe(42);
  });
});
