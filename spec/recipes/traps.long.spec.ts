import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { createClient } from 'redis';
import { WebSocket, WebSocketServer } from 'ws';
import { mariaDb } from '../helpers/mariadb';
import { postgresql } from '../helpers/postgres';
import { redisServer } from '../helpers/redis';

const ignored = (): undefined => undefined;

/** What the pages of the recipes say under "Traps" of the drivers themselves: no pool is part of it. */
describe('a trap of a driver:', () => {
  describe('pg', () => {
    const server = postgresql();
    const connect = async (): Promise<Client> => {
      const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = server().env;
      const client = new Client({ host, port: Number(port), user, database });
      await client.connect();
      return client;
    };
    const idOf = (client: Client): number => (client as Client & { processID: number }).processID;

    it('a cancel that arrives late stops the next query of the session', async () => {
      const [client, admin] = await Promise.all([connect(), connect()]);
      await client.query('select 1');
      // It was meant for the query that has ended.
      const next = client.query('select pg_sleep(60)').catch((error: unknown) => (error as { code: string }).code);
      const active = `select from pg_stat_activity where pid = $1 and state = 'active'`;
      while ((await admin.query(active, [idOf(client)])).rowCount === 0);
      await admin.query('select pg_cancel_backend($1)', [idOf(client)]);
      expect(await next).toBe('57014');
      await Promise.all([client.end(), admin.end()]);
    });

    it('an idle client whose session is ended emits error, for which it has no listener of its own', async () => {
      const [client, admin] = await Promise.all([connect(), connect()]);
      expect(client.listenerCount('error')).toBe(0);
      const lost = new Promise<void>((resolve) => client.once('end', resolve));
      const errors: Error[] = [];
      client.on('error', (error) => errors.push(error));
      await admin.query('select pg_terminate_backend($1)', [idOf(client)]);
      await lost;
      expect(errors.length).toBeGreaterThan(0);
      await admin.end();
    });

    it('a second query before the first has ended is queued by the client', async () => {
      const client = await connect();
      const order: number[] = [];
      await Promise.all([0.05, 0].map((s, i) => client.query('select pg_sleep($1)', [s]).then(() => order.push(i))));
      expect(order).toEqual([0, 1]);
      await client.end();
    });
  });

  describe('mysql2', () => {
    const server = mariaDb();

    it('the state is undefined on a connection of promises, and is a property of its connection', async () => {
      const client = await createConnection({ host: '127.0.0.1', port: server().port, user: 'root' });
      const { state, connection } = client as unknown as { state: unknown; connection: { state: unknown } };
      expect(state).toBeUndefined();
      expect(connection.state).toBe('authenticated');
      await client.end();
    });
  });

  describe('ioredis', () => {
    const server = redisServer();
    const open = (): Redis => new Redis({ host: '127.0.0.1', port: server().port, lazyConnect: true });

    it('commands are sent again after a reconnect unless that is turned off', () => {
      const client = open();
      expect(client.options.autoResendUnfulfilledCommands).toBeTrue();
      client.disconnect();
    });

    it('exec() resolves although a command has failed, with the error in its result, and with null if a watched key has changed', async () => {
      const [client, other] = [open(), open()];
      await client.set('text', 'a');
      const results = await client.multi().incr('text').set('after', '1').exec();
      expect(results![0]![0]).toBeInstanceOf(Error);
      expect(results![1]).toEqual([null, 'OK']);
      await client.watch('text');
      await other.set('text', 'b');
      expect(await client.multi().set('after', '2').exec()).toBeNull();
      client.disconnect();
      other.disconnect();
    });
  });

  describe('redis', () => {
    const server = redisServer();
    const open = async () => {
      const client = createClient({ socket: { host: '127.0.0.1', port: server().port, reconnectStrategy: false } });
      client.on('error', ignored);
      await client.connect();
      return client;
    };
    const database = async (client: Awaited<ReturnType<typeof open>>): Promise<string> =>
      /db=(\d+)/.exec(await client.sendCommand<string>(['CLIENT', 'INFO']))![1]!;

    it('reset() selects the database of the last caller again', async () => {
      const client = await open();
      await client.select(3);
      await client.reset();
      expect(await database(client)).toBe('3');
      client.destroy();
    });

    it('exec() rejects if a command has failed, or a watched key has changed', async () => {
      const [client, other] = await Promise.all([open(), open()]);
      await client.set('text', 'a');
      await expectAsync(client.multi().incr('text').exec()).toBeRejected();
      await client.watch('text');
      await other.set('text', 'b');
      await expectAsync(client.multi().set('after', '2').exec()).toBeRejectedWithError(/watched keys/);
      client.destroy();
      other.destroy();
    });

    it('an AbortSignal does not cancel a command that was sent', async () => {
      const [client, other] = await Promise.all([open(), open()]);
      const abort = new AbortController();
      const popped = client.withAbortSignal(abort.signal).blPop('nothing yet', 0);
      let blocked = '0';
      while (blocked === '0') blocked = /blocked_clients:(\d+)/.exec(await other.info('clients'))![1]!;
      abort.abort();
      await other.rPush('nothing yet', 'job');
      expect((await popped)!.element).toBe('job');
      client.destroy();
      other.destroy();
    });
  });

  describe('ws', () => {
    it('terminate() before the socket is open emits an error', async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(server, 'listening');
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
      const failed = once(socket, 'error');
      socket.terminate();
      expect(((await failed) as [Error])[0].message).toContain('before the connection was established');
      server.close();
    });

    it('send() on a socket that is closing throws nothing and sends nothing', async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      const received: unknown[] = [];
      server.on('connection', (peer) => peer.on('message', (message) => received.push(message)));
      await once(server, 'listening');
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
      await once(socket, 'open');
      const closed = once(socket, 'close');
      socket.close();
      socket.send('too late');
      await closed;
      expect(received).toEqual([]);
      server.close();
    });
  });
});
