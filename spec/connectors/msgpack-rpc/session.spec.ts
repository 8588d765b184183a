import { createConnection, type Socket } from 'node:net';
import { Subject, Subscriber } from 'rxjs';
import { RefCountedKeepAlive } from '../../../src/connectors/msgpack-rpc/ref-counted-keep-alive';
import { Call, Calls } from '../../../src/connectors/msgpack-rpc/calls';
import { closedLocally } from '../../../src/connectors/msgpack-rpc/close-reason';
import { createLiteCodec } from '../../../src/connectors/msgpack-rpc/index';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Outbox } from '../../../src/connectors/msgpack-rpc/outbox';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import { until } from '../../helpers/turns';
import { MemorySocket } from './memory-socket';
import { after, answerOf, failureOf, scene, type RawPeer } from './support';

const LARGEST = 2 ** 32 - 1;

describe('the ids of calls', () => {
  const { rawServer, cleanup } = scene();

  /** A session whose first call has an id of the spec's choice, and the peer at its other end. */
  async function session(firstId: number): Promise<{ session: Session; peer: RawPeer; ended: Promise<unknown> }> {
    const { target, clients } = await rawServer(() => {});
    const socket = createConnection({ host: '127.0.0.1', port: Number(target.split(':')[1]) });
    await new Promise((resolve) => socket.once('connect', resolve));
    await until(() => clients.length === 1);
    const config = {
      target,
      codec: createLiteCodec(),
      limits: clientLimits,
      methods: new Map(),
      role: 'client',
      firstId,
    } as const;
    let session!: Session;
    const ended = new Promise<unknown>((resolve) => (session = new Session(socket, config, resolve)));
    cleanup(() => session.close());
    return { session, peer: clients[0]!, ended };
  }
  const idsOf = (peer: RawPeer): unknown[] => peer.messages.map((message: any) => message[1]);

  it('begin at 1 and count up', async () => {
    const { session: it, peer } = await session(1);
    for (let i = 0; i < 3; i++) it.call('x').subscribe({ error: () => {} });
    await until(() => peer.messages.length === 3);
    expect(idsOf(peer)).toEqual([1, 2, 3]);
  });

  it('begin again after the last of 32 bits, without the 0', async () => {
    const { session: it, peer } = await session(LARGEST - 1);
    peer.onMessage(([, id]) => peer.send([1, id, null, id]));
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await answerOf(it.call('x')));
    expect(answers).toEqual([LARGEST - 1, LARGEST, 1, 2]);
  });

  it('skip those in flight, and cancelled ones that may still be answered', () => {
    const socket = { on: () => socket, ref: () => socket, unref: () => socket, write: () => true } as unknown as Socket;
    const outbox = new Outbox(socket);
    const calls = new Calls('somewhere', outbox, new RefCountedKeepAlive(socket, false), LARGEST);
    const start = (id: number): Call => {
      const call = new Call(calls, 'x', new Subscriber<unknown>(new Subject()), true);
      calls.start(call, id, Buffer.of(1));
      return call;
    };
    start(2);
    const unsent = start(3);
    unsent.unsubscribe();
    const ids = [calls.nextId(), calls.nextId(), calls.nextId()];
    // 2 is in progress; 3 was cancelled before it was sent, so there will be no reply to it.
    expect(ids).toEqual([LARGEST, 1, 3]);
    expect(calls.unanswered).toBe(1);
  });

  it('of cancelled calls are counted until the answer has arrived, or the connection has ended', async () => {
    const socket = { on: () => socket, ref: () => socket, unref: () => socket, write: () => true } as unknown as Socket;
    const calls = new Calls('somewhere', new Outbox(socket), new RefCountedKeepAlive(socket, false), 1);
    const start = (): Call => {
      const call = new Call(calls, 'x', new Subscriber<unknown>(new Subject()), true);
      calls.start(call, calls.nextId(), Buffer.of(1));
      return call;
    };
    const counts = (): number[] => [calls.unanswered, calls.cancelled];
    const sent = [start(), start(), start()];
    await after(0);
    for (const call of sent) call.unsubscribe();
    expect(counts()).toEqual([3, 3]);
    calls.settle(2, null, 'too late');
    expect(counts()).toEqual([2, 2]);
    start().unsubscribe();
    expect(counts()).withContext('one that has not left is simply gone').toEqual([2, 2]);
    calls.fail(closedLocally('somewhere'));
    expect(counts()).toEqual([0, 0]);
  });

  it('of calls that wait while many others are answered still find them, and fail in the order of their calls', async () => {
    const { session: it, peer } = await session(LARGEST - 20);
    const told: string[] = [];
    const call = (name: string): unknown =>
      it.call(name).subscribe({ next: () => told.push(name), error: () => told.push(`not ${name}`) });
    call('first');
    call('second');
    for (let i = 0; i < 100; i++) {
      const answer = answerOf(it.call('x'));
      await until(() => peer.messages.length === i + 3);
      peer.send([1, idsOf(peer)[i + 2], null, i]);
      expect(await answer).toBe(i);
    }
    peer.send([1, LARGEST - 20, null, 1]);
    await until(() => told.length === 1);
    for (let i = 0; i < 40; i++) call(String(i));
    it.close();
    expect(told).toEqual(['first', 'not second', ...Array.from({ length: 40 }, (_, i) => `not ${i}`)]);
  });

  it('are free again when the answer has come, and only then', async () => {
    const { session: it, peer, ended } = await session(1);
    const first = answerOf(it.call('x'));
    await until(() => peer.messages.length === 1);
    peer.send([1, 1, null, 'once']);
    expect(await first).toBe('once');
    const failure = failureOf(it.call('y'));
    peer.send([1, 1, null, 'twice']);
    expect((await failure).code).toBe('RPC_PROTOCOL');
    expect(await ended).toBeInstanceOf(Error);
  });

  it('cannot be guessed by an answer that comes before the call has left', async () => {
    const { session: it, peer } = await session(1);
    peer.socket.pause();
    it.call('fills the socket', 'x'.repeat(20_000_000)).subscribe({ error: () => {} });
    await after(20);
    const failure = failureOf(it.call('has not left'));
    peer.send([1, 2, null, 'guessed']);
    const error = await failure;
    expect(error.code).toBe('RPC_PROTOCOL');
    expect(error.message).toContain('an answer to call 2, which was not made');
  });
});

describe('a notification', () => {
  it('fails when the connection ends before it has left', async () => {
    const memory = new MemorySocket();
    const config = { target: 'somewhere', codec: createLiteCodec(), limits: clientLimits, methods: new Map() };
    const session = new Session(memory.socket, { ...config, role: 'client' }, () => {});
    const failed = failureOf(session.notify('x'));
    session.close();
    expect(await failed).toEqual(jasmine.objectContaining({ code: 'RPC_CONNECTION_CLOSED' }));
    expect(memory.said.length).toBe(0);
  });
});
