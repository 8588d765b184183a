import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { NEVER } from 'rxjs';
import { watch } from '../../../src/connectors/msgpack-rpc/keep-alive';
import type { Session } from '../../../src/connectors/msgpack-rpc/session';
import { until } from '../../helpers/turns';
import { after, failureOf, scene } from './support';

/** Only what is watched, so that the compiler sees when that has another name. */
function fakeSession(): Pick<Session, 'receivedData' | 'ping' | 'abort'> {
  return { receivedData: false, ping: jasmine.createSpy().and.returnValue(NEVER), abort: jasmine.createSpy() };
}

describe('keepAlive', () => {
  const { open, rawServer, cleanup } = scene();

  it('closes the connection to a node that accepts and does not respond', async () => {
    const { target, clients } = await rawServer(() => {});
    const { connection, ended } = await open(target, { keepAlive: { interval: 20, timeout: 20 } });
    const failure = failureOf(connection.call('x'));
    const error: any = await ended;
    expect(error.code).toBe('RPC_CONNECTION_LOST');
    expect(error.message).toContain('nothing came in for 20 ms');
    expect((await failure).code).toBe('RPC_CONNECTION_LOST');
    expect(clients[0]!.messages.map((message: any) => message[2])).toEqual(['x', 'ping']);
  });

  it('is content with any answer, an error too, and with anything else that comes in', async () => {
    const { target, clients } = await rawServer((client) =>
      client.onMessage(([, id]) => client.send([1, id, 'no such method', null])),
    );
    let ended = false;
    const opened = await open(target, { keepAlive: { interval: 15, timeout: 1000, method: 'are_you_there' } });
    void opened.ended.then(() => (ended = true));
    await until(() => clients[0]!.messages.length >= 3);
    expect((clients[0]!.messages[0] as any)[2]).toBe('are_you_there');
    expect(ended).toBeFalse();
  });

  it('leaves no timer of a connection that is closed', async () => {
    const interval = 654_321;
    const { target } = await rawServer(() => {});
    const set = spyOn(globalThis, 'setTimeout').and.callThrough();
    const cleared = spyOn(globalThis, 'clearTimeout').and.callThrough();
    const { close } = await open(target, { keepAlive: { interval } });
    const timers = set.calls.all().filter(({ args }) => args[1] === interval);
    expect(timers.length).toBe(1);
    close();
    expect(cleared.calls.allArgs().flat()).toContain(timers[0]!.returnValue);
  });

  it('asks nothing while something comes in', () => {
    jasmine.clock().install();
    cleanup(() => jasmine.clock().uninstall());
    const session = fakeSession();
    cleanup(watch(session as Session, { interval: 100, timeout: 20, method: 'ping' }));
    for (let i = 0; i < 10; i++) {
      jasmine.clock().tick(99);
      session.receivedData = true;
      jasmine.clock().tick(1);
    }
    expect(session.ping).not.toHaveBeenCalled();
    jasmine.clock().tick(99);
    expect(session.ping).not.toHaveBeenCalled();
    jasmine.clock().tick(1);
    expect(session.ping).toHaveBeenCalledOnceWith('ping');
    session.receivedData = true;
    jasmine.clock().tick(20);
    expect(session.abort).not.toHaveBeenCalled();
  });

  it('asks nothing, and gives nothing up, once it has ended', async () => {
    jasmine.clock().install();
    cleanup(() => jasmine.clock().uninstall());
    const begin = () => {
      const session = fakeSession();
      return { session, end: watch(session as Session, { interval: 100, timeout: 20, method: 'ping' }) };
    };
    const [listening, asking, deciding] = [begin(), begin(), begin()];
    listening.end();
    jasmine.clock().tick(100);
    expect(listening.session.ping).not.toHaveBeenCalled();
    expect(asking.session.ping).toHaveBeenCalledTimes(1);
    asking.end();
    jasmine.clock().tick(20);
    deciding.end();
    // The decision waits for what can be read now.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    for (const { session } of [listening, asking, deciding]) expect(session.abort).not.toHaveBeenCalled();
  });

  it('does not take our own want of time for silence of the node', async () => {
    // On a thread of its own, so that it answers while this one is busy.
    const node = new Worker(
      `const { createServer } = require('node:net');
       const { parentPort } = require('node:worker_threads');
       const server = createServer((socket) => {
         socket.on('error', () => {});
         socket.on('data', () => socket.write(Buffer.of(0x93, 2, 0xa1, 0x78, 0x90)));
       });
       server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    cleanup(() => node.terminate());
    const [port] = (await once(node, 'message')) as [number];
    const { connection, ended } = await open(`127.0.0.1:${port}`, { keepAlive: { interval: 20, timeout: 20 } });
    let end: unknown;
    void ended.then((how) => (end = how));
    let heard = 0;
    connection.notifications$.subscribe(() => heard++);
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      while (performance.now() - start < 400);
      await after(0);
    }
    expect(end).toBeUndefined();
    expect(heard).toBeGreaterThan(0);
  });

  it('ends with the connection', async () => {
    const { target, clients } = await rawServer(() => {});
    const { close } = await open(target, { keepAlive: { interval: 10 } });
    close();
    await after(40);
    expect(clients[0]!.messages).toEqual([]);
  });
});
