import { atom, decodeTerm, encodeTerm, Pid, tuple, type ErlangError, type Sendable } from '../../../src/connectors/erlang/index'; // prettier-ignore
import { resolveLimits } from '../../../src/connectors/erlang/limits';
import { Session } from '../../../src/connectors/erlang/session';
import { failureOf } from '../msgpack-rpc/support';
import { MemorySocket } from '../msgpack-rpc/memory-socket';
import { answerOf } from './support';
import { framesIn, readFrame } from './wire-reader';

const DEMONITOR = 20;
const tickInterval = 123_456;

/** A socket that knows whether it keeps the process alive. */
class CountedSocket extends MemorySocket {
  keepsAlive = true;

  override ref(): void {
    this.keepsAlive = true;
  }

  override unref(): void {
    this.keepsAlive = false;
  }
}

/** So that what was to be sent in a later turn has left. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('an open connection to an Erlang node', () => {
  const sessions: Session[] = [];
  afterEach(() => {
    for (const session of sessions.splice(0)) session.close();
  });

  function open() {
    const socket = new CountedSocket();
    const told: unknown[] = [];
    const session = new Session(
      socket.socket,
      { target: 'worker@127.0.0.1', limits: resolveLimits(undefined, []), tickInterval, allowRemoteCalls: true },
      { name: 'CLIENT@127.0.0.1', creation: 7, flags: 0n },
      (error: ErlangError | undefined) => told.push(error ?? 'complete'),
    );
    sessions.push(session);
    const frames = (): Buffer[] => framesIn(socket.said);
    const receive = (control: Sendable, message?: Sendable): void => {
      const parts = [Buffer.of(112), encodeTerm(control), ...(message === undefined ? [] : [encodeTerm(message)])];
      const frame = Buffer.concat(parts);
      session.receive(frame, 0, frame.length, true);
    };
    /** The process and the reference of the nth call. */
    const callOf = async (nth: number): Promise<[Sendable, Sendable]> => {
      await turns();
      const watches = frames().filter((frame) => readFrame(frame).op === 19);
      const [, pid, , reference] = (decodeTerm(watches[nth]!.subarray(1)) as any).elements;
      return [pid, reference];
    };
    const reply = async (nth: number, value: Sendable): Promise<void> => {
      const [pid, reference] = await callOf(nth);
      receive(tuple(2, atom(''), pid), tuple(reference, value));
    };
    const exit = async (nth: number, process: Sendable): Promise<void> => {
      const [pid, reference] = await callOf(nth);
      receive(tuple(21, process, pid, reference, atom('killed')));
    };
    const demonitors = async (): Promise<number> => {
      await turns();
      return frames().filter((frame) => readFrame(frame).op === DEMONITOR).length;
    };
    return { session, socket, told, reply, exit, demonitors };
  }

  it('ends before its calls fail, so that no pool lends it again in between', () => {
    const { session, told } = open();
    session.call('echo', 1).subscribe({ error: () => told.push('the call') });
    session.closed(new Error('reset'), false);
    expect(told).toEqual([jasmine.objectContaining({ code: 'ERLANG_NODE_DOWN' }), 'the call']);
  });

  it('ends with the error of the socket as the cause', () => {
    const { session, told } = open();
    const cause = new Error('reset');
    session.closed(cause, false);
    expect((told[0] as Error).cause).toBe(cause);
  });

  it('fails a message that has not left when it ends', async () => {
    const { session } = open();
    const failed = failureOf(session.send('echo', 1));
    session.close();
    expect(await failed).toEqual(jasmine.objectContaining({ code: 'ERLANG_NODE_DOWN' }));
  });

  it('keeps the process alive while a call is on its way: until it is answered, cancelled, or its process has ended', async () => {
    const { session, socket, reply, exit } = open();
    expect(socket.keepsAlive).toBeFalse();
    const answered = answerOf(session.call('echo', 1));
    expect(socket.keepsAlive).toBeTrue();
    await reply(0, 1);
    await answered;
    expect(socket.keepsAlive).withContext('answered').toBeFalse();
    const call = session.call('echo', 1).subscribe();
    expect(socket.keepsAlive).toBeTrue();
    call.unsubscribe();
    expect(socket.keepsAlive).withContext('cancelled').toBeFalse();
    const failed = failureOf(session.call('echo', 1));
    expect(socket.keepsAlive).toBeTrue();
    await exit(1, atom('echo'));
    await failed;
    expect(socket.keepsAlive).withContext('failed').toBeFalse();
  });

  it('tells the node each time that processes need not be watched any more, and once of each', async () => {
    const { session, demonitors } = open();
    for (const times of [1, 2]) {
      const call = session.call('echo', times).subscribe();
      await turns();
      call.unsubscribe();
      expect(await demonitors()).toBe(times);
    }
    const first = session.call('echo', 3).subscribe();
    await turns();
    first.unsubscribe();
    // It carries the end of the one before, and is cancelled when it has left.
    const second = session.call('echo', 4).subscribe();
    await turns();
    second.unsubscribe();
    expect(await demonitors()).toBe(4);
  });

  it('looks an actor of :global up again when its process has ended', async () => {
    const { session, reply, exit } = open();
    const node = atom('worker@127.0.0.1');
    const [one, other] = [new Pid(node, 90, 0, 1), new Pid(node, 91, 0, 1)];
    const failed = failureOf(session.askDistributed('counter', Buffer.of(1)));
    await reply(0, one);
    await exit(1, one);
    await failed;
    const answered = answerOf(session.askDistributed('counter', Buffer.of(1)));
    await reply(2, other);
    await reply(3, Buffer.of(5));
    expect(await answered).toEqual(Buffer.of(5));
  });

  it('leaves no timer when it has ended', () => {
    const set = spyOn(globalThis, 'setInterval').and.callThrough();
    const cleared = spyOn(globalThis, 'clearInterval').and.callThrough();
    const { session } = open();
    session.close();
    const timers = set.calls.all().filter(({ args }) => args[1] === tickInterval);
    expect(timers.length).toBe(1);
    expect(cleared.calls.allArgs().flat()).toContain(timers[0]!.returnValue);
  });
});
