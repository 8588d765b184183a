import { createConnection, type Socket } from 'node:net';
import { createLiteCodec } from '../../src/connectors/msgpack-rpc/index';

const codec = createLiteCodec();
const pack = (value: unknown): Buffer => Buffer.from(codec.encode(value));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sent without end: this message, repeated to 64 KiB. */
const many = (message: unknown): Buffer => {
  const one = pack(message);
  return Buffer.concat(Array<Buffer>(Math.ceil(65_536 / one.length)).fill(one));
};

const attacks: Readonly<Record<string, (port: number) => Promise<void>>> = {
  slowloris: async (port) => {
    const request = pack([0, 1, 'echo', ['x'.repeat(10_000)]]);
    for (const socket of await connect(port, 1_000)) {
      let sent = 0;
      setInterval(() => socket.write(request.subarray(sent, ++sent)), 100);
    }
  },
  idle: async (port) => {
    await connect(port, 2_000);
  },
  flood: (port) => flood(port, many([0, 1, 'echo', [1]])),
  notifications: (port) => flood(port, many([2, 'echo', [1]])),
  announced: async (port) => {
    const head = Buffer.from([0x94, 0, 1, 0xa4, ...Buffer.from('echo'), 0x91, 0xc6, 0x07, 0x80, 0, 0]);
    const part = Buffer.alloc(4096);
    for (const socket of await connect(port, 200)) {
      socket.write(head);
      setInterval(() => socket.write(part), 100);
    }
  },
  unfinished: async (port) => {
    const head = Buffer.from([0x94, 0, 1, 0xa4, ...Buffer.from('echo'), 0x91, 0xdd, 0, 0x20, 0, 0]);
    for (const socket of await connect(port, 200)) socket.write(Buffer.concat([head, Buffer.alloc(512 * 1024)]));
  },
  endless: async (port) => {
    for (const socket of await connect(port, 100)) {
      const calls = Array.from({ length: 1_024 }, (_, i) => pack([0, i + 1, 'sleep', [2 ** 31 - 1]]));
      socket.write(Buffer.concat(calls));
    }
  },
  'non-readers': async (port) => {
    const calls = Buffer.concat(Array.from({ length: 500 }, (_, i) => pack([0, i + 1, 'big', []])));
    for (const socket of await connect(port, 20)) socket.pause().write(calls);
  },
  churn: async (port) => {
    const call = pack([0, 1, 'echo', [1]]);
    const one = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = createConnection({ host: '127.0.0.1', port });
        socket.on('error', () => {});
        socket.once('data', () => socket.destroy());
        socket.once('close', () => resolve());
        socket.write(call);
      });
    let left = 10_000;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await one();
    };
    await Promise.all(Array.from({ length: 50 }, lane));
  },
};

/** Runs the attack until the process is ended; reports that it has begun. */
export async function attack(scene: string, port: number): Promise<void> {
  process.on('disconnect', () => process.exit());
  const attacking = attacks[scene]!(port);
  await (scene === 'churn' || scene === 'flood' || scene === 'notifications' ? pause(50) : attacking);
  process.send?.('begun');
  await attacking;
  await pause(2 ** 31 - 1);
}

/** A connection that is closed is not opened again: the number of connections is the decision of the node. */
async function connect(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    sockets.push(socket);
    if (i % 100 === 99) await pause(5);
  }
  await pause(200);
  return sockets;
}

async function flood(port: number, bytes: Buffer): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port });
  socket.on('error', () => {}).resume();
  const fill = (): void => {
    while (socket.write(bytes));
  };
  socket.on('drain', fill);
  fill();
  await new Promise((resolve) => socket.once('close', resolve));
}
