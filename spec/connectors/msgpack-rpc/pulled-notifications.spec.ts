import { RpcBacklogError, type RpcNotification } from '../../../src/connectors/msgpack-rpc/index';
import { until } from '../../helpers/turns';
import { failureOf, scene } from './support';

describe('notifications that are pulled', () => {
  const { open, rawServer } = scene();

  async function connected(maxBacklogBytes?: number) {
    const { target, clients } = await rawServer(() => {});
    const limits = maxBacklogBytes === undefined ? {} : { limits: { maxUnsentBytes: 1, maxBacklogBytes } };
    const { connection, close } = await open(target, limits);
    await until(() => clients.length === 1);
    let seen = 0;
    connection.notifications$.subscribe(() => seen++);
    const tell = async (count: number, param: unknown = 'x'): Promise<void> => {
      const before = seen;
      clients[0]!.send(...Array.from({ length: count }, (_, i) => [2, 'told', [i, param]]));
      await until(() => seen === before + count);
    };
    return { connection, peer: clients[0]!, tell, close };
  }
  const indexOf = ({ params }: RpcNotification): number => params[0] as number;

  it('are kept until they are, in order, and end with the connection', async () => {
    const { connection, peer, tell } = await connected();
    const pulled = connection.pullNotifications();
    const first = pulled.next();
    await tell(1_000);
    expect((await first).value).toEqual({ method: 'told', params: [0, 'x'] });
    peer.socket.end();
    const rest: number[] = [];
    for await (const notification of pulled) rest.push(indexOf(notification));
    expect(rest).toEqual(Array.from({ length: 999 }, (_, i) => i + 1));
    expect(await connection.pullNotifications().next()).toEqual({ done: true, value: undefined });
  });

  it('are kept up to maxBacklogBytes; a consumer that is too slow gets those, and an error that counts the others', async () => {
    const { connection, tell } = await connected(100_000);
    const pulled = connection.pullNotifications();
    const other = connection.pullNotifications();
    void other.return?.();
    await tell(500, 'x'.repeat(1_000));
    const kept: number[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const notification of pulled) kept.push(indexOf(notification));
      })(),
    );
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => i));
    // A text of 1,000 bytes counts as 1,000 letters of two.
    expect(kept.length).toBeGreaterThan(40);
    expect(kept.length).toBeLessThan(50);
    expect(failure).toBeInstanceOf(RpcBacklogError);
    expect(failure.message).toMatch(
      new RegExp(
        `^127\\.0\\.0\\.1:\\d+ sent ${500 - kept.length} notifications that were dropped: .*\\(maxBacklogBytes\\)$`,
      ),
    );
    expect(await pulled.next()).toEqual({ done: true, value: undefined });
    // A later subscriber gets the notifications from then on, and the connection still works.
    const again = connection.pullNotifications();
    await tell(2);
    expect(indexOf((await again.next()).value as RpcNotification)).toBe(0);
  });

  it('are counted for more than what they become where they are small', async () => {
    const { connection, tell } = await connected(100_000);
    const pulled = connection.pullNotifications();
    await tell(5_000);
    let kept = 0;
    await failureOf(
      (async () => {
        for await (const _ of pulled) kept++;
      })(),
    );
    expect(kept).toBeGreaterThan(250);
    expect(kept).toBeLessThan(1_000);
  });

  it('are counted for what they become, where that is more than their bytes', async () => {
    const { connection, tell, close } = await connected(1_000_000);
    const pulled = connection.pullNotifications();
    // 1,000 empty maps, which are about 1 KiB on the wire and 100 KiB in memory.
    await tell(
      50,
      Array.from({ length: 1_000 }, () => ({})),
    );
    close();
    let kept = 0;
    const failure = await (async () => {
      for await (const _ of pulled) kept++;
    })().catch((error: unknown) => error);
    expect(kept).toBe(10);
    expect(failure).toBeInstanceOf(RpcBacklogError);
  });

  it('end at once for a consumer that leaves, and for every pull that waits when the connection does', async () => {
    const { connection, tell, close } = await connected();
    const left = connection.pullNotifications();
    const waiting = [left.next(), left.next()];
    await left.return?.();
    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ done: true, value: undefined }));
    await tell(1);
    expect(await left.next()).toEqual({ done: true, value: undefined });
    const pulled = connection.pullNotifications();
    const next = pulled.next();
    close();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
