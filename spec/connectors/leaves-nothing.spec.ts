import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Ticks } from '../../src/connectors/erlang/ticks';
import { linger } from '../../src/connectors/msgpack-rpc/linger';
import { turns } from '../helpers/turns';

/** A socket that counts what is written to it. */
class CountedSocket extends EventEmitter {
  bytesWritten = 0;
  writableNeedDrain = false;

  write(bytes: Uint8Array): boolean {
    this.bytesWritten += bytes.length;
    return true;
  }

  resume(): void {
    // Nothing comes in.
  }

  end(): void {
    // The other side does not answer.
  }

  destroy(): void {
    this.emit('close');
  }
}

const counted = (): CountedSocket & Socket => new CountedSocket() as CountedSocket & Socket;

describe('a socket of a connector', () => {
  it('has no timer left when it has closed, though the other side was waited for', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const socket = counted();
    linger(socket);
    expect(timers() - before).toBe(1);
    socket.emit('close');
    expect(timers() - before).toBe(0);
  });

  it('is not written to by ticks that have been stopped', async () => {
    const socket = counted();
    const ticks = new Ticks(socket, 1, () => undefined);
    while (socket.bytesWritten === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    ticks.stop();
    const { bytesWritten } = socket;
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await turns(2);
    }
    expect(socket.bytesWritten).toBe(bytesWritten);
  });
});
