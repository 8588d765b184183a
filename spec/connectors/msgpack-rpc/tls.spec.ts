import { createConnection } from 'node:net';
import { forkJoin } from 'rxjs';
import { builtinMethods, connectNode, RpcConnectionError } from '../../../src/connectors/msgpack-rpc/index';
import { createPool } from '../../../src/index';
import { selfSigned } from '../certificate';
import { until } from '../../helpers/turns';
import { answerOf, failureOf, scene } from './support';

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

  it('refuses a node whose certificate nobody vouches for, or that is of another name, and says so', async () => {
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
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]).toBeInstanceOf(RpcConnectionError);
    expect(await answerOf(known.connection.call('echo', 2))).toBe(2);
  });

  it('on one side only is an error on both', async () => {
    const plain = await serve({ methods: builtinMethods });
    const toPlain = await failureOf(connectNode(plain.target, { tls: { ca: ours.cert } })());
    expect(toPlain.code).toBe('RPC_CONNECT_FAILED');
    expect(toPlain.message).toContain('Does the node speak TLS?');

    // What a plain client says may look like the beginning of TLS, so that only time tells.
    const secure = await serve({ methods: builtinMethods, tls: { ...ours, handshakeTimeout: 50 } });
    const fault = answerOf(secure.faults$);
    const { connection, ended } = await open(secure.target);
    const toSecure = await failureOf(connection.call('echo', 1));
    expect(toSecure.code).toBe('RPC_CONNECTION_CLOSED');
    await ended;
    expect((await fault).message).toMatch(/could not agree on TLS/);
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

  it('turns away a client that does not come to the point', async () => {
    const node = await serve({ methods: builtinMethods, tls: { ...ours, handshakeTimeout: 30 } });
    const fault = answerOf(node.faults$);
    const silent = await rawClient(node.target);
    await until(() => silent.closed);
    expect((await fault).message).toContain('could not agree on TLS');
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
