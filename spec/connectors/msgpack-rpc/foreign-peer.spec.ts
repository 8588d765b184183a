import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { forkJoin } from 'rxjs';
import { builtinMethods } from '../../../src/connectors/msgpack-rpc/index';
import { until } from '../../helpers/turns';
import { answerOf, failureOf, scene } from './support';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const ascii = (text: string): string => Buffer.from(text).toString('hex');

/** Peers by hand, none of whose bytes were made by a codec of ours, and most of which no codec of ours would make. */
describe('a peer of another implementation', () => {
  const { open, serve, cleanup } = scene();

  /** Answers the nth request that comes, each in a chunk of its own, with the nth of these. */
  const nodeThatAnswers = async (...answers: Buffer[]): Promise<{ target: string; heard: () => string }> => {
    const heard: Buffer[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk);
        for (let i = 0; i < chunk.length; i++) {
          if (chunk[i] === 0x94 && chunk[i + 1] === 0) socket.write(answers.shift() ?? hex('c1'));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanup(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const { port } = server.address() as AddressInfo;
    return { target: `127.0.0.1:${port}`, heard: () => Buffer.concat(heard).toString('hex') };
  };

  const clientOf = async (target: string): Promise<{ say: (bytes: Buffer) => void; heard: () => string }> => {
    const socket = createConnection(Number(target.split(':')[1]), '127.0.0.1');
    cleanup(() => socket.destroy());
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    return { say: (bytes) => socket.write(bytes), heard: () => Buffer.concat(heard).toString('hex') };
  };

  it('gets the shortest bytes there are, and nothing before it is asked', async () => {
    const { target, heard } = await nodeThatAnswers(hex('94 01 01 c0 03'));
    const { connection } = await open(target);
    expect(await answerOf(connection.call('add', 1, -2, 70_000, 'ä', [true, null]))).toBe(3);
    expect(heard()).toBe(hex(`94 00 01 a3 ${ascii('add')} 95 01 fe ce 00011170 a2 c3a4 92 c3 c0`).toString('hex'));
  });

  const answers: [string, string, unknown][] = [
    ['everything in its widest form', `dd 00000004 cf 0000000000000001 d3 0000000000000001 c0 db 00000002 ${ascii('ok')}`, 'ok'],
    ['numbers that are all floats', 'dc 0004 cb 3ff0000000000000 ca 3f800000 c0 cb 4045000000000000', 42],
    ['a map of 16 and an array of 32 bits', '94 01 01 c0 de 0001 d9 01 61 dd 00000002 cc 01 d0 02', { a: [1, 2] }],
    ['integers wider than they need to be', '94 01 01 c0 95 cd 0001 ce 00000002 d1 fffd d2 fffffffc d3 fffffffffffffffb', [1, 2, -3, -4, -5]],
    ['a map with keys that are numbers', '94 01 01 c0 82 01 a1 61 02 a1 62', new Map([[1, 'a'], [2, 'b']])],
    ['bytes sent as text, as before there were bytes', '94 01 01 c0 a3 61 ff 62', 'a\ufffdb'],
    ['bytes of all three widths', '94 01 01 c0 93 c4 01 07 c5 0001 08 c6 00000001 09', [Buffer.of(7), Buffer.of(8), Buffer.of(9)]],
    ['a timestamp of 64 bits', '94 01 01 c0 d7 ff 000000005e0be100', new Date('2020-01-01T00:00:00Z')],
    ['false for an error that is none of ours to judge', '94 01 01 c0 c2', false],
  ]; // prettier-ignore
  for (const [what, bytes, value] of answers) {
    it(`may answer with ${what}`, async () => {
      const { target } = await nodeThatAnswers(hex(bytes));
      const { connection } = await open(target);
      expect(await answerOf(connection.call('x'))).toEqual(value);
    });
  }

  it('may answer all at once, the last first, and notify in between', async () => {
    const { target } = await nodeThatAnswers(
      Buffer.alloc(0),
      Buffer.alloc(0),
      hex(`94 01 03 c0 a1 63  93 02 a4 ${ascii('news')} 90  94 01 01 a2 ${ascii('no')} c0  94 01 02 c0 a1 62`),
    );
    const { connection } = await open(target);
    const news = answerOf(connection.notifications$);
    const first = failureOf(connection.call('x'));
    const others = answerOf(forkJoin([connection.call('x'), connection.call('x')]));
    expect(await others).toEqual(['b', 'c']);
    expect((await first).detail).toBe('no');
    expect(await news).toEqual({ method: 'news', params: [] });
  });

  it('may count its own calls from 0, in the widest form, and call by bytes', async () => {
    const node = await serve({ methods: builtinMethods });
    const { say, heard } = await clientOf(node.target);
    say(hex(`94 00 00 a4 ${ascii('echo')} 91 a1 61`));
    await until(() => heard().length >= 12);
    expect(heard()).toBe(hex('94 01 00 c0 a1 61').toString('hex'));
    say(
      hex(
        `dd 00000004 cf 0000000000000000 cf 00000000ffffffff c6 00000004 ${ascii('echo')} dc 0001 cb 4045000000000000`,
      ),
    );
    await until(() => heard().length >= 30);
    expect(heard().slice(12)).toBe(hex('94 01 ce ffffffff c0 2a').toString('hex'));
  });

  it('may use an id again while the call before is still in work: both are answered', async () => {
    const node = await serve({ methods: builtinMethods });
    const { say, heard } = await clientOf(node.target);
    say(hex(`94 00 05 a5 ${ascii('sleep')} 91 14  94 00 05 a4 ${ascii('echo')} 91 c3`));
    await until(() => heard().length >= 20);
    expect(heard()).toBe(hex('94 01 05 c0 c3  94 01 05 c0 14').toString('hex'));
  });

  it('may close its side when it has asked, and is answered what was done by then', async () => {
    const node = await serve({ methods: builtinMethods });
    const socket = createConnection({ port: Number(node.target.split(':')[1]), host: '127.0.0.1' });
    cleanup(() => socket.destroy());
    let heard = '';
    let ended = false;
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('hex')));
    socket.on('close', () => (ended = true));
    socket.end(hex(`94 00 01 a4 ${ascii('echo')} 91 c3`));
    await until(() => ended);
    expect(heard).toBe(hex('94 01 01 c0 c3').toString('hex'));
  });
});
