import { forkJoin, Observable, range, lastValueFrom } from 'rxjs';
import {
  builtinMethods,
  connectNode,
  withContext,
  type ConnectNodeOptions,
  type RpcConnection,
  type RpcNode,
} from '../../../src/connectors/msgpack-rpc/index';
import { batchParallel, createPool, withConnection, type ConnectionPool } from '../../../src/index';
import { proxyTo, type Link, type Proxy, type ProxyOptions } from '../proxy';
import { until } from '../../helpers/turns';
import { answerOf, pack, scene } from './support';

/** A call that the node is working on. */
interface Held {
  readonly index: number;
  /** The address of the link that it came by. */
  readonly from: string;
  answer(): void;
}

describe('a network between a pool and its node', () => {
  const { serve, cleanup } = scene();

  interface Scene {
    readonly node: RpcNode;
    readonly proxy: Proxy;
    readonly pool: ConnectionPool<RpcConnection>;
    readonly held: Held[];
  }

  async function setUp(options: Partial<ProxyOptions> = {}, connection: ConnectNodeOptions = {}): Promise<Scene> {
    const held: Held[] = [];
    const node = await serve({
      methods: {
        ...builtinMethods,
        hold: withContext(
          ({ caller }, index: number) =>
            new Observable<string>((subscriber) => {
              held.push({
                index,
                from: caller.target,
                answer: () => {
                  subscriber.next(`answer ${index}`);
                  subscriber.complete();
                },
              });
            }),
        ),
      },
    });
    const proxy = await proxyTo(node.target, options);
    cleanup(() => proxy.close());
    const pool = createPool({ max: 3, capacity: 2, connect: connectNode(`worker@${proxy.target}`, connection) });
    cleanup(() => pool.destroy({ timeout: 0 }));
    return { node, proxy, pool, held };
  }

  interface Fault {
    readonly what: string;
    readonly happens: (link: Link, calls: Held[]) => void;
    readonly code: string;
    readonly says: RegExp;
    readonly connection?: ConnectNodeOptions;
  }
  const answerAll = (calls: Held[]): void => {
    for (const call of calls) call.answer();
  };
  const faults: Fault[] = [
    {
      what: 'resets it',
      happens: (link) => link.reset(),
      code: 'RPC_CONNECTION_LOST',
      says: /ECONNRESET/,
    },
    {
      what: 'cuts it in the middle of an answer',
      happens: (link, calls) => {
        link.cutAfter(5);
        answerAll(calls);
      },
      code: 'RPC_CONNECTION_LOST',
      says: /closed in the middle of a message, after 5 bytes of it/,
    },
    {
      what: 'closes it between two answers',
      happens: (link) => link.endAnswers(),
      code: 'RPC_CONNECTION_CLOSED',
      says: /closed by the other side/,
    },
    {
      what: 'lets answers through but no calls',
      happens: (link) => link.endCalls(),
      code: 'RPC_CONNECTION_CLOSED',
      says: /closed by the other side/,
    },
    {
      what: 'swallows everything',
      happens: (link) => link.stall(),
      code: 'RPC_CONNECTION_LOST',
      says: /nothing came in for 60 ms, nor for 60 ms after a 'ping'/,
      connection: { keepAlive: { interval: 60, timeout: 60 } },
    },
    {
      what: 'adds bytes of its own',
      happens: (link) => link.inject(Buffer.of(0x94, 0x01, 0xc1)),
      code: 'RPC_PROTOCOL',
      says: /0xc1/,
    },
    {
      what: 'brings an answer to no call',
      happens: (link) => link.inject(pack([1, 77, null, 'for another peer'])),
      code: 'RPC_PROTOCOL',
      says: /an answer to call 77, which was not made/,
    },
    {
      what: 'claims four gigabytes to come',
      happens: (link) => link.inject(Buffer.of(0x94, 1, 1, 0xc0, 0xc6, 255, 255, 255, 255)),
      code: 'RPC_LIMIT',
      says: /maxMessageBytes/,
    },
  ];

  for (const { what, happens, code, says, connection } of faults) {
    it(`that ${what} fails the calls of that connection, which is replaced; the others do not notice`, async () => {
      const { node, proxy, pool, held } = await setUp({}, connection);
      await pool.warmUp(3);
      const ends = new Map<number, unknown>();
      for (let i = 0; i < 6; i++) {
        pool
          .use((worker) => worker.call('hold', i))
          .subscribe({ next: (answer) => ends.set(i, answer), error: (error: unknown) => ends.set(i, error) });
      }
      await until(() => held.length === 6);
      const { from } = held[0]!;
      const struck = held.filter((call) => call.from === from);
      const spared = held.filter((call) => call.from !== from);
      expect([struck.length, spared.length]).toEqual([2, 4]);

      happens(
        proxy.links.find(({ address }) => address === from)!,
        struck,
      );
      await until(() => ends.size === 2);
      for (const { index } of struck) {
        const error = ends.get(index) as Error & { code: string; method: string };
        expect(error.code).toBe(code);
        expect(error.method).toBe('hold');
        expect(error.message).toMatch(says);
        expect(error.message).toContain(`worker@${proxy.target}`);
      }
      await until(() => pool.stats.totalConnections === 2);
      answerAll(spared);
      await until(() => ends.size === 6);
      for (const { index } of spared) expect(ends.get(index)).toBe(`answer ${index}`);

      // Six at once, none of them done before all six are there: short ones would be served by the two that are left.
      const calls = Array.from({ length: 6 }, (_, i) => pool.use((worker) => worker.call('hold', 6 + i)));
      const answers = answerOf(forkJoin(calls));
      await until(() => held.length === 12);
      answerAll(held.slice(6));
      expect(await answers).toEqual([6, 7, 8, 9, 10, 11].map((index) => `answer ${index}`));
      expect(pool.stats.opened).toBe(4);
      expect(proxy.links.length).toBe(4);
      expect(pool.stats.totalConnections).toBe(3);
      proxy.close();
      await until(() => node.connections$.value === 0);
    });
  }

  for (const [what, options, items] of [
    ['takes its time', { latency: 15 }, 60],
    ['brings every byte by itself', { oneByOne: true }, 40],
  ] as const) {
    it(`that ${what} changes no answer`, async () => {
      const { pool, held } = await setUp(options);
      const texts = Array.from({ length: items }, (_, i) => `žluť ${i} `.repeat(10 + i));
      const { successful, failed } = await lastValueFrom(
        range(0, items).pipe(
          withConnection(pool, (worker, i) => worker.call('echo', { i, text: texts[i] })),
          batchParallel(),
        ),
      );
      expect(failed).toEqual([]);
      expect(successful).toEqual(texts.map((text, i) => ({ i, text })));
      expect(pool.stats.opened).toBeLessThanOrEqual(3);
      expect(held).toEqual([]);
    });
  }
});
