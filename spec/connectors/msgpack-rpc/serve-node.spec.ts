import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  concat,
  NEVER,
  Observable,
  observable,
  of,
  Subject,
  throwError,
  timer,
  map,
  take,
  toArray,
  type Observer,
} from 'rxjs';
import {
  builtinMethods,
  connectNode,
  RpcBacklogError,
  RpcConnectionError,
  serveNode,
  withContext,
  type CallContext,
} from '../../../src/connectors/msgpack-rpc/index';
import { isPoolError, type InvalidConfigError } from '../../../src/index';
import { until } from '../../helpers/turns';
import { after, answerOf, failureOf, pack, scene } from './support';

/** Fails with what need not be an error. */
const rejected = (reason: unknown) => Promise.reject(reason);

describe('a node of our own', () => {
  const { open, serve, rawServer, rawClient, cleanup } = scene();

  it('listens on a free port of loopback unless told otherwise, and says where', async () => {
    const node = await serve({ methods: {} });
    expect(node.target).toMatch(/^127\.0\.0\.1:\d+$/);
    const everywhere = await serve({ host: '0.0.0.0', methods: builtinMethods });
    expect(everywhere.target).toMatch(/^127\.0\.0\.1:\d+$/);
    const { connection } = await open(everywhere.target);
    expect(await answerOf(connection.call('echo', 1))).toBe(1);
  });

  it('says why it cannot listen', async () => {
    const node = await serve({ methods: {} });
    const port = Number(node.target.split(':')[1]);
    const error = await failureOf(serveNode({ port, methods: {} }));
    expect(error).toBeInstanceOf(RpcConnectionError);
    expect(error.code).toBe('RPC_LISTEN_FAILED');
    expect(error.message).toContain('EADDRINUSE');
    expect(error.message).toContain(node.target);

    const folder = mkdtempSync(join(tmpdir(), 'serve-'));
    cleanup(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'socket');
    writeFileSync(path, '');
    const taken = await failureOf(serveNode({ path, methods: {} }));
    expect(taken.message).toContain(`unix:${path}: something listens there already, or the file is left of`);
    const nowhere = await failureOf(serveNode({ path: join(folder, 'none', 'socket'), methods: {} }));
    expect(nowhere.message).toContain('there is no such folder');
  });

  it('refuses options that cannot be', async () => {
    for (const [options, issues] of [
      [{ port: 65_536, methods: {} }, [/^port must be 0 to 65535, but got 65536$/]],
      [{ port: 1, path: '/x', methods: {} }, [/^path excludes host and port: a node listens on one or the other$/]],
      [{ host: '', methods: {} }, [/^host must be a string that is not empty/]],
      [
        { path: `/tmp/${'x'.repeat(120)}`, methods: {} },
        [/^path cannot be "\/tmp\/x+…": the path of a socket has at most/],
      ],
      [{ path: 5, methods: {} }, [/^path must be a string that is not empty/]],
      [{ methods: { a: 'text' } }, [/^methods\.a must be a function/]],
      [{}, [/^methods must be an object, but got undefined$/]],
      [undefined, [/^options must be an object, but got undefined$/]],
      [
        {
          methods: {},
          max: 3,
          limits: { maxConnections: 0 },
          codec: 1,
          tls: true,
          idleTimeout: 0,
          handshakeTimeout: '1s',
        },
        [
          /^max is not an option; the options are methods, /,
          /^codec/,
          /^limits\.maxConnections/,
          /^tls must be the options/,
          /^idleTimeout must be more than 0 and at most 2147483647 milliseconds, or Infinity for none, but got 0$/,
          /^handshakeTimeout must be more than 0 and .*, but got "1s"$/,
        ],
      ],
    ] as [any, RegExp[]][]) {
      const error: InvalidConfigError = await failureOf(serveNode(options));
      expect(isPoolError(error, 'INVALID_CONFIG')).toBeTrue();
      expect(error.issues as string[]).toEqual(issues.map((issue) => jasmine.stringMatching(issue) as any));
    }
  });

  it('counts its clients', async () => {
    const node = await serve({ methods: {} });
    const counts: number[] = [];
    let completed = false;
    node.connections$.subscribe({ next: (count) => counts.push(count), complete: () => (completed = true) });
    expect(node.connections$.value).toBe(0);
    const one = await open(node.target);
    await until(() => node.connections$.value === 1);
    await open(node.target);
    await until(() => node.connections$.value === 2);
    one.close();
    await until(() => node.connections$.value === 1);
    await node.close();
    expect(counts).toEqual([0, 1, 2, 1, 0]);
    expect(completed).toBeTrue();
  });

  it('closes its clients and is closed when all are gone; once for all', async () => {
    const node = await serve({ methods: builtinMethods });
    const { connection, ended } = await open(node.target);
    const failure = failureOf(connection.call('sleep', 60_000));
    await until(() => node.connections$.value === 1);
    const closing = node.close();
    expect(node.close()).toBe(closing);
    await closing;
    expect(node.connections$.value).toBe(0);
    expect((await failure).code).toBe('RPC_CONNECTION_CLOSED');
    expect(await ended).toBe('complete');
    expect((await failureOf(connectNode(node.target)())).code).toBe('RPC_CONNECT_FAILED');
  });

  describe('its methods', () => {
    const results: Record<string, [() => unknown, unknown]> = {
      value: [() => 7, 7],
      nothing: [() => undefined, null],
      text: [() => 'abc', 'abc'],
      array: [() => [1, 2], [1, 2]],
      map: [() => ({ a: 1 }), { a: 1 }],
      promise: [async () => 'p', 'p'],
      observable: [() => of(1, 2, 3), 3],
      later: [() => timer(5).pipe(map(() => 'l')), 'l'],
      empty: [() => of(), null],
      'async generator': [
        async function* () {
          yield 1;
          yield 2;
        },
        2,
      ],
      generator: [
        function* () {
          yield 1;
          yield 2;
        },
        2,
      ],
      'observable of another library': [
        () => ({ [observable]: () => ({ subscribe: (observer: Observer<number>) => of(1, 2).subscribe(observer) }) }),
        2,
      ],
      'web stream': [() => new Blob(['streamed']).stream(), Buffer.from('streamed')],
      set: [() => new Set([1, 2]), [1, 2]],
    };
    for (const [name, [method, expected]] of Object.entries(results)) {
      it(`answer with what they return: ${name}`, async () => {
        const node = await serve({ methods: { [name]: method } });
        const { connection } = await open(node.target);
        expect(await answerOf(connection.call(name))).toEqual(expected);
      });
    }

    it('get the params that were sent', async () => {
      const node = await serve({ methods: { all: (...params: unknown[]) => params } });
      const { connection } = await open(node.target);
      expect(await answerOf(connection.call('all', 1, 'two', [3]))).toEqual([1, 'two', [3]]);
      expect(await answerOf(connection.call('all'))).toEqual([]);
    });

    const failing: Record<string, [() => unknown, unknown]> = {
      throws: [
        () => {
          throw new Error('thrown');
        },
        [0, 'thrown'],
      ],
      'rejects with text': [() => rejected('text'), [0, 'text']],
      'rejects with nothing': [() => rejected(undefined), [0, 'undefined']],
      'rejects with what cannot be made text': [() => rejected([{ toString: 1 }]), [0, '[ { toString: 1 } ]']],
      'throws what cannot be made text': [
        () => {
          throw Object.create(null) as Error;
        },
        [0, '[Object: null prototype] {}'],
      ],
      'with a code': [
        () => {
          throw Object.assign(new Error('coded'), { code: 42 });
        },
        [42, 'coded'],
      ],
      'with a code of the system': [
        () => {
          throw Object.assign(new Error('coded'), { code: 'ENOENT' });
        },
        [0, 'coded'],
      ],
      rejects: [() => Promise.reject(new Error('rejected')), [0, 'rejected']],
      'fails as a stream': [
        () =>
          concat(
            of(1),
            throwError(() => new Error('streamed')),
          ),
        [0, 'streamed'],
      ],
      'answers what cannot be sent': [() => [() => 1], [0, 'its answer cannot be sent: a function cannot be sent']],
      'answers an impossible integer': [async () => 2n ** 70n, [0, jasmine.stringContaining('64 bits')]],
    };
    for (const [name, [method, expected]] of Object.entries(failing)) {
      it(`that fail are answered with an error: ${name}`, async () => {
        const node = await serve({ methods: { method } });
        const { connection } = await open(node.target);
        const error = await failureOf(connection.call('method'));
        expect(error.detail).toEqual(expected);
        expect((await failureOf(connection.call('method'))).code).toBe('RPC_ERROR');
      });
    }

    it('pass on the error of another node as it is', async () => {
      const { target } = await rawServer((client) =>
        client.onMessage(([, id]) => client.send([1, id, { deep: ['error'] }, null])),
      );
      const far = await open(target);
      const node = await serve({ methods: { relay: () => far.connection.call('x') } });
      const { connection } = await open(node.target);
      expect((await failureOf(connection.call('relay'))).detail).toEqual({ deep: ['error'] });
    });

    it('that are unknown are refused, whatever their name', async () => {
      const node = await serve({ methods: {} });
      const { connection } = await open(node.target);
      for (const name of ['x', '__proto__', 'constructor', 'toString', '', 'y'.repeat(100_000)]) {
        const error = await failureOf(connection.call(name));
        expect(error.detail[0]).toBe(1);
        expect(error.detail[1].length).toBeLessThan(200);
      }
    });

    it('survive a million params', async () => {
      const node = await serve({ methods: { count: (...params: unknown[]) => params.length } });
      const { connection } = await open(node.target);
      const client = await rawClient(node.target);
      client.send([0, 1, 'count', Array(1_000_000).fill(0)]);
      await until(() => client.messages.length === 1);
      expect(client.messages.length).toBe(1);
      expect(await answerOf(connection.call('count', 1))).toBe(1);
    });

    it('run when they are notified, and nothing is answered', async () => {
      const told: unknown[] = [];
      const node = await serve({
        methods: {
          tell: (value: unknown) => told.push(value),
          fail: () => {
            throw new Error('not observed');
          },
          echo: (value: unknown) => value,
        },
      });
      const client = await rawClient(node.target);
      client.send([2, 'tell', ['it']], [2, 'fail', []], [2, 'unknown', []], [0, 1, 'echo', ['end']]);
      await until(() => client.messages.length > 0);
      expect(told).toEqual(['it']);
      expect(client.messages).toEqual([[1, 1, null, 'end']]);
    });

    it('run at the same time, answered as they are done', async () => {
      const node = await serve({ methods: builtinMethods });
      const { connection } = await open(node.target);
      const order: unknown[] = [];
      await new Promise<void>((resolve) => {
        for (const ms of [60, 1, 30]) {
          connection.call('sleep', ms).subscribe((done) => {
            order.push(done);
            if (order.length === 3) resolve();
          });
        }
      });
      expect(order).toEqual([1, 30, 60]);
    });

    it('are aborted by a signal when their caller disconnects', async () => {
      const contexts: CallContext[] = [];
      const node = await serve({
        methods: {
          wait: withContext((context) => {
            contexts.push(context);
            expect(context.signal.aborted).toBeFalse();
            return new Promise(() => {});
          }),
          late: withContext((context) => {
            contexts.push(context);
            return NEVER;
          }),
          done: withContext(({ signal }, value) => (signal.aborted ? 'aborted' : value)),
        },
      });
      const { connection, close } = await open(node.target);
      expect(await answerOf(connection.call('done', 5))).toBe(5);
      connection.call('wait').subscribe({ error: () => {} });
      connection.call('late').subscribe({ error: () => {} });
      await until(() => contexts.length === 2);
      close();
      await until(() => contexts[0]!.signal.aborted);
      expect(contexts[0]!.signal.reason).toBeInstanceOf(RpcConnectionError);
      expect(contexts[0]!.signal.reason.message).toContain('has disconnected');
      // Asked for only now.
      expect(contexts[1]!.signal.aborted).toBeTrue();
    });

    it('are told by that signal why the connection broke', async () => {
      let signal: AbortSignal | undefined;
      const method = withContext((context) => {
        ({ signal } = context);
        return NEVER;
      });
      const node = await serve({ methods: { wait: method } });
      const socket = createConnection({ host: '127.0.0.1', port: Number(node.target.split(':')[1]) });
      socket.write(pack([0, 1, 'wait', []]));
      await until(() => signal !== undefined);
      socket.resetAndDestroy();
      await until(() => signal!.aborted);
      expect(signal!.reason.cause).toEqual(jasmine.objectContaining({ code: 'RPC_CONNECTION_LOST' }));
      expect(signal!.reason.cause.cause.code).toBe('ECONNRESET');
    });

    it('are unsubscribed when their caller disconnects', async () => {
      let running = 0;
      const node = await serve({
        methods: {
          run: () =>
            new Observable(() => {
              running++;
              return () => running--;
            }),
        },
      });
      const { connection, close } = await open(node.target);
      for (let i = 0; i < 10; i++) connection.call('run').subscribe({ error: () => {} });
      await until(() => running === 10);
      close();
      await until(() => running === 0);
      expect(running).toBe(0);
    });

    it('are closed when their caller is gone, whatever they are waiting for', async () => {
      let waiting = false;
      let closed = false;
      const endless: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            waiting = true;
            return new Promise(() => {});
          },
          return: async () => {
            closed = true;
            return { done: true, value: undefined };
          },
        }),
      };
      const node = await serve({ methods: { run: () => endless } });
      const { connection, close } = await open(node.target);
      connection.call('run').subscribe({ error: () => {} });
      await until(() => waiting);
      expect(closed).toBeFalse();
      close();
      await until(() => closed);
      expect(closed).toBeTrue();
    });

    it('may be called by a name that is sent as bytes', async () => {
      const node = await serve({ methods: { žluť: () => 'found' } });
      const client = await rawClient(node.target);
      client.send([0, 1, Buffer.from('žluť'), []], [0, 2, Buffer.from([0xff]), []]);
      await until(() => client.messages.length === 2);
      expect(client.messages).toEqual([
        [1, 1, null, 'found'],
        [1, 2, [1, "there is no method '\ufffd' here"], null],
      ]);
    });

    it('may talk back to their caller', async () => {
      const node = await serve({
        methods: {
          ask: withContext(({ caller }, question) => caller.call('answer', question)),
          tell: withContext(({ caller }) => caller.notify('told', 1)),
        },
      });
      const { connection } = await open(node.target, { handlers: { answer: (question: string) => `${question}!` } });
      expect(await answerOf(connection.call('ask', 'what'))).toBe('what!');
      const told = answerOf(connection.notifications$);
      expect(await answerOf(connection.call('tell'))).toBeNull();
      expect(await told).toEqual({ method: 'told', params: [1] });
    });
  });

  describe('its bounds', () => {
    it('tells a client too many why, also after many clients have come and gone', async () => {
      const node = await serve({ methods: builtinMethods, limits: { maxConnections: 1 } });
      // More than may be refused at once.
      for (let i = 0; i < 70; i++) {
        const { connection, close } = await open(node.target);
        await answerOf(connection.call('echo', i));
        close();
        await until(() => node.connections$.value === 0);
      }
      const { connection } = await open(node.target);
      connection.call('sleep', 60_000).subscribe({ error: () => {} });
      await answerOf(connection.call('echo', 1));
      const tooMany = await open(node.target);
      const failure = await failureOf(tooMany.connection.call('echo', 1));
      expect(failure.message).toContain('1 clients with running calls are connected here already (maxConnections)');
    });

    it('reads on when the method of a notification has ended, which has no answer', async () => {
      const hold = new Subject<void>();
      const node = await serve({
        methods: { ...builtinMethods, hold: () => hold.pipe(take(1)) },
        limits: { maxCalls: 1 },
      });
      const client = await rawClient(node.target);
      client.send([2, 'hold', []]);
      await until(() => hold.observed);
      client.send([0, 1, 'echo', ['read']]);
      await after(20);
      expect(client.messages).toEqual([]);
      hold.next();
      await until(() => client.messages.length === 1);
      expect(client.messages).toEqual([[1, 1, null, 'read']]);
    });

    it('tells a client too many why, closes it, and takes the next when one has gone', async () => {
      const node = await serve({ methods: builtinMethods, limits: { maxConnections: 2 } });
      const faults: Error[] = [];
      node.faults$.subscribe((fault) => faults.push(fault));
      const first = await open(node.target);
      const second = await open(node.target);
      for (const { connection } of [first, second]) connection.call('sleep', 60_000).subscribe({ error: () => {} });
      await Promise.all([first, second].map(({ connection }) => answerOf(connection.call('echo', 1))));
      const third = await open(node.target);
      const failure = await failureOf(third.connection.call('echo', 1));
      expect(failure.message).toContain('2 clients with running calls are connected here already (maxConnections)');
      await third.ended;
      expect(node.connections$.value).toBe(2);
      expect(faults.map(({ message }) => message)).toEqual([jasmine.stringContaining('maxConnections')]);
      expect(await answerOf(second.connection.call('echo', 1))).toBe(1);
      first.close();
      await until(() => node.connections$.value === 1);
      const fourth = await open(node.target);
      expect(await answerOf(fourth.connection.call('echo', 1))).toBe(1);
    });

    it('spends nothing on a flood of clients too many', async () => {
      const node = await serve({ methods: builtinMethods, limits: { maxConnections: 1 } });
      const { connection } = await open(node.target);
      connection.call('sleep', 60_000).subscribe({ error: () => {} });
      expect(await answerOf(connection.call('echo', 1))).toBe(1);
      const flood = await Promise.all(Array.from({ length: 200 }, () => rawClient(node.target)));
      await until(() => flood.every((client) => client.closed));
      expect(flood.filter((client) => client.messages.length > 0).length).toBeGreaterThan(0);
      expect(await answerOf(connection.call('echo', 1))).toBe(1);
      expect(node.connections$.value).toBe(1);
    });

    it('works on a limited number of calls of a client at once, and lets the others wait', async () => {
      let running = 0;
      let most = 0;
      const node = await serve({
        limits: { maxCalls: 3 },
        methods: {
          work: (ms: number) => {
            most = Math.max(most, ++running);
            return timer(ms).pipe(
              map(() => {
                running--;
                return most;
              }),
            );
          },
        },
      });
      const { connection } = await open(node.target);
      const answers = await Promise.all(Array.from({ length: 50 }, () => answerOf(connection.call('work', 1))));
      expect(answers.length).toBe(50);
      expect(most).toBe(3);
    });

    it('works on a limited number of bytes of requests of a client at once, and lets the others wait', async () => {
      const working: (() => void)[] = [];
      const node = await serve({
        // Counted as what they become: two bytes a letter.
        limits: { maxCallBytes: 200_000 },
        methods: {
          hold: (text: string) => new Promise((resolve) => working.push(() => resolve(text.length))),
          quick: (text: string) => text.length,
        },
      });
      const { connection } = await open(node.target);
      const held = [60_000, 60_000, 10, 200_000, 10].map((length) =>
        answerOf(connection.call('hold', 'x'.repeat(length))),
      );
      const quick = answerOf(connection.call('quick', 'xyz'));
      const other = await open(node.target);
      expect(await answerOf(other.connection.call('quick', 'x'.repeat(500_000)))).toBe(500_000);
      const { length } = working;
      expect(length).toBe(2);
      // One beyond the bound is worked on by itself.
      for (let done = 0; done < held.length; done++) {
        await until(() => working.length > done);
        working[done]!();
      }
      expect(await Promise.all(held)).toEqual([60_000, 60_000, 10, 200_000, 10]);
      expect(await quick).toBe(3);
    });

    it('notices that a client is gone while its calls are at their bound', async () => {
      let running = 0;
      const node = await serve({
        limits: { maxCalls: 2 },
        methods: {
          run: () =>
            new Observable(() => {
              running++;
              return () => running--;
            }),
        },
      });
      const { connection, close } = await open(node.target);
      for (let i = 0; i < 10; i++) connection.call('run').subscribe({ error: () => {} });
      await until(() => running === 2);
      await after(10);
      close();
      await until(() => running === 0);
      await until(() => node.connections$.value === 0);
      expect(running).toBe(0);
    });

    it('goes on after a bound was reached with far more than it reads ahead', async () => {
      const node = await serve({ limits: { maxCalls: 1 }, methods: { length: async (text: string) => text.length } });
      const { connection } = await open(node.target);
      const text = 'x'.repeat(50_000);
      const answers = await Promise.all(Array.from({ length: 100 }, () => answerOf(connection.call('length', text))));
      expect(answers).toEqual(Array(100).fill(50_000));
    });

    for (const limit of ['maxCalls', 'maxCallBytes'] as const) {
      it(`refuses instead of waiting when it waits for an answer of the same client (${limit})`, async () => {
        const node = await serve({
          limits: { [limit]: 1 },
          methods: {
            ask: withContext(({ caller }) => caller.call('answer')),
          },
        });
        const { connection } = await open(node.target, {
          handlers: { answer: () => connection.call('ask').pipe(map(() => 'never')) },
        });
        const error = await failureOf(connection.call('ask'));
        expect(error.detail).toEqual([1, jasmine.stringContaining(`(${limit})`)]);
      });
    }

    it('counts the notifications that it does not carry out while it waits for the same client, and says so', async () => {
      let told = 0;
      const node = await serve({
        limits: { maxCalls: 2 },
        methods: {
          ask: withContext(({ caller }) => caller.call('answer')),
          tell: () => {
            told++;
            return NEVER;
          },
        },
      });
      const faults: Error[] = [];
      node.faults$.subscribe((fault) => faults.push(fault));
      const client = await rawClient(node.target);
      client.send([0, 1, 'ask', []]);
      await until(() => client.messages.length === 1);
      client.send(...Array.from({ length: 38 }, () => [2, 'tell', []]));
      await until(() => faults.length === 1);
      const [, id] = client.messages[0] as any[];
      client.send([1, id, null, 'answered']);
      await until(() => faults.length === 2);
      expect(told).toBe(1);
      expect(faults[0]).toBeInstanceOf(RpcBacklogError);
      expect(faults.map(({ message }) => message.replace(/^127\.0\.0\.1:\d+ /, ''))).toEqual([
        'sends notifications that are not carried out: 2 calls are running here already (maxCalls)',
        'has sent 37 notifications that were not carried out',
      ]);
    });

    it('does not read on for a client that does not take its answers', async () => {
      let calls = 0;
      const answer = 'x'.repeat(100_000);
      const node = await serve({
        limits: { maxUnsentBytes: 1_000_000 },
        methods: {
          big: () => {
            calls++;
            return answer;
          },
        },
      });
      const client = await rawClient(node.target);
      client.socket.pause();
      const count = 2000;
      for (let id = 1; id <= count; id++) client.send([0, id, 'big', []]);
      // What the two sockets hold by themselves is the system's affair; the rest is ours.
      let early: number;
      do {
        early = calls;
        await after(100);
      } while (calls === 0 || calls > early);
      expect(early).toBeLessThan(300);
      client.socket.resume();
      await until(() => client.messages.length === count);
      expect(calls).toBe(count);
    });
  });

  describe('with a hostile client', () => {
    const inputs: [string, Buffer][] = [
      ['no MessagePack', Buffer.of(0x94, 0xc1)],
      ['a web request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
      ['a reply without a request', pack([1, 5, null, 1])],
      ['four thousand million params', Buffer.of(0x94, 0, 1, 0xa1, 0x78, 0xdd, 255, 255, 255, 255)],
      ['a map of as many', Buffer.of(0xdf, 255, 255, 255, 255)],
      ['60 KiB of nested arrays', Buffer.alloc(61_440, 0x91)],
      ['60 KiB of nested claims', Buffer.from(Array.from({ length: 20_480 }, () => [0xdc, 0xff, 0xff]).flat())],
      ['wrong shapes', pack([0, 'x', 'y'])],
      ['an id of 64 bits', pack([0, 2n ** 60n, 'echo', []])],
    ];
    for (const [what, bytes] of inputs) {
      it(`closes that client, tells it and the log why, and serves the others: ${what}`, async () => {
        const node = await serve({ methods: builtinMethods });
        const { connection } = await open(node.target);
        const fault = answerOf(node.faults$);
        const client = await rawClient(node.target);
        client.socket.write(bytes);
        await until(() => client.closed);
        const error: any = await fault;
        expect(error.name).toBe('RpcProtocolError');
        expect(client.messages).toEqual([[1, 0, [1, jasmine.any(String)], null]]);
        expect(await answerOf(connection.call('echo', 1))).toBe(1);
        await until(() => node.connections$.value === 1);
      });
    }

    it('answers what came before the fault', async () => {
      const node = await serve({ methods: builtinMethods });
      const client = await rawClient(node.target);
      client.bytes(Buffer.concat([pack([0, 1, 'echo', ['good']]), Buffer.of(0xc1)]));
      await until(() => client.closed);
      expect(client.messages[0]).toEqual([1, 1, null, 'good']);
    });

    it('survives one that resets, and one that leaves in the middle of a message', async () => {
      const node = await serve({ methods: builtinMethods });
      const faults = answerOf(node.faults$.pipe(take(2), toArray()));
      const first = await rawClient(node.target);
      first.send([0, 1, 'echo', [1]]);
      await until(() => first.messages.length === 1);
      first.socket.resetAndDestroy();
      await until(() => node.connections$.value === 0);
      const second = await rawClient(node.target);
      second.bytes([0x94, 0, 1]);
      second.socket.end();
      const [reset, cut] = (await faults) as RpcConnectionError[];
      expect(reset!.message).toContain('ECONNRESET');
      expect(cut!.message).toContain('in the middle of a message, after 3 bytes');
    });
  });

  it('closes even when a client does not', async () => {
    const server = createServer();
    server.close();
    const node = await serve({ methods: builtinMethods });
    const client = await rawClient(node.target);
    client.socket.pause();
    client.send([0, 1, 'echo', ['x'.repeat(10_000_000)]]);
    await until(() => node.connections$.value === 1);
    await node.close();
    expect(node.connections$.value).toBe(0);
  });
});

describe('the built-in methods', () => {
  const { open, serve } = scene();

  it('do what they say', async () => {
    const node = await serve({ methods: builtinMethods });
    const { connection } = await open(node.target);
    expect(await answerOf(connection.call('echo', { a: [1] }))).toEqual({ a: [1] });
    expect(await answerOf(connection.call('word_count', '  two\twörds\n'))).toBe(2);
    expect(await answerOf(connection.call('word_count', ''))).toBe(0);
    expect(await answerOf(connection.call('sleep', 5))).toBe(5);
    expect((await failureOf(connection.call('fail', 'so'))).detail).toEqual([0, 'so']);
    expect((await failureOf(connection.call('fail'))).detail).toEqual([0, 'failed, as asked']);
  });

  it('refuse what they cannot take', async () => {
    const node = await serve({ methods: builtinMethods });
    const { connection } = await open(node.target);
    for (const [method, param, reason] of [
      ['word_count', 5, 'word_count takes a text, got number'],
      ['word_count', null, 'word_count takes a text, got nil'],
      ['sleep', -1, /0 to 2147483647, got -1/],
      ['sleep', 'x', /got string/],
      ['sleep', 1e12, /got 1000000000000/],
    ] as [string, unknown, string | RegExp][]) {
      expect((await failureOf(connection.call(method, param))).detail[1]).toMatch(reason);
    }
  });
});
