import type { Codec } from '../../../src/connectors/msgpack-rpc/index';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Refusal } from '../../../src/connectors/msgpack-rpc/refusal';
import { Scanner } from '../../../src/connectors/msgpack-rpc/scanner';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import { collectGarbage } from '../../helpers/garbage';
import { codecs } from './codecs';
import { envelopes, repeating, shapes, smallIntegers, wrapped, type Shape } from './costly-shapes';
import { cpuCost } from './cpu-cost';
import { RandomChoices, hostileValue } from './hostile-bytes';
import { MemorySocket } from './memory-socket';
import { pack } from './support';

/** How many times the CPU time of as many bytes of small integers a message may cost, and how many times what the limits count it may become. */
export const MOST_CPU = 20;
const MOST_MEMORY = 1.25;
/** What the heap may grow by for other reasons. */
const SLACK = 256 * 1024;
/** Every input is also heard under this bound of `maxDecodedBytes`, which many of them go beyond. */
const DECODED = 512 * 1024;
/** The number of times that a figure that is too high is measured again: a machine with other work can only make it higher. */
const AGAIN = 4;

export interface Cost {
  readonly what: string;
  /** CPU time, as a multiple of what as many bytes of small integers cost. */
  readonly cpu: number;
  /** Bytes of memory for each byte of the message; undefined where the default limits refuse it. */
  readonly growth: number | undefined;
  /** Refused by `maxDecodedBytes`, before it was decoded. */
  readonly tooLarge: boolean;
}

const kept: { value: unknown } = { value: undefined };

/** Bytes of memory that it is when it has been decoded. */
function memoryOf(bytes: Buffer, codec: Codec): number {
  kept.value = undefined;
  collectGarbage();
  const before = process.memoryUsage();
  kept.value = codec.decode(bytes);
  collectGarbage();
  const after = process.memoryUsage();
  kept.value = undefined;
  return after.heapUsed + after.external - before.heapUsed - before.external;
}

function countOf(bytes: Buffer): number | undefined {
  const scanner = new Scanner(clientLimits);
  try {
    scanner.scan(bytes, 0, bytes.length);
    return scanner.decodedBytes;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Whether a client that allows a message to become that number of bytes refuses it; it must not have decoded it then. */
function refuses(bytes: Buffer, codec: Codec, maxDecodedBytes: number): boolean {
  let decoded = 0;
  const watched: Codec = { encode: codec.encode, decode: (part) => (decoded++, codec.decode(part)) };
  const wire = new MemorySocket();
  const limits = { ...clientLimits, maxDecodedBytes };
  const ends: (Error | undefined)[] = [];
  const config = { target: 'peer', codec: watched, limits, methods: new Map(), role: 'client' } as const;
  const session = new Session(wire.socket, config, (error) => ends.push(error));
  wire.hear(bytes);
  const refused = (ends[0] as { code?: string } | undefined)?.code === 'RPC_LIMIT';
  session.close();
  if (refused && decoded > 0) throw new Error('it was decoded before it was refused');
  return refused;
}

/**
 * One message, of a shape that is known to be costly or of a hostile value repeated: what it costs under the default limits. Throws if that is
 * more than is allowed, or if the limits and what is done about them differ. The same seed and index do the same again.
 */
export async function costTrial(seed: number, index: number): Promise<Cost> {
  const random = new RandomChoices(seed, index);
  const size = random.one([16, 64, 256]) * 1024;
  const shape: Shape = random.chance(3) ? repeating('values repeated', pack(hostileValue(random))) : random.one(shapes);
  const how = random.one(Object.keys(envelopes) as (keyof typeof envelopes)[]);
  const codecName = random.one(Object.keys(codecs).slice(0, 2));
  const what = `${shape.name}, ${size / 1024} KiB in ${how}, ${codecName}`;
  try {
    const codec = codecs[codecName]!();
    const envelope = envelopes[how];
    const bytes = wrapped(envelope, shape.fill(size, random));
    const plain = wrapped(envelope, smallIntegers.fill(bytes.length, random));
    let cpu = Infinity;
    for (let round = 0; round <= AGAIN && cpu > MOST_CPU; round++) {
      const base = await cpuCost(plain, envelope, codec, 2, 5);
      cpu = Math.min(cpu, (await cpuCost(bytes, envelope, codec, 2, 5)) / base);
    }
    if (cpu > MOST_CPU) throw new Error(`it cost ${cpu.toFixed(1)} times the CPU time of small integers`);

    const count = countOf(bytes);
    if (refuses(bytes, codec, DECODED) !== (count === undefined || count > DECODED)) {
      throw new Error(`it counts ${count ?? 'as refused'}, and was treated otherwise`);
    }
    if (count === undefined) return { what, cpu, growth: undefined, tooLarge: false };
    let memory = Infinity;
    for (let round = 0; round <= AGAIN && memory > MOST_MEMORY * count + SLACK; round++) {
      memory = Math.min(memory, memoryOf(bytes, codec));
    }
    if (memory > MOST_MEMORY * count + SLACK) throw new Error(`it became ${memory} bytes, and counts ${count}`);
    return { what, cpu, growth: memory / bytes.length, tooLarge: count > DECODED };
  } catch (error) {
    throw new Error(`seed ${seed}, costs of input ${index} (${what})`, { cause: error });
  }
}
