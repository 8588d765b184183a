import { map, mergeMap, range, Subject, take, toArray } from 'rxjs';
import {
  builtinMethods,
  createLiteCodec,
  RpcBacklogError,
  RpcError,
  withContext,
  type CallContext,
  type RpcConnection,
} from '../../../src/connectors/msgpack-rpc/index';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import { effort } from '../../helpers/effort';
import { MemorySocket } from './memory-socket';
import { until } from '../../helpers/turns';
import { after, answerOf, failureOf, pack, scene, type RawPeer } from './support';

const MB = 1_000_000;
const CALLS = effort(60, 200);
/** What the two sockets of a connection may hold by themselves is the system's affair: some megabytes, and never this number. */
const SYSTEM = 40 * MB;

/** Makes an answer of 1 MB for each call, all at the same moment. */
function late() {
  const gate = new Subject<void>();
  let begun = 0;
  let done = 0;
  return {
    gate,
    get begun() {
      return begun;
    },
    get done() {
      return done;
    },
    method: () => {
      begun++;
      return gate.pipe(
        take(1),
        map(() => {
          done++;
          return Buffer.alloc(MB, done);
        }),
      );
    },
  };
}

/** The bytes of all the results that a peer was sent, and the errors. */
function received(peer: RawPeer): { bytes: number; errors: any[] } {
  const answers = (peer.messages as any[]).filter(([type]) => type === 1);
  return {
    bytes: answers.reduce((sum: number, [, , , result]) => sum + (Buffer.isBuffer(result) ? result.length : 0), 0),
    errors: answers.filter(([, , error]) => error !== null).map(([, , error]) => error as unknown),
  };
}

/** Reads some bytes and then waits, again and again. */
function readSlowly({ socket }: RawPeer): void {
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
}

describe('a side that does not read what it is sent', () => {
  const { open, serve, rawServer, rawClient } = scene();

  describe('a client, of its answers', () => {
    const bounds = [
      [{ maxUnsentBytes: MB }, 8 * MB],
      [{ maxUnsentBytes: MB, maxBacklogBytes: 20 * MB }, 20 * MB],
      [undefined, 128 * 1024 * 1024],
    ] as const;
    for (const [limits, bound] of bounds.slice(0, effort(1, bounds.length))) {
      it(`has at most ${bound} bytes and one answer held for it, however many calls were in work when it stopped reading`, async () => {
        const work = late();
        const node = await serve({
          methods: { late: work.method, ...builtinMethods },
          ...(limits === undefined ? {} : { limits }),
        });
        const faults: any[] = [];
        node.faults$.subscribe((fault) => faults.push(fault));
        const client = await rawClient(node.target);
        client.socket.pause();
        for (let id = 1; id <= CALLS; id++) client.send([0, id, 'late', []]);
        await until(() => work.begun === CALLS);
        work.gate.next();
        await until(() => work.done === CALLS);
        await after(20);
        // Nothing is made from here on: what comes is what was held, by the node or by the system.
        client.socket.resume();
        await until(() => client.messages.length === CALLS);
        const { bytes, errors } = received(client);
        expect(bytes).toBeGreaterThan(bound - MB);
        expect(bytes).toBeLessThan(bound + SYSTEM);
        expect(errors.length).toBe(CALLS - bytes / MB);
        expect(errors[0]).toEqual([
          1,
          jasmine.stringMatching(/^its answer of 10000\d\d bytes was dropped: \d+ bytes /),
        ]);
        expect(errors[0][1]).toContain('(maxBacklogBytes)');
        // It is as good as before.
        client.send([0, 1000, 'late', []], [0, 1001, 'echo', ['still there']]);
        await until(() => work.begun === CALLS + 1);
        work.gate.next();
        await until(() => client.messages.length === CALLS + 2);
        expect(received(client).bytes).toBe(bytes + MB);
        expect(node.connections$.value).toBe(1);
        // The log is told once.
        expect(faults.length).toBe(1);
        expect(faults[0]).toBeInstanceOf(RpcBacklogError);
        expect(faults[0].message).toContain('does not read');
        expect(faults[0].method).toBeUndefined();
      });
    }

    it('is told of small answers all the same', async () => {
      const gate = new Subject<void>();
      let begun = 0;
      let done = 0;
      const node = await serve({
        methods: {
          late: (answer: unknown) => {
            begun++;
            return gate.pipe(
              take(1),
              map(() => {
                done++;
                return answer;
              }),
            );
          },
          large: () => Buffer.alloc(30 * MB),
        },
        limits: { maxUnsentBytes: 10, maxBacklogBytes: 10 },
      });
      const client = await rawClient(node.target);
      client.socket.pause();
      for (let id = 1; id <= 50; id++) client.send([0, id, 'late', [id]]);
      client.send([0, 51, 'late', ['x'.repeat(2000)]], [0, 52, 'large', []]);
      await until(() => begun === 51);
      gate.next();
      await until(() => done === 51);
      client.socket.resume();
      await until(() => client.messages.length === 52);
      const answers = (client.messages as any[]).sort((a, b) => a[1] - b[1]);
      expect(answers.slice(0, 50).map(([, , error, result]) => error ?? result)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
      expect(answers[50][2][1]).toContain('its answer of 2007 bytes was dropped');
      expect(answers[51][3].length).toBe(30 * MB);
    });

    it('has small answers counted for what they take in memory, which is more than their bytes', () => {
      let calls = 0;
      const wire = new MemorySocket();
      spyOn(wire, 'write').and.returnValue(false);
      const session = new Session(
        wire.socket,
        {
          target: 'client',
          codec: createLiteCodec(),
          limits: { ...clientLimits, maxUnsentBytes: 100_000 },
          methods: new Map([['count', () => ++calls]]),
          role: 'server',
        },
        () => {},
      );
      wire.hear(Buffer.concat(Array<Buffer>(100_000).fill(pack([0, 1, 'count', []]))));
      expect(calls).toBeGreaterThan(100);
      expect(calls).toBeLessThan(2000);
      session.close();
    });

    it('may be slow: a client that reads on is served, however large the answers and small the limits', async () => {
      const node = await serve({
        methods: { large: async () => Buffer.alloc(20 * MB, 1) },
        limits: { maxUnsentBytes: 1000, maxBacklogBytes: 1000 },
      });
      const client = await rawClient(node.target);
      readSlowly(client);
      for (let id = 1; id <= 3; id++) {
        client.send([0, id, 'large', []]);
        await until(() => client.messages.length === id);
      }
      const { bytes, errors } = received(client);
      expect(errors).toEqual([]);
      expect(bytes).toBe(60 * MB);
    });

    it('may have answers of many MB, two at a time', async () => {
      const SIZE = effort(16, 64) * 1024 * 1024;
      const node = await serve({ methods: { large: async () => Buffer.alloc(SIZE, 1) } });
      const { connection } = await open(node.target);
      const sizes = await answerOf(
        range(0, 4).pipe(
          mergeMap(() => connection.call('large').pipe(map((answer) => (answer as Buffer).length)), 2),
          toArray(),
        ),
      );
      expect(sizes).toEqual([SIZE, SIZE, SIZE, SIZE]);
    });

    it('may have many calls at once when it reads: what fits is never dropped', async () => {
      const count = effort(100, 200);
      const node = await serve({ methods: { large: async () => Buffer.alloc(MB) } });
      const { connection } = await open(node.target);
      const answers = await answerOf(
        range(0, count).pipe(
          mergeMap(() => connection.call('large'), count / 2),
          toArray(),
        ),
      );
      expect(answers.length).toBe(count);
    });
  });

  describe('a client, of what the node tells and asks it', () => {
    /** A node that tells and asks a client that reads nothing, as often as the spec says. */
    async function stalled() {
      let caller: RpcConnection | undefined;
      const node = await serve({
        methods: { here: withContext((context: CallContext) => void (caller = context.caller)), ...builtinMethods },
        limits: { maxUnsentBytes: MB },
      });
      const faults: unknown[] = [];
      node.faults$.subscribe((fault) => faults.push(fault));
      const client = await rawClient(node.target);
      client.send([0, 1, 'here', []]);
      await until(() => client.messages.length === 1);
      client.socket.pause();
      return { caller: caller!, client, node, faults };
    }

    for (const what of ['notify', 'call'] as const) {
      it(`makes ${what} fail beyond the same bound, and nothing else`, async () => {
        const { caller, client, node, faults } = await stalled();
        const failures: any[] = [];
        const param = Buffer.alloc(MB);
        for (let i = 0; i < CALLS; i++)
          caller[what]('news', param).subscribe({ error: (e: unknown) => failures.push(e) });
        await after(20);
        expect(failures.length).toBeGreaterThan(CALLS - (8 * MB + SYSTEM) / MB);
        expect(failures.length).toBeLessThan(CALLS - 7);
        const error = failures[0];
        expect(error).toBeInstanceOf(RpcBacklogError);
        expect(error.code).toBe('RPC_BACKLOG');
        expect(error.method).toBe('news');
        expect(error.target).toBe(caller.target);
        expect(error.message).toMatch(/^'news' was not sent to 127\.0\.0\.1:\d+: \d+ bytes .* \(maxBacklogBytes\)$/);
        client.socket.resume();
        await until(() => client.messages.length === 1 + CALLS - failures.length);
        expect(node.connections$.value).toBe(1);
        expect(faults.length).toBe(1);
        // And once more, when there is space again.
        client.onMessage(([type, id]) => type === 0 && client.send([1, id, null, 'read']));
        expect(await answerOf<unknown>(caller.call('news', param))).toBe('read');
        await answerOf(caller.notify('news', param));
      });
    }

    it('counts what was taken back no more', async () => {
      const { caller, client } = await stalled();
      const param = Buffer.alloc(MB);
      caller.notify('fills the socket', Buffer.alloc(30 * MB)).subscribe({ error: () => {} });
      await after(20);
      const failure = failureOf(caller.notify('too much', param));
      expect((await failure).code).toBe('RPC_BACKLOG');
      client.socket.resume();
      await until(() => client.messages.length === 2);
      client.socket.pause();
      caller.notify('fills the socket', Buffer.alloc(7 * MB)).subscribe({ error: () => {} });
      await after(20);
      for (let i = 0; i < 20; i++) caller.notify('taken back', param).subscribe().unsubscribe();
      const stays = answerOf(caller.notify('stays', param));
      client.socket.resume();
      await stays;
      await until(() => client.messages.length === 4);
      expect((client.messages as any[]).map(([, method]) => method).slice(2)).toEqual(['fills the socket', 'stays']);
    });
  });

  describe('a node, of the answers of handlers', () => {
    it('has no more held for it than a client would', async () => {
      const work = late();
      const { target, clients } = await rawServer(() => {});
      const { ended } = await open(target, { handlers: { late: work.method }, limits: { maxUnsentBytes: MB } });
      await until(() => clients.length === 1);
      const [node] = clients as [RawPeer];
      node.socket.pause();
      for (let id = 1; id <= CALLS; id++) node.send([0, id, 'late', []]);
      await until(() => work.begun === CALLS);
      work.gate.next();
      await after(20);
      node.socket.resume();
      await until(() => node.messages.length === CALLS);
      const { bytes, errors } = received(node);
      expect(bytes).toBeGreaterThan(7 * MB);
      expect(bytes).toBeLessThan(8 * MB + SYSTEM);
      expect(errors.length).toBe(CALLS - bytes / MB);
      node.socket.end();
      expect(await ended).toBe('complete');
    });

    it('is not closed for one large answer, whatever it asks meanwhile', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection } = await open(target, {
        handlers: { large: () => Buffer.alloc(30 * MB), ...builtinMethods },
      });
      await until(() => clients.length === 1);
      const [node] = clients as [RawPeer];
      const waiting = answerOf(connection.call('answered at last'));
      await until(() => node.messages.length === 1);
      node.socket.write(
        Buffer.concat([pack([0, 1, 'large', []]), pack([0, 2, 'echo', [2]]), pack([0, 3, 'large', []])]),
      );
      for (let id = 4; id < 100; id++) node.send([0, id, 'echo', [id]]);
      await until(() => node.messages.length === 100);
      node.send([1, 1, null, 'now']);
      expect(await waiting).toBe('now');
    });
  });

  it('needs bounds that fit together', async () => {
    const refused = await failureOf(serve({ methods: {}, limits: { maxUnsentBytes: 1000, maxBacklogBytes: 999 } }));
    expect(refused.issues).toEqual([
      'limits.maxBacklogBytes must be at least limits.maxUnsentBytes, which is 1000, but got 999',
    ]);
    const node = await serve({ methods: builtinMethods, limits: { maxUnsentBytes: Infinity } });
    const { connection } = await open(node.target);
    expect(await failureOf(connection.call('fail'))).toBeInstanceOf(RpcError);
  });
});
