import { EventEmitter } from 'node:events';
import { firstValueFrom, NEVER, Observable } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool, PoolEvent, PoolOptions } from '../../src/index';
import { poolError } from '../helpers/marbles';

const broken = new Error('broken pipe');

/** A pool with one idle connection. */
async function poolOf<C>(
  connection: C,
  options: Partial<PoolOptions<C>> = {},
): Promise<{ pool: ConnectionPool<C>; lost: unknown[] }> {
  const pool = createPool<C>({ connect: () => Promise.resolve(connection), max: 1, ...options });
  const lost: unknown[] = [];
  pool.events$.subscribe((event: PoolEvent) => {
    if (event.type === 'evicted') lost.push([event.reason, (event.error as Error | undefined)?.message]);
  });
  await pool.warmUp(1);
  return { pool, lost };
}

describe('the loss of a connection that is an EventEmitter', () => {
  for (const [event, ...values] of [['error', broken], ['end'], ['close']] as const) {
    it(`from a promise is reported by its event '${event}', without the option lost`, async () => {
      const client = new EventEmitter();
      const { pool, lost } = await poolOf(client);
      client.emit(event, ...values);
      expect(lost).toEqual([['lost', event === 'error' ? 'broken pipe' : `it emitted '${event}'`]]);
      await pool.destroy();
    });
  }

  it('fails its work, with the error of the event as the cause', async () => {
    const client = new EventEmitter();
    const { pool } = await poolOf(client);
    const failed = firstValueFrom(pool.use(() => NEVER)).catch((error: unknown) => error);
    client.emit('error', broken);
    expect(await failed).toEqual(poolError('CONNECTION_FAILED', { phase: 'use', cause: broken }));
    await pool.destroy();
  });

  it('is reported once, whatever is emitted afterwards, also after the connection is closed', async () => {
    const client = new EventEmitter();
    const { pool, lost } = await poolOf(client);
    for (const event of ['error', 'error', 'end', 'close']) client.emit(event, broken);
    await pool.destroy();
    client.emit('error', broken);
    expect(lost).toEqual([['lost', 'broken pipe']]);
  });

  it('is reported by the events that the option lost names; an error that it does not name is heard', async () => {
    const client = new EventEmitter();
    const { pool, lost } = await poolOf(client, { lost: ['exit'] });
    for (const event of ['error', 'end', 'close']) client.emit(event, broken);
    expect(lost).toEqual([]);
    client.emit('exit', 1);
    expect(lost).toEqual([['lost', "it emitted 'exit'"]]);
    await pool.destroy();
  });

  it('is reported by the function lost alone, but an error does not end the process', async () => {
    const client = new EventEmitter();
    const { pool, lost } = await poolOf(client, { lost: () => NEVER });
    for (const event of ['error', 'end', 'close']) client.emit(event, broken);
    expect(lost).toEqual([]);
    await pool.destroy();
  });

  it('leaves one listener behind, also on a client that is opened repeatedly', async () => {
    const client = new EventEmitter();
    for (let round = 0; round < 3; round++) await (await poolOf(client)).pool.destroy();
    expect(client.eventNames()).toEqual(['error']);
    expect(client.listenerCount('error')).toBe(1);
  });

  it('is not watched where a connector is an Observable: it ends by itself, and has its own listeners', async () => {
    const client = new EventEmitter();
    const connect = (): Observable<EventEmitter> => new Observable((subscriber) => subscriber.next(client));
    const { pool, lost } = await poolOf(client, { connect });
    expect(client.eventNames()).toEqual([]);
    client.emit('end');
    expect(lost).toEqual([]);
    await pool.destroy();
    const named = await poolOf(client, { connect, lost: ['end'] });
    client.emit('end');
    expect(named.lost).toEqual([['lost', "it emitted 'end'"]]);
    await named.pool.destroy();
  });

  it('cannot end the process while a connection is closed that came too late', async () => {
    const client = new EventEmitter();
    let open!: (client: EventEmitter) => void;
    const closed: EventEmitter[] = [];
    const pool = createPool({
      max: 1,
      connect: () => new Promise<EventEmitter>((resolve) => (open = resolve)),
      close: (late) => {
        late.emit('error', broken);
        closed.push(late);
      },
    });
    const warm = pool.warmUp(1).catch((error: unknown) => error);
    const destroyed = pool.destroy();
    open(client);
    await Promise.all([warm, destroyed]);
    expect(closed).toEqual([client]);
  });
});

describe('the loss of a connection that is no EventEmitter', () => {
  it('is reported by the events of an EventTarget that the option lost names, and its listeners are removed', async () => {
    const socket = new EventTarget();
    const removed = spyOn(socket, 'removeEventListener').and.callThrough();
    const { pool, lost } = await poolOf(socket, { lost: ['close', 'error'] });
    socket.dispatchEvent(new Event('close'));
    expect(lost).toEqual([['lost', "it emitted 'close'"]]);
    await pool.destroy();
    expect(removed.calls.allArgs().map(([event]) => event)).toEqual(['close', 'error']);
  });

  it('cannot be reported by events that it does not have: the connect fails, and says what to do', async () => {
    const pool = createPool({
      connect: () => Promise.resolve('c'),
      max: 1,
      lost: ['end', 'error'],
      breaker: { failures: 1 },
    });
    await expectAsync(firstValueFrom(pool.use(() => NEVER))).toBeRejectedWith(
      poolError('CONNECTION_FAILED', {
        cause: new TypeError(
          "lost names the events 'end', 'error', but the connection has neither on() nor addEventListener(): give a function that reports the loss",
        ),
      }),
    );
    await pool.destroy();
  });

  it('leaves the proxy of a remote object alone, which answers to any name', async () => {
    const asked: PropertyKey[] = [];
    const remote = new Proxy((): undefined => undefined, {
      get: (_, name) => {
        asked.push(name);
        return name === 'then' ? undefined : () => undefined;
      },
    });
    const { pool } = await poolOf<unknown>(remote);
    await pool.destroy();
    expect(asked.filter((name) => name !== 'then')).toEqual([]);
  });
});
