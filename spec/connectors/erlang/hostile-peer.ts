import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connectErlangNode } from '../../../src/connectors/erlang/index';
import { ErlangError } from '../../../src/connectors/erlang/errors';
import { RandomChoices } from '../msgpack-rpc/hostile-bytes';
import { mutated } from './hostile-terms';

const NODE = 'worker@127.0.0.1';
const COOKIE = 'a secret';
/** In ms: of a peer that does not go on, the connect ends by this. */
const CONNECT_TIMEOUT = 60;
/** In ms: an outcome that comes later than this is none. */
const LATEST = 20_000;

const u16 = (value: number): Buffer => Buffer.of((value >> 8) & 255, value & 255);
const framed = (bytes: Buffer): Buffer => Buffer.concat([u16(bytes.length), bytes]);
const noise = (random: RandomChoices, most: number): Buffer =>
  Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)));

/** What a peer does once its bytes are sent. */
const ends = ['stays', 'ends', 'breaks', 'destroys'] as const;

/** Sends bytes in pieces, which may be one byte each, and then ends the connection in some way, or leaves it open. */
async function say(random: RandomChoices, socket: Socket, bytes: Buffer): Promise<void> {
  const piece = random.one([1, 3, 16, 1e6]);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += piece) {
    socket.write(bytes.subarray(at, at + piece));
    if (bytes.length < 40) await new Promise(setImmediate);
  }
}

function end(random: RandomChoices, socket: Socket): void {
  switch (random.one(ends)) {
    case 'stays':
      return;
    case 'ends':
      socket.end();
      return;
    case 'breaks':
      socket.resetAndDestroy();
      return;
    default:
      socket.destroy();
  }
}

/** The answer of an EPMD that knows the node at this port: right, or wrong in some way. */
function epmdAnswer(random: RandomChoices, port: number): Buffer {
  const [alive] = NODE.split('@') as [string];
  const right = Buffer.concat([
    Buffer.of(119, 0), u16(random.chance(6) ? random.one([0, 1, 65_535]) : port), Buffer.of(77, 0), u16(random.chance(8) ? random.below(6) : 6),
    u16(random.chance(8) ? random.below(65_536) : 5), u16(alive.length), Buffer.from(alive), u16(0),
  ]); // prettier-ignore
  if (random.chance(2)) return right;
  return random.one([
    () => Buffer.of(119, 1 + random.below(255)),
    () => right.subarray(0, random.below(right.length)),
    () => Buffer.concat([right, Buffer.alloc(random.one([1, 5_000, 300_000]), 119)]),
    () => mutated(random, right),
    () => noise(random, 40),
    () => Buffer.concat([Buffer.of(119), noise(random, 40)]),
    () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    () => Buffer.alloc(0),
  ])();
}

/** The messages of a node, of which the last proves the cookie if the client's challenge is known. Some of them are wrong. */
function handshakeMessages(random: RandomChoices): (challenge: number) => Buffer[] {
  const given = random.one(['C@127.0.0.1', 'C@127.0.0.1', `${'x'.repeat(300)}@h`, `${'ž'.repeat(255)}@h`, 'two words@h', '\u001b[31m@h', "'@h", '@', '']); // prettier-ignore
  const name = Buffer.from(given);
  const status = random.one([
    Buffer.concat([Buffer.from('snamed:'), u16(name.length), name, Buffer.of(0, 0, 0, random.below(9))]),
    Buffer.concat([Buffer.from('snamed:'), u16(name.length), name, Buffer.of(0, 0, 0, random.below(9))]),
    Buffer.from(random.one(['sok', 'sok_simultaneous', 'snok', 'salive', 'snot_allowed', 's', 'snamed:', ''])),
  ]);
  const flags = Buffer.alloc(8, random.chance(4) ? random.below(256) : 0xff);
  const called = Buffer.from(random.chance(6) ? 'other@127.0.0.1' : NODE);
  const challenge = Buffer.concat([Buffer.from('N'), flags, Buffer.alloc(8, 9), u16(called.length), called]);
  const knows = !random.chance(4);
  const wrong = random.chance(2) ? random.below(4) : -1;
  return (of) => {
    const digest = createHash('md5')
      .update(`${knows ? COOKIE : 'another'}${of}`)
      .digest();
    const right = [status, challenge, Buffer.concat([Buffer.from('a'), digest])];
    return right.map((message, i) => framed(i === wrong ? mutated(random, message) : message));
  };
}

async function playNode(random: RandomChoices, socket: Socket): Promise<void> {
  if (random.chance(6)) {
    await say(random, socket, random.one([() => noise(random, 100), () => Buffer.alloc(70_000, 0), () => Buffer.of(255, 255), () => Buffer.alloc(0)])()); // prettier-ignore
    end(random, socket);
    return;
  }
  const messages = handshakeMessages(random);
  const stopAt = random.chance(4) ? random.below(3) : 3;
  const [status, challenge] = messages(0);
  await say(random, socket, Buffer.concat([status!, challenge!].slice(0, stopAt)));
  let heard = Buffer.alloc(0);
  for await (const chunk of socket) {
    heard = Buffer.concat([heard, chunk as Buffer]);
    const reply = heard.indexOf('\0\x15r', 0, 'latin1');
    if (stopAt < 3 || reply < 0 || heard.length < reply + 7) {
      if (stopAt < 3) break;
      continue;
    }
    const ack = messages(heard.readUInt32BE(reply + 3))[2]!;
    const behind = random.one([Buffer.alloc(0), Buffer.alloc(4), noise(random, 60), Buffer.of(255, 255, 255, 255)]);
    await say(random, socket, Buffer.concat([ack, behind]));
    break;
  }
  end(random, socket);
}

/**
 * One connect to hostile peers of the seed, over real sockets of loopback: an EPMD and a node. Throws unless it opens or fails with an error of
 * this package, in time, and nothing of it is left. Returns the name of the outcome.
 */
export async function connectTrial(seed: number, index: number): Promise<string> {
  const random = new RandomChoices(seed, index);
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const serve = async (play: (socket: Socket) => Promise<void>): Promise<number> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
      play(socket).catch(() => {});
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  try {
    const port = await serve((socket) => playNode(random, socket));
    const epmd = await serve(async (socket) => {
      if (random.chance(20)) return;
      await once(socket, 'data');
      await say(random, socket, epmdAnswer(random, port));
      end(random, socket);
    });
    const where = random.chance(3) ? { epmd: { host: '127.0.0.1', port: epmd } } : { port };
    const name = random.chance(4) ? { name: 'mine@127.0.0.1' } : {};
    return await outcomeOf(connectErlangNode(NODE, { cookie: COOKIE, connectTimeout: CONNECT_TIMEOUT, ...where, ...name })); // prettier-ignore
  } catch (error) {
    throw new Error(`seed ${seed}, connect ${index}`, { cause: error });
  } finally {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  }
}

function outcomeOf(connect: ReturnType<typeof connectErlangNode>): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no outcome')), LATEST);
    let opened = 0;
    let ended = 0;
    const settle = (outcome: string): void => {
      ended++;
      clearTimeout(late);
      if (ended > 1 || opened > 1) reject(new Error(`${ended} outcomes, opened ${opened} times`));
      else resolve(outcome);
    };
    const life = connect().subscribe({
      next: (connection) => {
        opened++;
        connection.call('echo', 1).subscribe({ error: () => {} });
        // What comes behind the handshake may end it before.
        setTimeout(() => {
          if (ended > 0) return;
          life.unsubscribe();
          settle('open');
        }, 10);
      },
      error: (error: unknown) => {
        if (error instanceof ErlangError && !/[^\P{Cc}\t]|a secret/u.test(error.message)) settle(error.name);
        else reject(new Error('not an error of this package, or not one that can be shown', { cause: error }));
      },
      complete: () => settle('closed'),
    });
  });
}
