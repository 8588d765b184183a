import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { Meter } from './meter';
import { TEXT, type Lane } from './lanes';

const frame = Buffer.alloc(4 + TEXT.length);
frame.writeUInt32BE(TEXT.length);
frame.write(TEXT, 4);

/** The baseline: frames of a length and a payload. The requests that follow from one chunk are sent in one write, or each in its own. */
export function rawLane(socket: Socket, inFlight: number, joined: boolean): Lane {
  const write = (count: number): void => {
    if (count === 0) return;
    if (joined) socket.write(count === 1 ? frame : Buffer.concat(Array<Buffer>(count).fill(frame)));
    else for (let i = 0; i < count; i++) socket.write(frame);
  };
  return (meter: Meter) =>
    new Promise<void>((resolve) => {
      // A ring of the times at which each request began: replies come in order.
      const begun = new Float64Array(inFlight);
      let next = 0;
      let under = inFlight;
      let rest = 0;
      const listen = (chunk: Buffer): void => {
        const bytes = rest + chunk.length;
        const answers = Math.floor(bytes / frame.length);
        rest = bytes % frame.length;
        const now = performance.now();
        for (let i = 0; i < answers; i++) {
          meter.record(begun[next]!, now);
          begun[next] = now;
          next = (next + 1) % inFlight;
        }
        if (!meter.over) {
          write(answers);
          return;
        }
        under -= answers;
        if (under > 0) return;
        socket.off('data', listen);
        resolve();
      };
      socket.on('data', listen);
      begun.fill(performance.now());
      write(inFlight);
    });
}

export async function rawSocket(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}
