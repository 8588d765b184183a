import type { Codec } from '../../../src/connectors/msgpack-rpc/index';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import type { Envelope } from './costly-shapes';
import { MemorySocket } from './memory-socket';

/** As much as a socket reads at a time. */
const CHUNK = 64 * 1024;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Nanoseconds of CPU that this process has used, its garbage collector included. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Nanoseconds of CPU for each byte that a connection hears under the default limits: the least of some rounds, each of some time. */
export async function cpuCost(
  bytes: Buffer,
  { role }: Envelope,
  codec: Codec,
  rounds: number,
  ms: number,
): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    let times = 0;
    let spent = 0;
    do {
      const wire = new MemorySocket();
      const config = { target: 'peer', codec, limits: clientLimits, methods: new Map(), role } as const;
      const session = new Session(wire.socket, config, () => {});
      const before = cpuTime();
      for (let at = 0; at < bytes.length; at += CHUNK) wire.hear(bytes.subarray(at, at + CHUNK));
      await turn();
      spent += cpuTime() - before;
      times++;
      session.close();
      await turn();
    } while (spent < ms * 1e6);
    least = Math.min(least, spent / times / bytes.length);
  }
  return least;
}
