import { Subject } from 'rxjs';
import { builtinMethods, connectNode, RpcConnectionError } from '../../../src/connectors/msgpack-rpc/index';
import { createPool } from '../../../src/index';
import { until } from '../../helpers/turns';
import { after, answerOf, pack, scene, type RawPeer } from './support';

/** Clients that keep their connection without using it, and the reaction of a node. */
describe('a node and its silent clients', () => {
  const { open, serve, rawClient, cleanup } = scene();
  const silentClients = (target: string, count: number): Promise<RawPeer[]> =>
    Promise.all(Array.from({ length: count }, () => rawClient(target)));

  async function faultsOf(options: Partial<Parameters<typeof serve>[0]>) {
    const node = await serve({ methods: builtinMethods, ...options });
    const faults: Error[] = [];
    node.faults$.subscribe((fault) => faults.push(fault));
    return { node, faults };
  }

  it('closes one that has asked nothing for the idleTimeout, and says so in faults$', async () => {
    const { node, faults } = await faultsOf({ idleTimeout: 100 });
    const asked = await open(node.target);
    expect(await answerOf(asked.connection.call('echo', 1))).toBe(1);
    const { ended } = await open(node.target);
    expect(await ended).toBe('complete');
    expect(faults[0]).toBeInstanceOf(RpcConnectionError);
    expect(faults[0]!.message).toMatch(
      /^127\.0\.0\.1:\d+ was closed by this node: it sent no request for 100 ms \(idleTimeout\)\.$/,
    );
    await after(150);
    expect(await answerOf(asked.connection.call('echo', 2))).toBe(2);
    expect(faults.length).toBe(1);
    expect(node.connections$.value).toBe(1);
  });

  it('takes the bytes of a request for silence until the request is whole', async () => {
    const { node } = await faultsOf({ idleTimeout: 200 });
    const slow = await rawClient(node.target);
    const request = pack([0, 1, 'echo', ['x'.repeat(500)]]);
    for (let sent = 0; sent < request.length && !slow.closed; sent++) {
      slow.bytes(request.subarray(sent, sent + 1));
      await after(10);
    }
    expect(slow.closed).toBeTrue();
  });

  it('waits for ever with an idleTimeout of Infinity, and for a minute unless told otherwise', async () => {
    for (const options of [{ idleTimeout: Infinity }, {}]) {
      const { node } = await faultsOf(options);
      const silent = await rawClient(node.target);
      await after(100);
      expect(silent.closed).toBeFalse();
      expect(node.connections$.value).toBe(1);
    }
  });

  it('has one timer for all of them, and none that keeps the process alive', async () => {
    const { node } = await faultsOf({ idleTimeout: 60_000 });
    const timers = spyOn(globalThis, 'setTimeout').and.callThrough();
    const alive = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = alive();
    await silentClients(node.target, 50);
    expect(timers.calls.all().filter(({ args }) => args[1] === 60_000).length).toBe(1);
    await Promise.resolve();
    expect(alive()).toBeLessThanOrEqual(before);
  });

  it('closes the one that has been silent longest when there is no place for another', async () => {
    const { node, faults } = await faultsOf({ limits: { maxConnections: 3 } });
    const clients: RawPeer[] = [];
    const ask = async (client: RawPeer): Promise<void> => {
      const { length } = client.messages;
      client.send([0, 1, 'echo', [1]]);
      await until(() => client.messages.length > length);
    };
    for (let i = 0; i < 3; i++) {
      clients.push(await rawClient(node.target));
      await ask(clients[i]!);
    }
    await ask(clients[0]!);
    clients.push(await rawClient(node.target));
    await until(() => clients[1]!.closed);
    expect(clients.map(({ closed }) => closed)).toEqual([false, true, false, false]);
    expect(faults.map(({ message }) => message)).toEqual([
      jasmine.stringMatching(
        /^127\.0\.0\.1:\d+ was closed by this node: more than 3 clients connected, and it had been silent longest \(maxConnections\)\.$/,
      ),
    ]);
    expect(node.connections$.value).toBe(3);
    // A connection without any request has been silent longer than any connection with one.
    await rawClient(node.target);
    await until(() => clients[3]!.closed);
    expect(clients.map(({ closed }) => closed)).toEqual([false, true, false, true]);
    expect(node.connections$.value).toBe(3);
  });

  it('closes none with a call in work while others are silent, and counts silence from when it was answered', async () => {
    const gate = new Subject<number>();
    const { node } = await faultsOf({
      methods: { wait: () => gate, echo: (value: unknown) => value },
      limits: { maxConnections: 2 },
    });
    const waiting = await rawClient(node.target);
    waiting.send([0, 1, 'wait', []], [0, 2, 'echo', [2]]);
    await until(() => waiting.messages.length === 1);
    const other = await rawClient(node.target);
    other.send([0, 1, 'echo', [1]]);
    await until(() => other.messages.length === 1);
    const third = await rawClient(node.target);
    await until(() => other.closed);
    third.send([0, 1, 'echo', [1]]);
    await until(() => third.messages.length === 1);
    gate.complete();
    await until(() => waiting.messages.length === 2);
    await rawClient(node.target);
    await until(() => third.closed);
    expect(waiting.closed).toBeFalse();
  });

  it('never has more clients than maxConnections, however many come in one turn', async () => {
    const { node } = await faultsOf({ limits: { maxConnections: 20 } });
    const counts: number[] = [];
    node.connections$.subscribe((count) => counts.push(count));
    const silent = await silentClients(node.target, 300);
    await until(() => silent.filter(({ closed }) => closed).length === 280);
    expect(Math.max(...counts)).toBe(20);
  });

  it('serves a good client among 2,000 silent ones, one that was there and one that comes: every call is answered', async () => {
    const { node } = await faultsOf({ limits: { maxConnections: 100 } });
    const early = createPool({ connect: connectNode(node.target), max: 2 });
    const late = createPool({ connect: connectNode(node.target), max: 2, maxUses: 5 });
    cleanup(() => Promise.all([early.destroy({ timeout: 0 }), late.destroy({ timeout: 0 })]));
    expect(await answerOf(early.use((worker) => worker.call('echo', 0)))).toBe(0);
    const silent: RawPeer[] = [];
    for (let i = 0; i < 40; i++) {
      const [more, one, other] = await Promise.all([
        silentClients(node.target, 50),
        answerOf(early.use((worker) => worker.call('echo', i))),
        answerOf(late.use((worker) => worker.call('echo', i))),
      ]);
      silent.push(...more);
      expect([one, other]).toEqual([i, i]);
    }
    expect(silent.length).toBe(2000);
    // It has sent data, and is kept in preference to any that has not.
    expect(early.stats.opened).toBeLessThanOrEqual(2);
    expect(node.connections$.value).toBeLessThanOrEqual(100);
  }, 60_000);
});
