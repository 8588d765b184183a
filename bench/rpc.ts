/** What is measured of MessagePack-RPC, beside sockets that keep no rule of it; see `contenders.ts`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Packr } from 'msgpackr';
import { firstValueFrom, lastValueFrom, type Observable } from 'rxjs';
import type * as Connectors from '../src/connectors/msgpack-rpc/index';
import type { ConnectNodeOptions, RpcConnection } from '../src/connectors/msgpack-rpc/index';
import type * as Package from '../src/index';
import type { Contender, Group } from './contenders';

const dist = (file: string): string => new URL(`../dist/esm/${file}`, import.meta.url).href;
const { createPool } = (await import(dist('index.mjs'))) as typeof Package;
const { connectNode, createMsgpackrCodec } = (await import(dist('msgpack-rpc.mjs'))) as typeof Connectors;

type Kind = 'raw' | 'msgpack-lite' | 'msgpackr';

/** One for each kind and process, started when it is first needed. */
const ports = new Map<Kind, Promise<number>>();
const portOf = (kind: Kind): Promise<number> => {
  const known = ports.get(kind);
  if (known !== undefined) return known;
  const server = fork(fileURLToPath(new URL('rpc-server.ts', import.meta.url)), [kind], {
    execArgv: process.execArgv,
  });
  const port = once(server, 'message').then(([message]) => message as number);
  ports.set(kind, port);
  return port;
};

const optionsOf = (kind: Kind): ConnectNodeOptions =>
  kind === 'msgpackr' ? { codec: createMsgpackrCodec(Packr) } : {};

const connect = async (kind: Kind): Promise<RpcConnection> => {
  const life = connectNode(`127.0.0.1:${await portOf(kind)}`, optionsOf(kind))();
  return new Promise((resolve, reject) => {
    life.subscribe({ next: resolve, error: reject });
  });
};

const several = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

async function rawSocket(): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port: await portOf('raw'), noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Makes `calls` calls, `inFlight` of them at a time; for every answer that comes, one more. */
function keepGoing(call: () => Observable<unknown>, calls: number, inFlight: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let done = 0;
    const next = (): void => {
      if (begun === calls) return;
      begun++;
      call().subscribe({
        complete: () => {
          if (++done === calls) resolve();
          else next();
        },
        error: reject,
      });
    };
    for (let i = 0; i < inFlight; i++) next();
  });
}

/** The floor: frames of a length and as many bytes, all that a chunk asks for in one write. */
function keepGoingRaw(socket: Socket, calls: number, inFlight: number): Promise<void> {
  const frame = Buffer.alloc(24);
  frame.writeUInt32BE(20);
  return new Promise((resolve) => {
    let begun = Math.min(inFlight, calls);
    let done = 0;
    let rest = 0;
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest + chunk.length;
      const answers = Math.floor(bytes / frame.length);
      rest = bytes % frame.length;
      done += answers;
      const more = Math.min(answers, calls - begun);
      begun += more;
      if (more > 0) socket.write(more === 1 ? frame : Buffer.concat(Array<Buffer>(more).fill(frame)));
      if (done < calls) return;
      socket.removeAllListeners('data');
      resolve();
    });
    socket.write(Buffer.concat(Array<Buffer>(begun).fill(frame)));
  });
}

const CONNECTIONS = 10;
const CALLS = 200_000;
const kinds = ['msgpack-lite', 'msgpackr'] as const;

function callsGroup(inFlight: number): Group {
  const contenders: Contender[] = [
    {
      name: 'floor: sockets, a length before each',
      operations: CALLS,
      run: async (n) => {
        const sockets = await several(CONNECTIONS, rawSocket);
        await Promise.all(sockets.map((socket) => keepGoingRaw(socket, n / CONNECTIONS, inFlight)));
        for (const socket of sockets) socket.destroy();
      },
    },
    ...kinds.map((kind) => ({
      name: `connectNode, ${kind}`,
      operations: CALLS,
      run: async (n: number) => {
        const connections = await several(CONNECTIONS, () => connect(kind));
        const each = (connection: RpcConnection) =>
          keepGoing(() => connection.call('echo', 12_345), n / CONNECTIONS, inFlight);
        await Promise.all(connections.map(each));
      },
    })),
    ...kinds.map((kind) => ({
      name: `pool.use, ${kind}`,
      operations: CALLS,
      run: async (n: number) => {
        const target = `127.0.0.1:${await portOf(kind)}`;
        const pool = createPool({
          connect: connectNode(target, optionsOf(kind)),
          max: CONNECTIONS,
          capacity: inFlight,
        });
        await pool.warmUp(CONNECTIONS);
        await keepGoing(() => pool.use((node) => node.call('echo', 12_345)), n, CONNECTIONS * inFlight);
        await pool.destroy();
      },
    })),
  ];
  return { title: `rpc: calls over ${CONNECTIONS} connections, ${inFlight} in flight on each`, contenders };
}

const REPLIES = 12;
const SIZE = 64 * 1024 * 1024;

export const groups: readonly Group[] = [
  callsGroup(1),
  callsGroup(10),
  {
    title: 'rpc: an answer of 64 MB',
    contenders: [
      {
        name: 'floor: a list of chunks, joined once',
        operations: REPLIES,
        run: async (n) => {
          const socket = await rawSocket();
          for (let i = 0; i < n; i++) {
            await new Promise<Buffer>((resolve) => {
              const chunks: Buffer[] = [];
              let length = 0;
              socket.on('data', (chunk: Buffer) => {
                chunks.push(chunk);
                length += chunk.length;
                if (length < SIZE) return;
                socket.removeAllListeners('data');
                resolve(Buffer.concat(chunks));
              });
              socket.write(Buffer.alloc(4));
            });
          }
          socket.destroy();
        },
      },
      ...kinds.map((kind) => ({
        name: `connectNode, ${kind}`,
        operations: REPLIES,
        run: async (n: number) => {
          const connection = await connect(kind);
          for (let i = 0; i < n; i++) await lastValueFrom(connection.call('big'));
        },
      })),
      {
        name: 'pool.use, msgpack-lite',
        operations: REPLIES,
        run: async (n) => {
          const target = `127.0.0.1:${await portOf('msgpack-lite')}`;
          const pool = createPool({ connect: connectNode(target), max: 1 });
          for (let i = 0; i < n; i++) await firstValueFrom(pool.use((node) => node.call('big')));
          await pool.destroy();
        },
      },
    ],
  },
];
