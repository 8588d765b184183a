import type { Socket } from 'node:net';
import { connectErlangNode } from '../../../src/connectors/erlang/index';
import { freePort } from '../../helpers/erlang';
import { failureOf } from '../msgpack-rpc/support';
import { ScriptedNode } from './scripted-node';
import { scene } from './support';

const NAME = 'worker@127.0.0.1';
const COOKIE = 'a secret';
/** In ms. Its error may come as late as this. */
const CONNECT_TIMEOUT = 200;

describe('an EPMD', () => {
  const { open, serve } = scene();
  const answer = (port: number, version = 6): Buffer =>
    Buffer.concat([
      Buffer.of(119, 0, port >> 8, port & 255, 77, 0, 0, version, 0, 5, 0, 6),
      Buffer.from('worker'),
      Buffer.of(0, 0),
    ]);
  const asking = async (onRequest: (socket: Socket, request: Buffer) => void): Promise<any> => {
    const port = await serve((socket) => socket.once('data', (request) => onRequest(socket, request)));
    return failureOf(open(NAME, { cookie: COOKIE, epmd: { host: '127.0.0.1', port }, connectTimeout: CONNECT_TIMEOUT })); // prettier-ignore
  };
  const answering = (bytes: Buffer, ends = true): Promise<any> =>
    asking((socket) => (ends ? socket.end(bytes) : socket.write(bytes)));

  it('that answers one byte at a time is understood', async () => {
    const node = await serve((socket) => new ScriptedNode(socket, { name: NAME, cookie: COOKIE }));
    let asked: Buffer | undefined;
    const port = await serve((socket) => {
      socket.setNoDelay(true);
      const slowly = async (): Promise<void> => {
        for (const byte of answer(node)) {
          socket.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
      };
      socket.once('data', (request: Buffer) => {
        asked = request;
        void slowly();
      });
    });
    const { connection } = await open(NAME, { cookie: COOKIE, epmd: { host: '127.0.0.1', port } });
    expect(connection.name).toBe('CLIENT@127.0.0.1');
    expect(asked).toEqual(Buffer.concat([Buffer.of(0, 7, 122), Buffer.from('worker')]));
  });

  it('has no connection any more when it has answered, or is not asked any more', async () => {
    const node = await serve((socket) => new ScriptedNode(socket, { name: NAME, cookie: COOKIE }));
    const closed = (answers: boolean): { port: Promise<number>; asked: Promise<void>; ended: Promise<void> } => {
      let ask: () => void;
      let end: () => void;
      const asked = new Promise<void>((resolve) => (ask = resolve));
      const ended = new Promise<void>((resolve) => (end = resolve));
      const port = serve((socket) => {
        socket.once('data', () => {
          if (answers) socket.write(answer(node));
          ask();
        });
        socket.once('close', () => end());
      });
      return { port, asked, ended };
    };
    const answering = closed(true);
    await open(NAME, { cookie: COOKIE, epmd: { host: '127.0.0.1', port: await answering.port } });
    await answering.ended;
    const silent = closed(false);
    const connect = connectErlangNode(NAME, { cookie: COOKIE, epmd: { host: '127.0.0.1', port: await silent.port } });
    const connecting = connect().subscribe();
    await silent.asked;
    connecting.unsubscribe();
    await expectAsync(silent.ended).toBeResolved();
  });

  it('that answers too little, too much or something else is no EPMD', async () => {
    const wrong: Record<string, Buffer> = {
      nothing: Buffer.alloc(0),
      'one byte': answer(5).subarray(0, 1),
      'half of it': answer(5).subarray(0, 9),
      'no port': answer(0),
      'another protocol': Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'another byte first': Buffer.concat([Buffer.of(118), answer(5).subarray(1)]),
      'a megabyte': Buffer.alloc(2 ** 20, 1),
    };
    for (const [what, bytes] of Object.entries(wrong)) {
      const error = await answering(bytes);
      expect(error.name).withContext(what).toBe('ErlangProtocolError');
      expect(error.message).withContext(what).toContain('does not answer as EPMD does');
    }
    // What cannot become an answer any more is not waited for.
    expect((await answering(wrong['another protocol']!, false)).name).toBe('ErlangProtocolError');
  });

  it('that never answers, or never to the end, is waited for until connectTimeout', async () => {
    for (const part of [Buffer.alloc(0), answer(5).subarray(0, 9)]) {
      const error = await answering(part, false);
      expect(error.name).toBe('ErlangConnectError');
      expect(error.message).toContain('while asking EPMD for the port (connectTimeout)');
    }
  });

  it('that breaks down is the reason', async () => {
    const error = await asking((socket) => socket.resetAndDestroy());
    expect(error.name).toBe('ErlangEpmdError');
    expect(error.message).toContain('ECONNRESET');
    expect(error.cause.code).toBe('ECONNRESET');
  });

  it('that knows the node by a port where it is not', async () => {
    const closed = await answering(answer(await freePort()));
    expect(closed.name).toBe('ErlangConnectError');
    expect(closed.message).toContain('ECONNREFUSED');
    const web = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await answering(answer(web))).name).toMatch(/^Erlang(Protocol|Connect)Error$/);
    const other = await serve((socket) => new ScriptedNode(socket, { name: 'other@127.0.0.1', cookie: COOKIE }));
    expect((await answering(answer(other))).name).toBe('ErlangUnknownNameError');
  });

  it('says which nodes it knows, and how old they are', async () => {
    const unknown = await answering(Buffer.of(119, 1));
    expect(unknown.name).toBe('ErlangUnknownNameError');
    expect(unknown.message).toContain("knows no node called 'worker'");
    const old = await answering(answer(5, 5));
    expect(old.name).toBe('ErlangFlagsError');
    expect(old.message).toContain('older than OTP 23');
  });
});
