import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createDecodeStream, encode } from 'msgpack-lite';
import { awaiting, TEXT, times, type Lane } from '../rpc/lanes';
import { startServer } from '../rpc/servers';

/**
 * What a user writes that has a pool and a codec but no connector: generic-pool over msgpack-lite, one call at a time on each connection.
 */
export async function genericPoolOverMsgpackLite(connections: number): Promise<readonly Lane[]> {
  const port = await startServer('node');
  const { createPool } = (await import('generic-pool')).default;
  const create = async (): Promise<Client> => {
    const client = new Client(port);
    await client.connected;
    return client;
  };
  const pool = createPool(
    {
      create,
      destroy: async (client) => {
        client.end();
      },
    },
    { max: connections },
  );
  return times(connections, () => awaiting(() => pool.use((client) => client.call('echo', TEXT))));
}

class Client {
  readonly connected: Promise<unknown>;
  private readonly socket;
  private id = 0;
  private answered: { resolve: (value: unknown) => void; reject: (error: unknown) => void } | undefined;

  constructor(port: number) {
    this.socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    this.connected = once(this.socket, 'connect');
    this.socket.pipe(createDecodeStream()).on('data', ([, , error, result]: [number, number, unknown, unknown]) => {
      if (error === null) this.answered?.resolve(result);
      else this.answered?.reject(error);
    });
  }

  call(method: string, ...params: unknown[]): Promise<unknown> {
    this.socket.write(encode([0, ++this.id, method, params]));
    return new Promise((resolve, reject) => {
      this.answered = { resolve, reject };
    });
  }

  end(): void {
    this.socket.destroy();
  }
}
