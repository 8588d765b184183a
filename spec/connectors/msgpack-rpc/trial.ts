import { NEVER, type Observable } from 'rxjs';
import { inspect } from 'node:util';
import { createLiteCodec, withContext, type Codec, type Methods } from '../../../src/connectors/msgpack-rpc/index';
import { Inbox } from '../../../src/connectors/msgpack-rpc/inbox';
import { clientLimits, type RpcLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { checkMessage, REPLY } from '../../../src/connectors/msgpack-rpc/messages';
import { methodTable } from '../../../src/connectors/msgpack-rpc/methods';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import { codecs } from './codecs';
import { collectGarbage } from '../../helpers/garbage';
import { RandomChoices, hostileBytes } from './hostile-bytes';
import { MemorySocket } from './memory-socket';
import { messagesIn } from './support';

const lite = createLiteCodec();
const all = Object.values(codecs).map((create) => create());
const tight: RpcLimits = {
  maxMessageBytes: 600,
  maxDepth: 6,
  maxElements: 60,
  maxMapEntries: 2,
  maxKeyBytes: 20,
  maxDecodedBytes: 2500,
  maxCalls: 2,
  maxCallBytes: 200,
  maxUnsentBytes: 400,
  maxBacklogBytes: 2000,
};

/** Texts that are no UTF-16, which all codecs must send as the same bytes. */
const halves = ['\ud800', 'x\udc00y', `${'ž'.repeat(600)}\ud83d`];

const methods: Methods = {
  echo: (...params: unknown[]) => params,
  later: async (...params: unknown[]) => params,
  fail: (reason: unknown) => Promise.reject(reason),
  never: () => NEVER,
  halves: (value: unknown) => [value, ...halves, Object.fromEntries(halves.map((text) => [text, text]))],
  ask: withContext(({ caller }, ...params: unknown[]) => caller.call('back', ...params)),
};
const table = methodTable('methods', methods, []);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Setting {
  readonly role: 'client' | 'server';
  readonly limits: RpcLimits;
  readonly calls: number;
  readonly narrow: boolean;
  readonly end: 'end' | 'error' | 'close';
}

/** Everything that can be seen of one connection from outside, in a form that can be compared. */
interface Seen {
  /** How each call ended. */
  readonly calls: string[];
  readonly notifications: number;
  readonly end: string;
  readonly said: Buffer;
}

const told = (value: unknown): string => Buffer.from(lite.encode(value)).toString('base64');

async function run(setting: Setting, codec: Codec, chunks: readonly Buffer[]): Promise<Seen> {
  const wire = new MemorySocket(setting.narrow);
  const ends: string[] = [];
  const { role, limits } = setting;
  const session = new Session(wire.socket, { target: 'peer', codec, limits, methods: table, role }, (error) => {
    if (error !== undefined && !/^Rpc(Protocol|Connection)Error$/.test(error.name)) throw error;
    ends.push(error === undefined ? 'complete' : error.message);
  });
  let notifications = 0;
  session.notifications$.subscribe(() => notifications++);
  const calls: string[][] = [];
  const watch = (call: Observable<unknown>): { unsubscribe(): void } => {
    const events: string[] = [];
    calls.push(events);
    return call.subscribe({
      next: (value) => events.push(`next ${told(value)}`),
      error: (error: unknown) => events.push(`error ${(error as Error).message}`),
      complete: () => events.push('complete'),
    });
  };
  for (let i = 0; i < setting.calls; i++) watch(session.call('method', i, halves[i % 3]));
  const given = watch(session.call('given up'));
  watch(session.notify('news'));
  await turn();
  given.unsubscribe();

  for (const chunk of chunks) wire.hear(chunk);
  await turn();
  if (setting.end === 'close') session.close();
  else wire.hearEnd(setting.end === 'error' ? new Error('broken') : undefined);
  await turn();

  if (ends.length !== 1) throw new Error(`the connection ended ${ends.length} times: ${ends.join('; ')}`);
  if (!wire.destroyed) throw new Error('its socket was left open');
  for (const [i, events] of calls.entries()) {
    const text = events.join(', ');
    if (i === setting.calls ? events.length > 0 : !/^(next \S+, complete|error [^]+|complete)$/.test(text)) {
      throw new Error(`call ${i} got ${text || 'nothing'}`);
    }
  }
  return { calls: calls.map((events) => events.join(', ')), notifications, end: ends[0]!, said: wire.said };
}

/** What was said must be whole messages, and no more answers than there were requests. */
function check(said: Buffer, limits: RpcLimits): void {
  const inbox = new Inbox(clientLimits);
  inbox.push(said);
  for (const bytes of messagesIn(inbox)) {
    const message = checkMessage(lite.decode(bytes));
    if (message[0] === REPLY && message[2] !== null && message[3] !== null) throw new Error('an answer that is both');
  }
  if (inbox.partialBytes > 0) throw new Error(`half a message was said, under ${inspect(limits)}`);
}

/**
 * One connection, client or server, that hears hostile bytes; then the same again with the bytes cut anywhere and perhaps with another
 * codec, which must make no difference. Throws if anything is not as it must be. The same seed and index do the same again.
 */
export async function trial(seed: number, index: number): Promise<void> {
  const random = new RandomChoices(seed, index);
  const setting: Setting = {
    role: random.one(['client', 'server']),
    limits: random.chance(3) ? tight : clientLimits,
    calls: random.below(5),
    narrow: random.chance(6),
    end: random.one(['end', 'error', 'close']),
  };
  const bytes = hostileBytes(random);
  const cuts = [...new Set(Array.from({ length: random.below(12) }, () => random.below(bytes.length)))].sort(
    (a, b) => a - b,
  );
  const chunks = [0, ...cuts].map((from, i) => Buffer.from(bytes.subarray(from, cuts[i])));
  try {
    const whole = await run(setting, lite, [bytes]);
    check(whole.said, setting.limits);
    const cut = await run(setting, random.one(all), chunks);
    const differs = (Object.keys(whole) as (keyof Seen)[]).filter((key) => told(whole[key]) !== told(cut[key]));
    if (differs.length > 0) {
      const text = (seen: Seen): string =>
        inspect(
          differs.map((key) => seen[key]),
          { maxStringLength: 300 },
        );
      throw new Error(`${differs.join(' and ')} differ when the bytes are cut:\n${text(whole)}\n${text(cut)}`);
    }
  } catch (error) {
    const input = bytes.length > 500 ? `${bytes.length} bytes` : bytes.toString('hex');
    throw new Error(`seed ${seed}, input ${index} (${setting.role}, ${input})`, { cause: error });
  }
}

/** How many bytes of memory a connection takes, at the peak, to hear these bytes. */
export function memoryFor(bytes: Buffer, role: 'client' | 'server', codec: Codec): number {
  const wire = new MemorySocket();
  const session = new Session(
    wire.socket,
    { target: 'peer', codec, limits: clientLimits, methods: table, role },
    () => {},
  );
  session.call('x').subscribe({ error: () => {} });
  collectGarbage();
  const before = process.memoryUsage();
  wire.hear(bytes);
  const after = process.memoryUsage();
  session.close();
  return after.heapUsed + after.external - before.heapUsed - before.external;
}
