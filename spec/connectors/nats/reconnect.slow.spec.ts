import { firstValueFrom, Subject, take, toArray } from 'rxjs';
import { connectNats, type NatsStatus } from '../../../src/connectors/nats/index';
import { peer } from '../../helpers/peers';
import { until } from '../../helpers/turns';
import { addresses, natsServers, type NatsServer } from './servers';
import { answerOf, failureOf, scene } from './support';

describe('a connection to a cluster whose servers fail', () => {
  const { cluster } = natsServers(peer('nats-server'));
  const { open, serve } = scene();
  const client = { reconnectTimeWait: 20, noRandomize: true };
  let servers: readonly NatsServer[];
  let all: string[];
  beforeEach(async () => {
    servers = await cluster();
    all = addresses(servers);
  });

  /** Until the service is known at every server. */
  async function known(subject: string): Promise<void> {
    for (const server of all) {
      const { connection, close } = await open(server);
      while ((await answerOf(connection.request(subject)).catch(() => undefined)) === undefined);
      close();
    }
  }

  it('gets the reply to a request that was under way when its server was killed', async () => {
    const hold = new Subject<string>();
    await serve(all[2]!, { hold: () => hold.pipe(take(1)), ready: () => true });
    await known('spec.ready');
    const { connection } = await open(all, { client, requestTimeout: 60_000 });
    const reply = answerOf(connection.request('spec.hold'));
    await until(() => hold.observed);
    const back = firstValueFrom(connection.status$.pipe(take(2), toArray()));
    await servers[0]!.kill();
    expect((await back).map(({ type }) => type)).toEqual(['disconnected', 'reconnected']);
    // A reply has come from the service by the new server: so the way back is known.
    expect(await answerOf(connection.request('spec.ready'))).toBe(true);
    hold.next('after the kill');
    expect(await reply).toBe('after the kill');
  });

  it('gets the reply of a service whose server was killed while it worked', async () => {
    const hold = new Subject<string>();
    const service = await serve([all[2]!, all[1]!], { hold: () => hold.pipe(take(1)), ready: () => true }, { client });
    await known('spec.ready');
    const { connection } = await open(all, { client, requestTimeout: 60_000 });
    const reply = answerOf(connection.request('spec.hold'));
    await until(() => hold.observed);
    const lost = firstValueFrom(service.status$);
    await servers[2]!.kill();
    expect((await lost).type).toBe('disconnected');
    // It answers while it is connected to no server: the reply waits for the next one.
    hold.next('kept');
    expect(await reply).toBe('kept');
  });

  it('goes on with a subscription at the next server', async () => {
    const { connection } = await open(all, { client });
    const { connection: other } = await open(all[1]!);
    const got: unknown[] = [];
    connection.subscribe('news').subscribe(({ value }) => got.push(value));
    await answerOf(connection.ping());
    const back = firstValueFrom(connection.status$.pipe(take(2), toArray()));
    await servers[0]!.kill();
    await back;
    while (got.length === 0) await answerOf(other.publish('news', 'still there'));
    expect(got[0]).toBe('still there');
  });

  it('leaves a server that stands still with its socket full, and serves what waits by the next one', async () => {
    await serve(all[1]!, { size: (value: Uint8Array) => value.length, ready: () => true });
    await known('spec.ready');
    const connect = connectNats(all, {
      requestTimeout: 60_000,
      client: { ...client, pingInterval: 100, maxPingOut: 2 },
    });
    const told: NatsStatus['type'][] = [];
    connect.status$.subscribe(({ type }) => told.push(type));
    let reply: Promise<unknown> | undefined;
    let stopped = false;
    const life = connect().subscribe((connection) => {
      servers[0]!.signal('SIGSTOP');
      stopped = true;
      // More than the kernel takes for a reader that does not read.
      for (let i = 0; i < 40; i++)
        connection.request('spec.size', Buffer.alloc(800_000)).subscribe({ error: () => {} });
      reply = answerOf(connection.request('spec.size', Buffer.alloc(7)));
    });
    await until(() => stopped);
    await until(() => told.includes('reconnected'));
    expect(await reply).toBe(7);
    expect(told.filter((type) => type !== 'servers')).toEqual(['stale', 'disconnected', 'reconnected']);
    life.unsubscribe();
  });

  it('says that a request was not sent when it waited for a server all the time', async () => {
    const { connection } = await open(all[0]!, {
      client: { ...client, maxReconnectAttempts: -1, ignoreClusterUpdates: true },
    });
    const lost = firstValueFrom(connection.status$);
    await servers[0]!.kill();
    await lost;
    const error = await failureOf(connection.request('spec.any', 1, { timeout: 30 }));
    expect(error).toEqual(jasmine.objectContaining({ code: 'NATS_TIMEOUT', sent: false }));
    expect(error.message).toContain('was not sent, since no server was connected');
  });
});
