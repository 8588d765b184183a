import { createConnection } from 'node:net';
import { forkJoin } from 'rxjs';
import { builtinMethods, connectNode, RpcConnectionError } from '../../../src/connectors/msgpack-rpc/index';
import { createPool } from '../../../src/index';
import { selfSigned } from '../certificate';
import { until } from '../../helpers/turns';
import { after, answerOf, failureOf, scene } from './support';

describe('TLS', () => {
  const ours = selfSigned(['localhost', 'worker.test'], ['127.0.0.1']);
  const { open, serve, rawServer, rawClient, cleanup } = scene();

  it('carries calls, answers and requests of the node, large ones too', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours });
    const { connection, close } = await open(node.target, { tls: { ca: ours.cert } });
    expect(await answerOf(connection.call('echo', { a: [1, 'žluť'] }))).toEqual({ a: [1, 'žluť'] });
    const text = 'a line of text\n'.repeat(300_000);
    const answers = await answerOf(forkJoin([1, 2, 3].map((i) => connection.call('echo', text + String(i)))));
    expect(answers.every((answer, i) => answer === text + String(i + 1))).toBeTrue();
    close();
    await until(() => node.connections$.value === 0);
    await node.close();
    const other = await serve({ methods: builtinMethods, tls: ours });
    const second = await open(other.target, { tls: { ca: ours.cert } });
    await answerOf(second.connection.call('echo', 1));
    await other.close();
    expect(await second.ended).toBe('complete');
  });

  it('goes over a socket that was opened before, through a tunnel for instance', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours });
    const tunnel = await rawServer(({ socket }) => {
      const onward = createConnection({ host: '127.0.0.1', port: Number(node.target.split(':').at(-1)) });
      cleanup(() => onward.destroy());
      socket.removeAllListeners('data').pipe(onward).pipe(socket);
    });
    const socket = createConnection({ host: '127.0.0.1', port: Number(tunnel.target.split(':').at(-1)) });
    const { connection, ended } = await open(node.target, { tls: { ca: ours.cert, socket } });
    const bytes = Buffer.alloc(3_000_000, 'tunnel');
    expect(bytes.equals((await answerOf(connection.call('echo', bytes))) as Buffer)).toBeTrue();
    await node.close();
    expect(await ended).toBe('complete');
  });

  it('serves a pool', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours });
    const pool = createPool({ max: 3, capacity: 10, connect: connectNode(node.target, { tls: { ca: ours.cert } }) });
    cleanup(() => pool.destroy());
    const calls = Array.from({ length: 100 }, (_, i) => pool.use((worker) => worker.call('echo', i)));
    expect(await answerOf(forkJoin(calls))).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('tells the node by which name it was called', async () => {
    const names: string[] = [];
    const node = await serve({
      methods: builtinMethods,
      host: 'localhost',
      tls: {
        ...ours,
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      },
    });
    await open(`worker@localhost:${node.target.split(':').at(-1)}`, { tls: { ca: ours.cert } });
    const { target } = node;
    const host = target.startsWith('[') ? '[::1]' : '127.0.0.1';
    await open(`${host}:${target.split(':').at(-1)}`, { tls: { ca: ours.cert, servername: 'worker.test' } });
    expect(names).toEqual(['localhost', 'worker.test']);
  });

  it('refuses a node whose certificate is not signed by a known authority, or is for another name, with the reason', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours });
    const unknown = await failureOf(connectNode(node.target, { tls: true })());
    expect(unknown).toBeInstanceOf(RpcConnectionError);
    expect(unknown.code).toBe('RPC_CONNECT_FAILED');
    expect(unknown.message).toContain(node.target);
    expect(unknown.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(unknown.message).toContain('ca');

    const named = { ca: ours.cert, servername: 'somebody.else' };
    const other = await failureOf(connectNode(node.target, { tls: named })());
    expect(other.code).toBe('RPC_CONNECT_FAILED');
    expect(other.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    await until(() => node.connections$.value === 0);
  });

  it('lets a node ask for a certificate of its clients', async () => {
    const theirs = selfSigned(['client']);
    const node = await serve({
      methods: builtinMethods,
      tls: { ...ours, ca: theirs.cert, requestCert: true, rejectUnauthorized: true },
    });
    const faults: Error[] = [];
    node.faults$.subscribe((fault) => faults.push(fault));
    const known = await open(node.target, { tls: { ca: ours.cert, ...theirs } });
    expect(await answerOf(known.connection.call('echo', 1))).toBe(1);
    const pool = createPool({ max: 1, connect: connectNode(node.target, { tls: { ca: ours.cert } }), retryDelay: 0 });
    cleanup(() => pool.destroy());
    const failure = await failureOf(pool.use((worker) => worker.call('echo', 1)));
    expect(failure.code).toMatch(/^(RPC_CONNECTION_LOST|RPC_CONNECTION_CLOSED|CONNECTION_FAILED)$/);
    await until(() => faults.length > 0);
    expect(faults[0]).toBeInstanceOf(RpcConnectionError);
    expect(faults[0]!.message).toMatch(
      /^127\.0\.0\.1:\d+ and this node could not agree on TLS: it has sent no certificate, but one is required \(ERR_SSL/,
    );
    faults.length = 0;
    const stranger = selfSigned(['stranger']);
    connectNode(node.target, { tls: { ca: ours.cert, ...stranger } })().subscribe({ error: () => {} });
    await until(() => faults.length > 0);
    expect(faults[0]!.message).toMatch(
      /^127\.0\.0\.1:\d+ and this node could not agree on TLS: its certificate was refused: .*\(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    );
    expect(await answerOf(known.connection.call('echo', 2))).toBe(2);
  });

  describe('on one side only', () => {
    it('is an error of the client that says so, and a fault of the node that names it: TLS at a plain port', async () => {
      const node = await serve({ methods: builtinMethods });
      const fault = answerOf(node.faults$);
      const failure = await failureOf(connectNode(node.target, { tls: { ca: ours.cert } })());
      expect(failure.code).toBe('RPC_CONNECT_FAILED');
      expect(failure.message).toContain('Does the node speak TLS?');
      expect((await fault).message).toMatch(
        /^127\.0\.0\.1:\d+ broke the protocol by sending TLS where MessagePack should be\. Does only one/,
      );
    });

    it('is the same the other way round: no TLS at a port of TLS', async () => {
      // No timeout of the handshake has to pass for it.
      const node = await serve({ methods: builtinMethods, tls: ours, handshakeTimeout: Infinity });
      const fault = answerOf(node.faults$);
      const { connection, ended } = await open(node.target);
      const failure = await failureOf(connection.call('echo', 1));
      expect(failure.message).toContain(
        'this node speaks TLS, but the data received is not TLS. Is the option tls missing?',
      );
      expect(await ended).toBeInstanceOf(Error);
      expect((await fault).message).toMatch(
        /^127\.0\.0\.1:\d+ and this node could not agree on TLS: the data that it sent is not TLS$/,
      );
      // As Node's own server of TLS answers what it cannot read.
      const alert = await rawServer((client) => client.bytes([0x15, 3, 3, 0, 2, 2, 70]));
      const plain = await open(alert.target);
      expect(((await plain.ended) as Error).message).toContain('by sending TLS where MessagePack should be');
    });
  });

  it('fails in words when the node goes away in the handshake', async () => {
    const { target } = await rawServer(({ socket }) =>
      socket.removeAllListeners('data').once('data', () => socket.destroy()),
    );
    const ended = await failureOf(connectNode(target, { tls: true })());
    expect(ended.code).toBe('RPC_CONNECT_FAILED');
    expect(ended.message).toContain(target);
  });

  it('does not let a client that says nothing keep the node from closing', async () => {
    // Otherwise it would be waited for beyond what a spec may take.
    const node = await serve({ methods: builtinMethods, tls: { ...ours, handshakeTimeout: 600_000 } });
    const silent = await rawClient(node.target);
    const { ended } = await open(node.target, { tls: { ca: ours.cert } });
    await node.close();
    await until(() => silent.closed);
    expect(await ended).toBe('complete');
  });

  it('closes a client that does not complete the handshake', async () => {
    for (const options of [{ tls: { ...ours, handshakeTimeout: 30 } }, { tls: ours, handshakeTimeout: 30 }]) {
      const node = await serve({ methods: builtinMethods, ...options });
      const fault = answerOf(node.faults$);
      const silent = await rawClient(node.target);
      await until(() => silent.closed);
      expect((await fault).message).toMatch(
        /^127\.0\.0\.1:\d+ and this node could not agree on TLS: it took longer than 30 ms \(handshakeTimeout\)$/,
      );
      expect(node.connections$.value).toBe(0);
    }
  });

  it('turns it away also while it sends something now and then', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours, handshakeTimeout: 300 });
    const faults: Error[] = [];
    node.faults$.subscribe((fault) => faults.push(fault));
    const slow = await rawClient(node.target);
    // The beginning of a handshake, a byte at a time: each comes well before a timeout of 300 ms has passed since the last.
    const hello = Buffer.concat([Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), Buffer.alloc(300)]);
    for (let sent = 0; sent < hello.length && !slow.closed; sent++) {
      slow.bytes(hello.subarray(sent, sent + 1));
      await after(20);
    }
    expect(slow.closed).toBeTrue();
    expect(faults.map(({ message }) => message)).toEqual([jasmine.stringMatching(/longer than 300 ms/)]);
  });

  it('has no timeout once both sides have agreed', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours, handshakeTimeout: 500 });
    const faults: Error[] = [];
    node.faults$.subscribe((fault) => faults.push(fault));
    const { connection } = await open(node.target, { tls: { ca: ours.cert } });
    const silent = await rawClient(node.target);
    await until(() => silent.closed);
    expect(await answerOf(connection.call('echo', 1))).toBe(1);
    expect(faults.length).toBe(1);
  });

  it('is not kept from good clients by those that never begin', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours, limits: { maxConnections: 10 } });
    const silent = await Promise.all(Array.from({ length: 200 }, () => rawClient(node.target)));
    const { connection } = await open(node.target, { tls: { ca: ours.cert } });
    expect(await answerOf(connection.call('echo', 1))).toBe(1);
    await until(() => silent.filter(({ closed }) => !closed).length === 9);
    expect(node.connections$.value).toBe(1);
  });

  it('tells a client too many why', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours, limits: { maxConnections: 1 } });
    const first = await open(node.target, { tls: { ca: ours.cert } });
    first.connection.call('sleep', 60_000).subscribe({ error: () => {} });
    expect(await answerOf(first.connection.call('echo', 1))).toBe(1);
    const second = await open(node.target, { tls: { ca: ours.cert } });
    expect(((await second.ended) as Error).message).toContain('(maxConnections)');
    expect(node.connections$.value).toBe(1);
  });

  it('reports no client that says nothing and goes', async () => {
    const node = await serve({ methods: builtinMethods, tls: ours });
    const faults: Error[] = [];
    node.faults$.subscribe((fault) => faults.push(fault));
    const silent = await rawClient(node.target);
    silent.socket.end();
    await until(() => silent.closed);
    await open(node.target, { tls: { ca: ours.cert } });
    expect(faults).toEqual([]);
  });

  it('is seen through by the options of the client', async () => {
    const seen: unknown[] = [];
    const node = await serve({ methods: builtinMethods, tls: ours });
    await open(node.target, {
      tls: {
        ca: ours.cert,
        checkServerIdentity: (host, { subjectaltname }) => {
          seen.push(host, subjectaltname);
          return undefined;
        },
      },
    });
    expect(seen).toEqual(['127.0.0.1', 'DNS:localhost, DNS:worker.test, IP Address:127.0.0.1']);
  });
});
