import { createServer } from 'node:net';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { EMPTY, forkJoin, of, range, mergeMap, take, toArray } from 'rxjs';
import {
  builtinMethods,
  connectNode,
  Ext,
  type RpcConnection,
  RpcConnectionError,
  RpcEncodeError,
  RpcError,
  RpcProtocolError,
} from '../../../src/connectors/msgpack-rpc/index';
import { isPoolError, type Connector, type InvalidConfigError } from '../../../src/index';
import { until } from '../../helpers/turns';
import { after, answerOf, failureOf, pack, scene, type RawPeer } from './support';

/** Answers every request by what a function makes of it. */
const answering = (result: (method: string, params: any[]) => unknown) => (client: RawPeer) =>
  client.onMessage(([type, id, method, params]) => {
    if (type === 0) client.send([1, id, null, result(method, params)]);
  });

describe('a connection to a node', () => {
  const { open, serve, rawServer, cleanup } = scene();

  describe('its life', () => {
    it('opens on subscribe, is emitted once, and closes on unsubscribe', async () => {
      const { target, clients } = await rawServer(() => {});
      const connector: Connector<RpcConnection> = connectNode(target);
      connector({ signal: new AbortController().signal, notice: () => {} });
      await after(20);
      expect(clients.length).toBe(0);
      const { connection, close } = await open(target);
      expect(connection.target).toBe(target);
      expect(inspect({ connection })).toBe(`{ connection: RpcConnection to ${target} }`);
      expect(JSON.stringify(connection)).toBe(JSON.stringify({ target }));
      await until(() => clients.length === 1);
      close();
      await until(() => clients[0]!.closed);
      expect(clients.length).toBe(1);
    });

    it('completes when the node closes in order', async () => {
      const { target } = await rawServer((client) => client.onMessage(() => client.socket.end()));
      const { connection, ended } = await open(target);
      const failure = failureOf(connection.call('bye'));
      expect(await ended).toBe('complete');
      const error = await failure;
      expect(error).toBeInstanceOf(RpcConnectionError);
      expect(error.code).toBe('RPC_CONNECTION_CLOSED');
      expect(error.method).toBe('bye');
      expect(error.target).toBe(target);
      expect(error.message).toContain("'bye'");
      expect(error.message).toContain(target);
    });

    it('fails when the node resets it', async () => {
      const { target } = await rawServer((client) => client.onMessage(() => client.socket.resetAndDestroy()));
      const { connection, ended } = await open(target);
      const error = await failureOf(connection.call('x'));
      expect(error.code).toBe('RPC_CONNECTION_LOST');
      expect(error.message).toContain('ECONNRESET');
      expect(error.cause.code).toBe('ECONNRESET');
      const life = (await ended) as RpcConnectionError;
      expect(life.code).toBe('RPC_CONNECTION_LOST');
      expect(life.cause).toBe(error.cause);
    });

    it('fails when the node closes in the middle of a message', async () => {
      const { target } = await rawServer((client) =>
        client.onMessage(() => client.socket.end(pack([1, 1, null, 'never whole']).subarray(0, 8))),
      );
      const { connection, ended } = await open(target);
      const error = await failureOf(connection.call('x'));
      expect(error.code).toBe('RPC_CONNECTION_LOST');
      expect(error.message).toContain('in the middle of a message, after 8 bytes');
      expect(await ended).toBeInstanceOf(RpcConnectionError);
    });

    it('ends before its calls fail, so that no pool lends it again in between', async () => {
      const { target } = await rawServer((client) => client.onMessage(() => client.socket.end()));
      const order: string[] = [];
      connectNode(target)().subscribe({
        next: (connection) => connection.call('x').subscribe({ error: () => order.push('call') }),
        complete: () => order.push('life'),
      });
      await until(() => order.length === 2);
      expect(order).toEqual(['life', 'call']);
    });

    it('fails every call that is under way exactly once, and every later one at once', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection } = await open(target);
      const told: number[] = [];
      for (let i = 0; i < 100; i++) {
        connection.call('x', i).subscribe({
          error: () => {
            told.push(i);
            connection.call('again').subscribe({ error: () => told.push(1000 + i) });
          },
        });
      }
      await until(() => clients[0]?.messages.length === 100);
      clients[0]!.socket.end();
      await until(() => told.length >= 200);
      await after(20);
      expect(told).toEqual(Array.from({ length: 100 }, (_, i) => [i, 1000 + i]).flat());
      expect((await failureOf(connection.notify('x'))).code).toBe('RPC_CONNECTION_CLOSED');
      expect(await answerOf(connection.notifications$)).toBeUndefined();
    });

    it('may be listened to after its end, any number of times', async () => {
      const warnings: Error[] = [];
      const warn = (warning: Error) => warnings.push(warning);
      process.on('warning', warn);
      cleanup(() => process.off('warning', warn));
      const { target } = await rawServer(() => {});
      const { connection, close } = await open(target);
      close();
      for (let i = 0; i < 30; i++) connection.notifications$.subscribe();
      await after(20);
      expect(warnings).toEqual([]);
    });

    it('fails its calls when it is closed on this side', async () => {
      const { target } = await rawServer(() => {});
      const { connection, close } = await open(target);
      const failure = failureOf(connection.call('x'));
      await after(10);
      close();
      expect((await failure).code).toBe('RPC_CONNECTION_CLOSED');
    });

    it('can be closed inside its own emission', async () => {
      const { target, clients } = await rawServer(() => {});
      await answerOf(connectNode(target)().pipe(take(1)));
      await until(() => clients[0]?.closed === true);
      expect(clients.length).toBe(1);
    });

    it('leaves nothing behind when it is unsubscribed while it opens', async () => {
      const { target, clients } = await rawServer(() => {});
      for (let i = 0; i < 20; i++) connectNode(target)().subscribe().unsubscribe();
      await after(50);
      await until(() => clients.every((client) => client.closed));
      expect(clients.length).toBeLessThanOrEqual(20);
    });

    it('says why it could not be opened', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      await new Promise((resolve) => server.close(resolve));
      const error = await failureOf(connectNode(`worker@127.0.0.1:${port}`)());
      expect(error).toBeInstanceOf(RpcConnectionError);
      expect(error.code).toBe('RPC_CONNECT_FAILED');
      expect(error.target).toBe(`worker@127.0.0.1:${port}`);
      expect(error.message).toContain('ECONNREFUSED');
      expect(error.message).toContain('Is the node running?');
      expect(error.cause.code).toBe('ECONNREFUSED');

      const byName = await failureOf(connectNode(`localhost:${port}`)());
      expect(byName.message).toContain('ECONNREFUSED');
      const noFile = await failureOf(connectNode('unix:/nowhere/at/all.sock')());
      expect(noFile.message).toContain('ENOENT');
    });

    it('may run over a Unix socket', async () => {
      const path = join(tmpdir(), `node-${process.pid}-${Date.now()}.sock`);
      cleanup(() => rmSync(path, { force: true }));
      const node = await serve({ path, methods: builtinMethods });
      expect(node.target).toBe(`unix:${path}`);
      const { connection } = await open(node.target);
      expect(await answerOf(connection.call('echo', 'hi'))).toBe('hi');
    });

    it('refuses arguments that cannot be, at once and all together', () => {
      const issuesOf = (options: unknown, target = 'h:1'): readonly string[] => {
        try {
          connectNode(target, options as object);
        } catch (error) {
          expect(isPoolError(error, 'INVALID_CONFIG')).toBeTrue();
          expect((error as Error).message).toMatch(/^connectNode cannot connect with these arguments:/);
          return (error as InvalidConfigError).issues;
        }
        return [];
      };
      expect(
        issuesOf(
          {
            limits: { maxDepth: 0, maxBytes: 1 },
            tsl: true,
            tls: 'yes',
            handlers: { a: 1, b: null },
            keepAlive: { interval: 0, timeout: 2 ** 31, method: '', every: 5 },
            codec: { encode: pack },
          },
          'localhost',
        ),
      ).toEqual([
        jasmine.stringMatching(/^target 'localhost' is invalid: the port is missing\. Give /),
        'tsl is not an option; the options are codec, limits, keepAlive, handlers, tls. Did you mean `tls`?',
        'codec must have the functions encode and decode, but got an object',
        jasmine.stringMatching(/^limits\.maxBytes is not an option; the options are maxMessageBytes, /),
        jasmine.stringMatching(/^limits\.maxDepth must be a positive integer or Infinity, but got 0/),
        jasmine.stringMatching(/^keepAlive\.every is not an option; the options are interval, timeout, method/),
        'keepAlive.interval must be 1 to 2147483647 milliseconds, but got 0',
        'keepAlive.timeout must be 1 to 2147483647 milliseconds, but got 2147483648',
        'keepAlive.method must be a string that is not empty, but got ""',
        'handlers.a must be a function, or withContext(function), but got 1',
        'handlers.b must be a function, or withContext(function), but got null',
        'tls must be true, false or the options of tls.connect, but got "yes"',
      ]);
      expect(issuesOf(null)).toEqual(['options must be an object, but got null']);
      expect(issuesOf({ limits: 5, keepAlive: 'on', handlers: 'x' })).toEqual([
        'limits must be an object, but got 5',
        'keepAlive must be true, false or an object, but got "on"',
        'handlers must be an object, but got "x"',
      ]);
      expect(issuesOf({ codec: undefined, limits: undefined, keepAlive: false, handlers: {}, tls: false })).toEqual([]);
      expect(issuesOf({ limits: { maxConnections: 3 } }).length).toBe(1);
    });
  });

  describe('a call', () => {
    it('brings every kind of value there and back', async () => {
      const node = await serve({ methods: builtinMethods });
      const { connection } = await open(node.target);
      const value = {
        text: 'žluťoučký 🐎',
        nested: [[[{ deep: [null, true, -1, 1.5] }]]],
        bytes: Buffer.from([0, 255]),
        big: 2n ** 64n - 1n,
        small: -(2n ** 63n),
        date: new Date(1_700_000_000_123),
        handle: new Ext(1, Buffer.of(7)),
        map: new Map([[1, 'one']]),
      };
      expect(await answerOf(connection.call('echo', value))).toEqual(value);
      expect(await answerOf(connection.call('echo'))).toBeNull();
    });

    it('is cold: sent when subscribed to, anew each time', async () => {
      const { target, clients } = await rawServer(answering((_, params) => params));
      const { connection } = await open(target);
      const call$ = connection.call('x', 1);
      await until(() => clients.length === 1);
      await after(20);
      expect(clients[0]!.messages).toEqual([]);
      expect(await answerOf(call$)).toEqual([1]);
      expect(await answerOf(call$)).toEqual([1]);
      expect(clients[0]!.messages).toEqual([[0, 1, 'x', [1]], [0, 2, 'x', [1]]]); // prettier-ignore
    });

    it('is answered in any order', async () => {
      const held: number[] = [];
      const { target } = await rawServer((client) =>
        client.onMessage(([, id]) => {
          held.push(id);
          if (held.length === 50) client.send(...held.reverse().map((each) => [1, each, null, `answer ${each}`]));
        }),
      );
      const { connection } = await open(target);
      const order: unknown[] = [];
      const answers = await answerOf(
        forkJoin(Array.from({ length: 50 }, () => connection.call('x'))).pipe(
          mergeMap((all) => {
            order.push(...all);
            return of(all);
          }),
        ),
      );
      expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `answer ${i + 1}`));
    });

    it('leaves together with the others of its turn, in one write', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection } = await open(target);
      await until(() => clients.length === 1);
      let chunks = 0;
      clients[0]!.socket.on('data', () => chunks++);
      for (let i = 0; i < 200; i++) connection.call('x', i).subscribe({ error: () => {} });
      await until(() => clients[0]!.messages.length === 200);
      expect(chunks).toBe(1);
    });

    it('is answered once however the bytes are cut', async () => {
      const { target } = await rawServer((client) =>
        client.onMessage(([, id, , params]) => {
          const bytes = [...pack([1, id, null, params])];
          const timer = setInterval(() => (bytes.length > 0 ? client.bytes([bytes.shift()!]) : clearInterval(timer)));
        }),
      );
      const { connection } = await open(target);
      const params = ['žluť', { a: [1, 2n ** 60n] }, Buffer.from('bytes')];
      expect(await answerOf(connection.call('x', ...params))).toEqual(params);
    });

    it('brings answers of many megabytes', async () => {
      const text = 'a line of text\n'.repeat(1_200_000);
      const bytes = Buffer.alloc(64 * 1024 * 1024, 'x');
      const node = await serve({
        methods: { text: () => text, bytes: () => bytes, length: (value: string) => value.length },
      });
      const { connection } = await open(node.target);
      expect((await answerOf(connection.call('text'))) === text).toBeTrue();
      expect(bytes.equals((await answerOf(connection.call('bytes'))) as Buffer)).toBeTrue();
      expect(await answerOf(connection.call('length', text))).toBe(text.length);
    });

    it('waits its turn while the socket is full, and all arrive in order', async () => {
      const seen: number[] = [];
      const { target } = await rawServer((client) => {
        client.socket.pause();
        setTimeout(() => client.socket.resume(), 50);
        client.onMessage(([, id, , [index]]) => {
          seen.push(index);
          client.send([1, id, null, index]);
        });
      });
      const { connection } = await open(target);
      const filling = 'x'.repeat(60_000);
      const answers = await answerOf(
        range(0, 300).pipe(
          mergeMap((i) => connection.call('x', i, i % 7 === 0 ? filling.repeat(3) : filling)),
          toArray(),
        ),
      );
      expect(answers).toEqual(Array.from({ length: 300 }, (_, i) => i));
      expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
    });

    it('is not sent when it is cancelled in the same turn, or while the socket is full', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection } = await open(target);
      await until(() => clients.length === 1);
      const client = clients[0]!;
      connection.call('taken back').subscribe().unsubscribe();
      connection.notify('taken back').subscribe().unsubscribe();
      client.socket.pause();
      connection.call('fills the socket', 'x'.repeat(20_000_000)).subscribe({ error: () => {} });
      await after(20);
      const waiting = Array.from({ length: 3000 }, () => connection.call('taken back').subscribe());
      const stays = answerOf(connection.call('stays'));
      for (const call of waiting) call.unsubscribe();
      client.onMessage(([, id]) => client.send([1, id, null, 'done']));
      client.socket.resume();
      expect(await stays).toBe('done');
      expect(client.messages.map((message: any) => message[2])).toEqual(['fills the socket', 'stays']);
    });

    it('is cancelled by unsubscribing: its late answer is ignored', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection, ended } = await open(target);
      let disturbed = false;
      const given = connection
        .call('slow')
        .subscribe({ next: () => (disturbed = true), error: () => (disturbed = true) });
      await until(() => clients[0]?.messages.length === 1);
      given.unsubscribe();
      const other = answerOf(connection.call('quick'));
      await until(() => clients[0]!.messages.length === 2);
      clients[0]!.send([1, 1, null, 'late'], [1, 2, null, 'in time']);
      expect(await other).toBe('in time');
      expect(disturbed).toBeFalse();
      // The second reply is one without a request.
      clients[0]!.send([1, 1, null, 'again']);
      expect(await ended).toBeInstanceOf(RpcProtocolError);
    });

    it('may be cancelled by taking its answer', async () => {
      const node = await serve({ methods: builtinMethods });
      const { connection } = await open(node.target);
      for (let i = 0; i < 10; i++) expect(await answerOf(connection.call('echo', i).pipe(take(1)))).toBe(i);
    });

    it('fails with the error of the node, of any shape', async () => {
      const errors = [
        'text', [0, 'Vim:E492: Not an editor command'], { message: 'a map', code: 'E_MAP' }, ['one'], 7, false, { a: 1 }, [1, 2, 3],
        Buffer.from('žluť'), [5, Buffer.from('in bytes')], Buffer.from([0xff]),
        [['a long one', Array.from({ length: 50 }, (_, i) => ({ line: i, what: 'x'.repeat(i) }))]],
      ]; // prettier-ignore
      const { target } = await rawServer((client) =>
        client.onMessage(([, id, , [index]]) => client.send([1, id, errors[index], null])),
      );
      const { connection } = await open(`worker@${target}`);
      const failures: RpcError[] = [];
      for (const i of errors.keys()) failures.push(await failureOf(connection.call('method', i)));
      for (const [i, failure] of failures.entries()) {
        expect(failure).toBeInstanceOf(RpcError);
        expect(failure.code).toBe('RPC_ERROR');
        expect(failure.method).toBe('method');
        expect(failure.detail).toEqual(errors[i]);
        expect(failure.message).toMatch(/^'method' failed on worker@127\.0\.0\.1:\d+: .+$/);
      }
      expect(failures[0]!.message).toMatch(/: text$/);
      expect(failures[1]!.message).toMatch(/: Vim:E492: Not an editor command$/);
      expect(failures[1]!.remoteCode).toBe(0);
      expect(failures[2]!.message).toMatch(/: a map$/);
      expect(failures[2]!.remoteCode).toBe('E_MAP');
      expect(failures[4]!.remoteCode).toBeUndefined();
      expect(failures[8]!.message).toMatch(/: žluť$/);
      expect(failures[9]!.message).toMatch(/: in bytes$/);
      expect(failures[9]!.remoteCode).toBe(5);
      expect(failures[10]!.message).toMatch(/: <Buffer ff>$/);
    });

    it('fails alone when its params cannot be sent', async () => {
      const node = await serve({ methods: builtinMethods });
      const { connection } = await open(node.target);
      const error = await failureOf(connection.call('echo', () => {}));
      expect(error).toBeInstanceOf(RpcEncodeError);
      expect(error.code).toBe('RPC_ENCODE');
      expect(error.message).toContain('function');
      expect((await failureOf(connection.notify('echo', Symbol('x')))).code).toBe('RPC_ENCODE');
      expect(await answerOf(connection.call('echo', 1))).toBe(1);
    });
  });

  describe('what comes unasked', () => {
    it('notifies both ways', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection } = await open(target);
      await until(() => clients.length === 1);
      const heard = answerOf(connection.notifications$.pipe(take(2), toArray()));
      clients[0]!.send([2, 'one', [1]], [2, 'two', []]);
      expect(await heard).toEqual([{ method: 'one', params: [1] }, { method: 'two', params: [] }]); // prettier-ignore
      await answerOf(connection.notify('three', 3, { x: 1 }));
      await until(() => clients[0]!.messages.length === 1);
      expect(clients[0]!.messages).toEqual([[2, 'three', [3, { x: 1 }]]]);
    });

    it('answers a request of the node by its handler, or refuses it at once', async () => {
      const { target, clients } = await rawServer(() => {});
      await open(target, {
        handlers: {
          plain: (a: number, b: number) => a + b,
          stream: () => of(1, 2, 3),
          promise: async () => 'later',
          none: () => EMPTY,
          throws: () => {
            throw new Error('no');
          },
        },
      });
      await until(() => clients.length === 1);
      const client = clients[0]!;
      client.send([0, 0, 'plain', [1, 2]], [0, 1, 'stream', []], [0, 2, 'promise', []], [0, 3, 'none', []]);
      client.send([0, 4, 'throws', []], [0, 5, 'unknown', []], [0, 2 ** 32 - 1, 'toString', []]);
      await until(() => client.messages.length === 7);
      const answers = (client.messages as any[]).sort((a, b) => a[1] - b[1]);
      expect(answers).toEqual([
        [1, 0, null, 3],
        [1, 1, null, 3],
        [1, 2, null, 'later'],
        [1, 3, null, null],
        [1, 4, [0, 'no'], null],
        [1, 5, [1, "there is no method 'unknown' here"], null],
        [1, 2 ** 32 - 1, [1, "there is no method 'toString' here"], null],
      ]);
    });

    it('answers requests while it waits for an answer itself', async () => {
      const { target } = await rawServer((client) =>
        client.onMessage((message) => {
          if (message[0] === 0) client.send([0, 77, 'ask_back', [message[3][0]]]);
          else client.send([1, 1, null, message[3]]);
        }),
      );
      const { connection } = await open(target, { handlers: { ask_back: (n: number) => n * 2 } });
      expect(await answerOf(connection.call('x', 21))).toBe(42);
    });

    it('fails by a node that asks without end and takes no answer', async () => {
      const { target, clients } = await rawServer(() => {});
      const { connection, ended } = await open(target, {
        handlers: { big: () => 'x'.repeat(1_000_000) },
        limits: { maxUnsentBytes: 2_000_000 },
      });
      await until(() => clients.length === 1);
      clients[0]!.socket.pause();
      connection.call('never answered').subscribe({ error: () => {} });
      for (let i = 0; i < 100; i++) clients[0]!.send([0, i, 'big', []]);
      const error = (await ended) as RpcProtocolError;
      expect(error.code).toBe('RPC_LIMIT');
    });
  });

  describe('faults of the node', () => {
    const faults: [string, Buffer, RegExp][] = [
      ['a reply without a request', pack([1, 99, null, 1]), /answer to call 99, which was not made/],
      ['an error that belongs to no call', pack([1, 0, [1, 'I am lost'], null]), /belongs to no call: I am lost/],
      ['bytes that are no MessagePack', Buffer.of(0x94, 0xc1), /0xc1/],
      ['text, as of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /a number where a message should be/],
      ['a map', pack({}), /where a message should be/],
      ['nil', pack(null), /nil where a message should be/],
      ['an empty array', pack([]), /unknown type/],
      ['a fourth type', pack([3, 1, null, 1]), /unknown type/],
      ['too few parts', pack([1, 1, null]), /3 parts where 4/],
      ['too many parts', pack([2, 'x', [], 1]), /4 parts where 3/],
      ['an id that is none', pack([1, 'one', null, 1]), /a string where a message id/],
      ['an id below zero', pack([1, -1, null, 1]), /message id/],
      ['an id beyond 32 bits', pack([1, 2 ** 32, null, 1]), /message id/],
      ['a method that is no text', pack([2, 7, []]), /name of a method/],
      ['params that are no array', pack([0, 1, 'm', 7]), /params of 'm'/],
      ['four thousand million elements', Buffer.of(0x94, 1, 1, 0xc0, 0xdd, 255, 255, 255, 255), /maxElements/],
      ['a text of four gigabytes', Buffer.of(0x94, 1, 1, 0xc0, 0xdb, 255, 255, 255, 255), /maxMessageBytes/],
      ['endless nesting', Buffer.alloc(61_440, 0x91), /maxDepth/],
    ]; // prettier-ignore
    for (const [what, bytes, reason] of faults) {
      it(`${what}: the connection is closed, its calls fail, and the error says so`, async () => {
        const { target, clients } = await rawServer((client) => client.onMessage(() => client.bytes(bytes)));
        const { connection, ended } = await open(`worker@${target}`);
        const error = await failureOf(connection.call('method'));
        expect(error).toBeInstanceOf(RpcProtocolError);
        expect(error.method).toBe('method');
        expect(error.target).toBe(`worker@${target}`);
        expect(error.message).toContain(`worker@${target}`);
        expect(error.message).toMatch(reason);
        expect(error.code).toBe(reason.source.includes('max') ? 'RPC_LIMIT' : 'RPC_PROTOCOL');
        const life = (await ended) as RpcProtocolError;
        expect(life).toBeInstanceOf(RpcProtocolError);
        expect(life.method).toBeUndefined();
        await until(() => clients[0]!.closed);
      });
    }

    it('spares the connections beside it', async () => {
      const { target } = await rawServer((client) =>
        client.onMessage(([, id, method]) =>
          method === 'bad' ? client.bytes([0xc1]) : client.send([1, id, null, 'good']),
        ),
      );
      const one = await open(target);
      const other = await open(target);
      await failureOf(one.connection.call('bad'));
      expect(await answerOf(other.connection.call('good'))).toBe('good');
    });

    it('keeps the answers that came before the fault', async () => {
      const { target } = await rawServer((client) =>
        client.onMessage(([, id]) => {
          if (id === 2) client.bytes(Buffer.concat([pack([1, 1, null, 'first']), Buffer.of(0xc1)]));
        }),
      );
      const { connection } = await open(target);
      const first = answerOf(connection.call('x'));
      const second = failureOf(connection.call('x'));
      expect(await first).toBe('first');
      expect(await second).toBeInstanceOf(RpcProtocolError);
    });

    it('takes a __proto__ in an answer as a key', async () => {
      const answer = Buffer.concat([Buffer.of(0x94, 1, 1, 0xc0, 0x81), pack('__proto__'), pack({ polluted: true })]);
      const { target } = await rawServer((client) => client.onMessage(() => client.bytes(answer)));
      const { connection } = await open(target);
      const value: any = await answerOf(connection.call('x'));
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(value.polluted).toBeUndefined();
    });

    it('fails with a codec that cannot decode', async () => {
      const { target } = await rawServer(answering(() => 1));
      const codec = {
        encode: pack,
        decode: () => {
          throw new Error('not mine');
        },
      };
      const { connection } = await open(target, { codec });
      const error = await failureOf(connection.call('x'));
      expect(error.message).toContain('cannot be decoded');
      expect(error.cause.cause.message).toBe('not mine');
    });
  });
});
