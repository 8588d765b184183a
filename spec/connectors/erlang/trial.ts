import { createHash } from 'node:crypto';
import { atom, decodeTerm, encodeTerm, fromTerm, tuple } from '../../../src/connectors/erlang/index';
import { ErlangError } from '../../../src/connectors/erlang/errors';
import { reply, variant } from '../../../src/connectors/erlang/gleam';
import { Session } from '../../../src/connectors/erlang/session';
import { TermRefusal, termLimits } from '../../../src/connectors/erlang/terms/limits';
import { FrameReader } from '../../../src/connectors/erlang/wire/frame-reader';
import { Handshake } from '../../../src/connectors/erlang/wire/handshake';
import { Intake } from '../../../src/connectors/erlang/wire/intake';
import { collectGarbage } from '../../helpers/garbage';
import { RandomChoices } from '../msgpack-rpc/hostile-bytes';
import { MemorySocket } from '../msgpack-rpc/memory-socket';
import { hostileTerm, mutated } from './hostile-terms';
import { framesIn, readFrame } from './wire-reader';

const NODE = 'worker@h';
const CLIENT = 'C@h';
const COOKIE = 'a secret';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const framed = (bytes: Uint8Array, lengthBytes: 2 | 4): Buffer => {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
};

/** One hostile input of the seed: bytes at the decoder, at the handshake, or at an open connection. Throws for anything that must not be. */
export async function trial(seed: number, index: number): Promise<void> {
  const random = new RandomChoices(seed, index);
  try {
    switch (random.below(4)) {
      case 0:
      case 1:
        decoderTrial(hostileTerm(random));
        break;
      case 2:
        handshakeTrial(random);
        break;
      default:
        await sessionTrial(seed, index);
    }
  } catch (error) {
    throw new Error(`seed ${seed}, input ${index}`, { cause: error });
  }
}

function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what);
}

/** What is not refused is a term, which comes back as the same when it is sent. */
function decoderTrial(bytes: Buffer): void {
  let term;
  try {
    term = decodeTerm(bytes);
  } catch (error) {
    if (error instanceof TermRefusal) return;
    throw error;
  }
  const again = encodeTerm(term);
  const same = decodeTerm(again);
  check(encodeTerm(same).equals(again), `${bytes.toString('hex')} comes back as another term`);
  check(String(same) === String(term), `${bytes.toString('hex')} is shown as another term`);
  fromTerm(term, { others: 'text' });
}

/** A node that knows the cookie, or does not, and whose messages are mutated. */
function handshakeTrial(random: RandomChoices): void {
  const handshake = new Handshake({ target: NODE, cookie: COOKIE, name: random.chance(4) ? CLIENT : undefined, hostname: 'h' }); // prettier-ignore
  handshake.begin();
  const knows = random.chance(3);
  const isMutated = !random.chance(4);
  const sent = (message: Buffer): Buffer => (isMutated ? mutated(random, message) : message);
  const status = random.one([
    Buffer.concat([Buffer.from('snamed:'), Buffer.of(0, 3), Buffer.from(CLIENT), Buffer.of(0, 0, 0, 7)]),
    Buffer.from('sok'),
    Buffer.from('sok_simultaneous'),
    Buffer.from('snok'),
    Buffer.from('salive'),
    Buffer.from('snot_allowed'),
  ]);
  const flags = Buffer.alloc(8, 0xff);
  if (random.chance(3)) flags[7 - random.below(8)] = random.below(256);
  const challenge = Buffer.concat([Buffer.from('N'), flags, Buffer.alloc(8, 9), Buffer.of(0, NODE.length), Buffer.from(NODE)]); // prettier-ignore
  let agreed: boolean;
  try {
    check(handshake.receive(sent(status)) === undefined, 'a status was answered');
    const answer = handshake.receive(sent(challenge));
    check(answer instanceof Uint8Array && answer.length === 21, 'a challenge was not answered');
    const digest = createHash('md5').update(knows ? COOKIE : 'another').update(String((answer as Buffer).readUInt32BE(1))).digest(); // prettier-ignore
    agreed = handshake.receive(sent(Buffer.concat([Buffer.from('a'), digest]))) !== undefined;
  } catch (error) {
    if (!(error instanceof ErlangError)) throw error;
    check(!error.message.includes(COOKIE), 'the cookie stands in an error');
    return;
  }
  check(!agreed || knows, 'a node that does not know the cookie was agreed with');
}

/** Everything that can be seen of one connection from outside, in a form that can be compared. */
interface Seen {
  readonly calls: readonly string[];
  readonly end: string;
  readonly said: string;
}

async function sessionTrial(seed: number, index: number): Promise<void> {
  const random = new RandomChoices(seed, index);
  random.below(4);
  const bytes = Buffer.concat(Array.from({ length: 1 + random.below(6) }, () => hostileFrame(random)));
  const cuts = Array.from({ length: random.below(6) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  const end = random.chance(3) ? new Error('reset') : undefined;
  const whole = await hear([bytes], end);
  const cut = await hear(
    [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length)),
    end,
  );
  check(JSON.stringify(whole) === JSON.stringify(cut), `cut at ${cuts.join()}: ${JSON.stringify([whole, cut])}`);
  check(!whole.calls.includes('none'), `a call has not ended: ${JSON.stringify(whole)}`);
}

const pid = (name: string): Buffer => Buffer.concat([Buffer.of(88, 119, name.length), Buffer.from(name), Buffer.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7)]); // prettier-ignore
const reference = (id: number): Buffer => Buffer.concat([Buffer.of(90, 0, 3, 119, 3), Buffer.from(CLIENT), Buffer.of(0, 0, 0, 7, 0, 0, 0, id), Buffer.alloc(8)]); // prettier-ignore
const control = (op: number, ...fields: readonly Buffer[]): Buffer => Buffer.concat([Buffer.of(112, 131, 104, 1 + fields.length, 97, op), ...fields]); // prettier-ignore
const EMPTY = Buffer.of(119, 0);
const NAME = Buffer.of(119, 2, 111, 107);

function hostileFrame(random: RandomChoices): Buffer {
  const [ours, theirs] = [pid(CLIENT), pid(NODE)];
  const ref = reference(random.below(5));
  const to = random.one([ours, theirs, NAME]);
  const term = hostileTerm(random);
  const answer = Buffer.concat([Buffer.of(131, 104, 2), ref, term.subarray(1)]);
  const right = random.one([
    () => Buffer.alloc(0),
    () => Buffer.concat([control(2, EMPTY, ours), answer]),
    () => Buffer.concat([control(22, theirs, ours), answer]),
    () => Buffer.concat([control(2, EMPTY, ours), term]),
    () => Buffer.concat([control(6, theirs, EMPTY, NAME), term]),
    () => control(21, theirs, ours, ref, term.subarray(1)),
    () => Buffer.concat([control(28, theirs, ours, ref), term]),
    () => control(1, theirs, to),
    () => control(19, theirs, to, ref),
    () => control(20, theirs, to, ref),
    () => control(35, Buffer.of(97, 5), theirs, ours),
    () => Buffer.concat([control(29, ref, theirs, theirs, Buffer.of(104, 3, 106, 106, 106), Buffer.of(106)), term]),
    () => control(random.below(40), ...Array.from({ length: random.below(5) }, () => term.subarray(1))),
  ])();
  return framed(random.chance(3) ? mutated(random, right) : right, 4);
}

/** A connection with three calls under way hears some chunks, and then the end of the socket. */
async function hear(chunks: readonly Buffer[], end: Error | undefined): Promise<Seen> {
  const wire = new MemorySocket();
  let ends = 0;
  let how = '';
  const limits = { ...termLimits, maxBytes: 100_000, maxElements: 2_000, maxDepth: 20, maxPayloadBytes: 1_000 };
  const config = { target: NODE, limits, tickInterval: 60_000, allowRemoteCalls: true };
  const session = new Session(wire.socket, config, { name: CLIENT, creation: 7, flags: 0n }, (error) => {
    ends++;
    how = error === undefined ? 'complete' : `${error.name}: ${error.message}`;
  });
  const frames = new FrameReader(4, limits.maxBytes, (memory, start, to, isOwn) => session.receive(memory, start, to, isOwn)); // prettier-ignore
  const intake = new Intake(frames, false, () => session.hear(), (refusal) => session.refuse(refusal)); // prettier-ignore
  const calls: string[] = [];
  const asked = [
    session.call('echo', tuple(atom('echo'), 1)),
    session.ask('adder', variant('get', reply())),
    session.erpc('erlang', 'node'),
  ];
  asked.forEach((call$, i) => {
    calls[i] = 'none';
    const settle = (outcome: string): void => void (calls[i] = calls[i] === 'none' ? outcome : `twice: ${outcome}`);
    call$.subscribe({
      next: (value) => settle(`value ${String(value)}`),
      error: (error: unknown) => settle(`${(error as Error).name}: ${(error as Error).message}`),
    });
  });
  await turn();
  wire.on('data', (chunk: Buffer) => intake.push(chunk, chunk.length));
  wire.on('error', () => {});
  wire.once('close', () => session.closed(end, frames.isInside));
  for (const chunk of chunks) {
    // What a socket reads into is used again for what it reads next.
    const memory = Buffer.from(chunk);
    wire.hear(memory);
    memory.fill(0xee);
  }
  await turn();
  wire.hearEnd(end);
  await turn();
  check(ends === 1, `the connection has ended ${ends} times`);
  const said = framesIn(wire.said).map((frame) => readFrame(frame));
  // Ticks and ends of monitors may be told at other times when the bytes come at other times.
  const texts = said.filter(({ op }) => op !== 0 && op !== 20).map((message) => JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))); // prettier-ignore
  return { calls, end: how, said: texts.join('\n') };
}

/** Bytes of memory that a message takes while it is read and kept. */
export function memoryOf(bytes: Buffer): number {
  const used = (): number => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const term = decodeTerm(bytes);
  const after = used();
  check(term !== undefined, 'kept until it is weighed');
  return after - before;
}

/** Nanoseconds of CPU to read each byte: the least of some rounds, each of at least a given time in ms. */
export function cpuOf(bytes: Buffer, rounds: number, ms: number): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    let times = 0;
    let spent: number;
    do {
      decodeTerm(bytes);
      times++;
      const { user, system } = process.cpuUsage(before);
      spent = (user + system) * 1000;
    } while (spent < ms * 1e6);
    least = Math.min(least, spent / times / bytes.length);
  }
  return least;
}
