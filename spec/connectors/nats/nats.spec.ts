import { inspect } from 'node:util';
import { connect as connectClient, headers } from '@nats-io/transport-node';
import {
  concatMap,
  config,
  firstValueFrom,
  forkJoin,
  NEVER,
  of,
  Subject,
  take,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { createPool } from '../../../src/index';
import { createLiteCodec, createMsgpackrCodec } from '../../../src/connectors/msgpack-rpc/index';
import { connectNats, NatsServiceError, type NatsStatus } from '../../../src/connectors/nats/index';
import { Packr } from 'msgpackr';
import { peer } from '../../helpers/peers';
import { until } from '../../helpers/turns';
import { natsServers, type NatsServer } from './servers';
import { answerOf, failureOf, scene } from './support';

describe('a connection to a nats-server', () => {
  const program = peer('nats-server');
  const start = natsServers(program);
  const { open, serve, cleanup } = scene();
  let server: NatsServer;
  let at: string;
  beforeEach(async () => {
    server = await start.one();
    at = server.address;
  });

  describe('requests', () => {
    it('sends a value and emits the value of the reply', async () => {
      await serve(at, { echo: (value: unknown) => value });
      const { connection } = await open(at);
      expect(inspect({ connection })).toBe(`{ connection: NatsConnection to ${at} }`);
      expect(JSON.stringify(connection)).toBe(JSON.stringify({ target: at }));
      const values = [1, 'text', null, [1, [2]], { a: { b: true } }, 2n ** 60n, Buffer.from([1, 2]), new Date(5)];
      const replies = await answerOf(forkJoin(values.map((value) => connection.request('spec.echo', value))));
      expect(replies).toEqual(values);
    });

    it('leaves no timer of a request that was answered, has failed or was cancelled', async () => {
      await serve(at, { echo: (value: unknown) => value, never: () => NEVER });
      const { connection } = await open(at, { requestTimeout: 60_000 });
      const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      for (let i = 0; i < 20; i++) await answerOf(connection.request('spec.echo', i));
      for (let i = 0; i < 20; i++) await failureOf(connection.request('spec.nowhere', i));
      for (let i = 0; i < 20; i++) connection.request('spec.never', i).subscribe().unsubscribe();
      // The client has some of its own.
      expect(timers() - before).toBeLessThan(10);
    });

    it('has ended when its value is told: closing the connection then fails it no more', async () => {
      await serve(at, { echo: (value: unknown) => value });
      const { connection, close } = await open(at);
      const told: unknown[] = [];
      await new Promise<void>((resolve) => {
        connection.request('spec.echo', 1).subscribe({
          next: (value) => {
            told.push(value);
            close();
          },
          error: (error: unknown) => {
            told.push(error);
            resolve();
          },
          complete: resolve,
        });
      });
      expect(told).toEqual([1]);
    });

    it('reads what msgpackr writes, and the other way round', async () => {
      const codec = createMsgpackrCodec(Packr);
      await serve(at, { echo: (value: unknown) => value }, { codec });
      const { connection } = await open(at, { codec: createLiteCodec() });
      const value = { lines: ['a', 'b'], count: 2, nested: { at: [1.5, -1] } };
      expect(await answerOf(connection.request('spec.echo', value))).toEqual(value);
    });

    it('takes a codec of its own, such as JSON, for services of another kind', async () => {
      const client = await connectClient({ servers: at });
      cleanup(() => client.close());
      client.subscribe('json', { callback: (_, message) => void message.respond(JSON.stringify([message.json()])) });
      const codec = {
        encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
        decode: (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString()),
      };
      const { connection } = await open(at, { codec });
      await client.flush();
      expect(await answerOf(connection.request('json', { a: 1 }))).toEqual([{ a: 1 }]);
    });

    it('fails at once when no service listens', async () => {
      const { connection } = await open(at, { requestTimeout: Infinity });
      const error = await failureOf(connection.request('spec.nowhere', 1));
      expect(error).toEqual(
        jasmine.objectContaining({
          name: 'NatsNoRespondersError',
          code: 'NATS_NO_RESPONDERS',
          subject: 'spec.nowhere',
        }),
      );
    });

    it('fails when no reply comes in time, and drops a late one', async () => {
      const late = new Subject<string>();
      await serve(at, { late: () => late.pipe(take(1)), echo: (value: unknown) => value });
      const { connection } = await open(at);
      const error = await failureOf(connection.request('spec.late', 1, { timeout: 50 }));
      expect(error).toEqual(jasmine.objectContaining({ code: 'NATS_TIMEOUT', timeout: 50, sent: true }));
      late.next('too late');
      expect(await answerOf(connection.request('spec.echo', 'next'))).toBe('next');
    });

    it('fails with what the service says', async () => {
      await serve(at, {
        fail: () => {
          throw Object.assign(new Error('no such\r\nline'), { code: 404 });
        },
        reject: () => throwError(() => new Error('')),
      });
      const { connection } = await open(at);
      const error = await failureOf(connection.request('spec.fail'));
      expect(error).toEqual(
        jasmine.objectContaining({ code: 'NATS_SERVICE_ERROR', remoteCode: 404, detail: 'no such\\r\\nline' }),
      );
      expect((await failureOf(connection.request('spec.reject'))).remoteCode).toBe(500);
    });

    it('reads the errors of services that are written with the client', async () => {
      const client = await connectClient({ servers: at });
      cleanup(() => client.close());
      client.subscribe('other', {
        callback: (_, message) => {
          const said = headers();
          said.set('Nats-Service-Error', 'out of stock');
          said.set('Nats-Service-Error-Code', '409');
          message.respond(undefined, { headers: said });
        },
      });
      await client.flush();
      const { connection } = await open(at);
      const error = await failureOf(connection.request('other'));
      expect(error).toBeInstanceOf(NatsServiceError);
      expect(error.message).toBe("'other' failed: out of stock");
      expect(error.remoteCode).toBe(409);
    });

    it('is cold, and forgets a request that is unsubscribed', async () => {
      let runs = 0;
      await serve(at, { count: () => ++runs, never: () => NEVER });
      const { connection } = await open(at, { requestTimeout: 60_000 });
      const request = connection.request('spec.count');
      expect(runs).toBe(0);
      connection.request('spec.never').subscribe().unsubscribe();
      expect(await answerOf(request)).toBe(1);
      expect(await answerOf(request)).toBe(2);
    });

    it('carries headers both ways', async () => {
      let seen: unknown;
      await serve(at, {
        echo: (value: unknown, { headers, subject }) => {
          seen = { headers, subject };
          return value;
        },
      });
      const { connection } = await open(at);
      const reply = await answerOf(
        connection.requestMessage('spec.echo', 1, { headers: { Trace: 'a1', Tag: ['b', 'c'] } }),
      );
      expect(seen).toEqual({ headers: { Trace: ['a1'], Tag: ['b', 'c'] }, subject: 'spec.echo' });
      expect(reply).toEqual(jasmine.objectContaining({ value: 1, headers: {} }));
    });

    for (const [what, subject] of [
      ['an empty subject', ''],
      ['a subject with a space', 'a b'],
      ['a subject with a line break', 'a\r\nPUB b 0'],
      ['a subject with a wildcard', 'a.*'],
      ['a subject with an empty part', 'a..b'],
      ['a subject that is no text', 7 as unknown as string],
    ] as const) {
      it(`refuses ${what}, and sends nothing`, async () => {
        const { connection } = await open(at);
        const sent = connection.client.stats().outMsgs;
        expect((await failureOf(connection.request(subject))).message).toMatch(/^The subject /);
        expect((await failureOf(connection.publish(subject))).message).toMatch(/^The subject /);
        expect(connection.client.stats().outMsgs).toBe(sent);
      });
    }

    for (const [what, given] of [
      ['a name with a colon', { 'a:b': 'c' }],
      ['a value with a line break', { a: 'b\r\nc: d' }],
      ['a value that is no text', { a: 1 as unknown as string }],
    ] as const) {
      it(`refuses a header: ${what}`, async () => {
        const { connection } = await open(at);
        const error = await failureOf(connection.request('spec.echo', 1, { headers: given }));
        expect(error.message).toMatch(/header/i);
      });
    }

    it('refuses a value that cannot be sent, and one that is larger than the server takes', async () => {
      await serve(at, { echo: (value: unknown) => value, large: () => Buffer.alloc(2_000_000) });
      const { connection } = await open(at);
      expect((await failureOf(connection.request('spec.echo', Symbol('s')))).code).toBe('NATS_ENCODE');
      const tooLarge = await failureOf(connection.request('spec.echo', Buffer.alloc(2_000_000)));
      expect(tooLarge.code).toBe('NATS_TOO_LARGE');
      const answer = await failureOf(connection.request('spec.large'));
      expect(answer.code).toBe('NATS_SERVICE_ERROR');
      expect(await answerOf(connection.request('spec.echo', 'as good as before'))).toBe('as good as before');
    });

    it('fails what is under way when this side closes', async () => {
      await serve(at, { never: () => NEVER });
      const { connection, close } = await open(at);
      const failed = failureOf(connection.request('spec.never'));
      close();
      expect(await failed).toEqual(jasmine.objectContaining({ code: 'NATS_CONNECTION_CLOSED', sent: true }));
      expect(await failureOf(connection.request('spec.never'))).toEqual(
        jasmine.objectContaining({ code: 'NATS_CONNECTION_CLOSED', sent: false }),
      );
    });
  });

  describe('messages', () => {
    it('publishes to each subscriber, and to one of a queue group', async () => {
      const { connection } = await open(at);
      const { connection: other } = await open(at);
      const all: unknown[] = [];
      const group: unknown[] = [];
      const seen = (into: unknown[]) => tap(({ value }: { value: unknown }) => into.push(value));
      other.subscribe('news.*').pipe(seen(all)).subscribe();
      other.subscribe('news.>', { queue: 'g' }).pipe(seen(group)).subscribe();
      other.subscribe('news.a', { queue: 'g' }).pipe(seen(group)).subscribe();
      await answerOf(other.ping());
      for (let i = 0; i < 20; i++) await answerOf(connection.publish('news.a', i));
      await answerOf(other.ping());
      const expected = Array.from({ length: 20 }, (_, i) => i);
      expect(all).toEqual(expected);
      expect([...group].sort((a, b) => Number(a) - Number(b))).toEqual(expected);
    });

    it('unsubscribes at the server', async () => {
      const { connection } = await open(at);
      const got = answerOf(connection.subscribe('once').pipe(take(2), toArray()));
      await answerOf(connection.ping());
      for (let i = 0; i < 5; i++) await answerOf(connection.publish('once', i, { headers: { N: String(i) } }));
      expect((await got).map(({ value, headers: { N } }) => [value, N])).toEqual([
        [0, ['0']],
        [1, ['1']],
      ]);
      await answerOf(connection.ping());
      expect((await failureOf(connection.request('once', 1))).code).toBe('NATS_NO_RESPONDERS');
    });

    it('replies to a message that waits for a reply', async () => {
      const { connection } = await open(at);
      const responded = answerOf(
        connection.subscribe('ask').pipe(
          take(1),
          concatMap((message) => connection.respond(message, [message.value], { headers: { By: 'hand' } })),
          toArray(),
        ),
      );
      await answerOf(connection.ping());
      const reply = await answerOf(connection.requestMessage('ask', 7));
      expect([reply.value, reply.headers['By']]).toEqual([[7], ['hand']]);
      expect(await responded).toEqual([]);
      expect(() => connection.respond({ subject: 'a', value: 1, headers: {}, reply: undefined })).toThrowError(
        TypeError,
      );
    });

    it('completes subscriptions when this side closes', async () => {
      const { connection, close } = await open(at);
      const ended = answerOf(connection.subscribe('a').pipe(toArray()));
      const statuses = answerOf(connection.status$.pipe(toArray()));
      close();
      expect(await ended).toEqual([]);
      expect(await statuses).toEqual([]);
      expect(await answerOf(connection.subscribe('a').pipe(toArray()))).toEqual([]);
    });

    it('goes on when a subscriber throws', async () => {
      await serve(at, { echo: (value: unknown) => value });
      const { connection } = await open(at);
      const thrown = new Promise((resolve) => (config.onUnhandledError = resolve));
      cleanup(() => (config.onUnhandledError = null));
      connection.request('spec.echo', 1).subscribe(() => {
        throw new Error('of the subscriber');
      });
      expect(await thrown).toEqual(new Error('of the subscriber'));
      expect(await answerOf(connection.request('spec.echo', 2))).toBe(2);
    });
  });

  describe('as a member of a pool', () => {
    it('carries as many requests at once as its capacity, and no more', async () => {
      let most = 0;
      let now = 0;
      await serve(at, {
        work: () => {
          most = Math.max(most, ++now);
          return timer(5).pipe(tap(() => now--));
        },
      });
      const pool = createPool({ connect: connectNats(at), max: 1, capacity: 20 });
      cleanup(() => pool.destroy({ timeout: 0 }));
      await answerOf(forkJoin(Array.from({ length: 200 }, () => pool.use((nats) => nats.request('spec.work')))));
      expect(most).toBe(20);
      expect(pool.stats.opened).toBe(1);
    });

    it('validates by a ping', async () => {
      const pool = createPool({ connect: connectNats(at), max: 1, validate: (nats) => nats.ping(), validateAfter: 0 });
      cleanup(() => pool.destroy({ timeout: 0 }));
      await answerOf(pool.use((nats) => nats.publish('a', 1)));
      expect(await answerOf(pool.use((nats) => of(nats.server)))).toBe(at);
      expect(pool.stats.opened).toBe(1);
    });

    it('reports a connect that fails, with its cause', async () => {
      await server.kill();
      const error = await failureOf(connectNats(at)());
      expect(error.code).toBe('NATS_CONNECT_FAILED');
      expect(error.message).toContain(at);
      expect(error.cause).toBeInstanceOf(Error);
    });

    it('closes a connection that comes too late', async () => {
      const connect = connectNats(at);
      const monitor = await connectClient({ servers: at });
      cleanup(() => monitor.close());
      connect().subscribe().unsubscribe();
      await firstValueFrom(connect());
      const next = await connectClient({ servers: at });
      cleanup(() => next.close());
      // Client ids count up: the two above had the previous ids. They do not keep this process alive.
      // More on a busy machine, where the client tries a connect again.
      expect(next.info!.client_id - monitor.info!.client_id).toBeGreaterThanOrEqual(3);
    });
  });

  it('tells the pool, in its events and by status$, that the server was lost and is back', async () => {
    await serve(at, { echo: (value: unknown) => value });
    const connect = connectNats(at, { client: { reconnectTimeWait: 50 } });
    const told: string[] = [];
    connect.status$.subscribe(({ type }) => told.push(type));
    const pool = createPool({ connect, max: 1, capacity: 10 });
    cleanup(() => pool.destroy({ timeout: 0 }));
    const noticed: unknown[] = [];
    pool.events$.subscribe((event) => {
      if (event.type === 'notice') noticed.push([event.connection, (event.notice as NatsStatus).type]);
    });
    expect(await answerOf(pool.use((nats) => nats.request('spec.echo', 1)))).toBe(1);
    await server.kill();
    await until(() => told.includes('disconnected'));
    // It waits for the server, and leaves once; the service is available again at about the same time.
    const retried = pool.use((nats) => nats.publish('anything', 2).pipe(toArray()));
    const published = answerOf(retried);
    await server.start();
    expect(await published).toEqual([]);
    expect(told).toContain('reconnected');
    expect(noticed).toEqual(told.map((type) => [1, type]));
    expect(pool.stats.opened).toBe(1);
  });

  it('refuses a server without TLS, where it was asked for', async () => {
    expect((await failureOf(connectNats(`tls://${at}`)())).code).toBe('NATS_CONNECT_FAILED');
  });

  it('leaves the reconnect to the pool with reconnect: false, which tells it by its own events', async () => {
    await serve(at, { never: () => NEVER });
    const pool = createPool({ connect: connectNats(at, { client: { reconnect: false } }), max: 1, capacity: 10 });
    cleanup(() => pool.destroy({ timeout: 0 }));
    const told: string[] = [];
    pool.events$.subscribe((event) => told.push(event.type === 'evicted' ? `evicted: ${event.reason}` : event.type));
    const failed = failureOf(pool.use((nats) => nats.request('spec.never', 1, { timeout: Infinity })));
    await until(() => told.includes('acquired'));
    await answerOf(pool.use((nats) => nats.ping()));
    await server.kill();
    expect((await failed).code).toBe('NATS_CONNECTION_LOST');
    await server.start();
    expect(await answerOf(pool.use((nats) => nats.ping()))).toBe(true);
    expect(told).toContain('evicted: lost');
    expect(told.filter((type) => type === 'opened').length).toBe(2);
  });

  it('ends with an error when the client stops reconnecting, and what waits fails unsent', async () => {
    const { connection, ended } = await open(at, { client: { reconnectTimeWait: 10, maxReconnectAttempts: 2 } });
    const subscribed = failureOf(connection.subscribe('a'));
    const disconnected = firstValueFrom(connection.status$);
    await server.kill();
    expect((await disconnected).type).toBe('disconnected');
    const waits = failureOf(connection.request('a', 1, { timeout: Infinity }));
    expect(await ended).toEqual(jasmine.objectContaining({ code: 'NATS_CONNECTION_LOST', cause: jasmine.any(Error) }));
    expect(await waits).toEqual(jasmine.objectContaining({ code: 'NATS_CONNECTION_LOST', sent: false }));
    expect(await subscribed).toEqual(jasmine.objectContaining({ code: 'NATS_CONNECTION_LOST' }));
  });
});
