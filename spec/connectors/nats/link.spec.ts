import type { NatsConnection as Client, Status } from '@nats-io/transport-node';
import { Subject } from 'rxjs';
import { ClientConnection } from '../../../src/connectors/nats/client-connection';
import { natsLimits } from '../../../src/connectors/nats/limits';
import { Link, type Outgoing } from '../../../src/connectors/nats/link';
import { createLiteCodec } from '../../../src/connectors/msgpack-rpc/index';
import { failureOf } from './support';

/** A client whose server is away, is back, and confirms, when the spec says so. */
function scriptedClient() {
  const statuses = new Subject<Status>();
  const published: string[] = [];
  const flushes: { resolve(): void; reject(error: Error): void }[] = [];
  const client = {
    info: undefined,
    getServer: () => 'server',
    publish: (subject: string) => void published.push(subject),
    subscribe: () => ({ unsubscribe: () => undefined }),
    flush: () => new Promise<void>((resolve, reject) => flushes.push({ resolve, reject })),
    status: () => ({
      async *[Symbol.asyncIterator]() {
        const waiting: Status[] = [];
        let wake = (): void => undefined;
        statuses.subscribe((status) => {
          waiting.push(status);
          wake();
        });
        for (;;) {
          for (let status = waiting.shift(); status !== undefined; status = waiting.shift()) yield status;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    }),
  } as unknown as Client;
  const tell = async (type: 'disconnect' | 'reconnect'): Promise<void> => {
    statuses.next({ type, server: 'server' });
    await turn();
  };
  return { client, published, flushes, tell };
}

/** So that promises that were resolved have called back. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ignore = (): void => undefined;

describe('what is sent to a NATS server', () => {
  const limits = { ...natsLimits, maxUnsentBytes: 2_000, maxBacklogBytes: 2_000 };
  const errors: unknown[] = [];
  const message = (subject: string, bytes = 1_000): Outgoing => ({
    subject,
    payload: new Uint8Array(bytes),
    options: undefined,
    sent: false,
    onFailed: (error) => errors.push(error),
  });

  beforeEach(() => {
    errors.length = 0;
  });

  async function away() {
    const scripted = scriptedClient();
    const link = new Link(scripted.client, 'target', limits, ignore, ignore);
    await turn();
    await scripted.tell('disconnect');
    return { ...scripted, link };
  }

  it('leaves space in the backlog when it is taken back', async () => {
    const { link } = await away();
    for (let i = 0; i < 10; i++) {
      const waiting = message(`${i}`);
      link.send(waiting);
      link.drop(waiting);
    }
    expect(errors).toEqual([]);
  });

  it('leaves space in the backlog when it has left', async () => {
    const { link, tell, flushes, published } = await away();
    for (let i = 0; i < 10; i++) {
      link.send(message(`${i}`));
      await tell('reconnect');
      flushes.shift()?.resolve();
      await turn();
      await tell('disconnect');
    }
    expect(errors).toEqual([]);
    expect(published.length).toBe(10);
  });

  it('fails where it waits when the connection ends, and was not sent', async () => {
    const { link, published } = await away();
    link.send(message('a'));
    link.end(true, undefined);
    expect(errors).toEqual([jasmine.objectContaining({ code: 'NATS_CONNECTION_CLOSED', subject: 'a', sent: false })]);
    expect(published).toEqual([]);
  });

  it('goes on after a connection that was lost before its server had confirmed what came before', async () => {
    const { client, published, flushes } = scriptedClient();
    const link = new Link(client, 'target', limits, ignore, ignore);
    for (const subject of ['a', 'b', 'c', 'd']) link.send(message(subject));
    await turn();
    expect(published).toEqual(['a', 'b']);
    flushes.shift()!.reject(new Error('lost'));
    await turn();
    expect(published).toEqual(['a', 'b', 'c', 'd']);
  });

  describe('by a connection', () => {
    const connect = () => {
      const scripted = scriptedClient();
      const config = {
        target: 'target',
        codec: createLiteCodec(),
        limits,
        requestTimeout: 1_000,
        inboxPrefix: undefined,
      };
      return { ...scripted, connection: new ClientConnection(scripted.client, config, ignore, ignore) };
    };

    it('is taken back when it is unsubscribed while it waits', async () => {
      const { connection, tell, published } = connect();
      await turn();
      await tell('disconnect');
      connection.publish('unsubscribed', 1).subscribe().unsubscribe();
      connection.publish('kept', 1).subscribe();
      await tell('reconnect');
      expect(published).toEqual(['kept']);
    });

    it('fails with the cause when it is not confirmed', async () => {
      const { connection, flushes } = connect();
      const cause = new Error('lost');
      const failed = failureOf(connection.publish('a', 1));
      await turn();
      flushes.shift()!.reject(cause);
      expect(await failed).toEqual(
        jasmine.objectContaining({ code: 'NATS_CONNECTION_LOST', subject: 'a', sent: true }),
      );
      expect(((await failed) as Error).cause).toBe(cause);
    });

    it('is kept by nothing when it is confirmed, has failed or was unsubscribed', async () => {
      const { connection, flushes } = connect();
      const listeners = (): number =>
        (connection.link as unknown as { readonly endListeners: ReadonlySet<unknown> }).endListeners.size;
      const before = listeners();
      const failed = failureOf(connection.publish('failed', 1));
      await turn();
      flushes.shift()!.reject(new Error('lost'));
      await failed;
      connection.ping().subscribe().unsubscribe();
      connection.publish('confirmed', 1).subscribe();
      expect(listeners()).toBe(before + 1);
      await turn();
      flushes.shift()!.resolve();
      await turn();
      expect(listeners()).toBe(before);
    });
  });
});
