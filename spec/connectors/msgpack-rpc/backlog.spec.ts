import type { Socket } from 'node:net';
import { Subject } from 'rxjs';
import { Answers } from '../../../src/connectors/msgpack-rpc/answers';
import { Backlog } from '../../../src/connectors/msgpack-rpc/backlog';
import { createLiteCodec } from '../../../src/connectors/msgpack-rpc/index';
import { clientLimits, type RpcLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { methodTable } from '../../../src/connectors/msgpack-rpc/methods';
import { Outbox, Outgoing } from '../../../src/connectors/msgpack-rpc/outbox';
import type { RpcConnection } from '../../../src/connectors/msgpack-rpc/rpc-connection';
import { wireCodecOf } from '../../../src/connectors/msgpack-rpc/wire-codec';

/** A socket that takes one write, and then no more until the other side has read. */
function slowSocket() {
  let drained = (): void => {};
  let reading = true;
  const socket = {
    writableLength: 0,
    on: (_event: string, callback: () => void) => (drained = callback),
    write: () => reading,
  } as unknown as Socket;
  return {
    socket,
    stall: () => (reading = false),
    read: () => {
      reading = true;
      drained();
    },
  };
}

class Frame extends Outgoing {}

describe('the backlog of a connection', () => {
  it('is reported as full once, and again after it fell below maxUnsentBytes', () => {
    let bytes = 0;
    const full: string[] = [];
    const limits = { ...clientLimits, maxUnsentBytes: 10, maxBacklogBytes: 100 };
    const backlog = new Backlog(
      limits,
      () => bytes,
      (reason) => full.push(reason),
    );
    const steps: [bytes: number, refused: boolean, said: number][] = [
      [99, false, 0],
      [100, true, 1],
      [120, true, 1],
      [50, false, 1],
      [100, true, 1],
      [9, false, 1],
      [100, true, 2],
    ];
    for (const [waiting, refused, said] of steps) {
      bytes = waiting;
      const { refusal } = backlog;
      expect([refusal !== undefined, full.length])
        .withContext(`${waiting} bytes`)
        .toEqual([refused, said]);
    }
  });

  it('does not count what was taken back before it had left', () => {
    const { socket, stall } = slowSocket();
    stall();
    const outbox = new Outbox(socket);
    const [sent, stays, taken] = [1, 2, 3].map((n) => new Frame(Buffer.alloc(1_000 * n)));
    outbox.push(sent!);
    outbox.flush();
    outbox.push(stays!);
    const before = outbox.waitingBytes;
    outbox.push(taken!);
    expect(outbox.waitingBytes).toBeGreaterThan(before + 3_000);
    outbox.drop(taken!);
    expect(outbox.waitingBytes).toBe(before);
    expect(before).toBeGreaterThan(2_000);
  });
});

describe('the answers that are owed', () => {
  function answering(limits: Partial<RpcLimits>) {
    const slow = slowSocket();
    const outbox = new Outbox(slow.socket);
    const late = new Subject<number>();
    const all = { ...clientLimits, ...limits };
    const answers: Answers = new Answers({
      codec: wireCodecOf(createLiteCodec()),
      limits: all,
      methods: methodTable('methods', { bytes: (count: unknown) => Buffer.alloc(Number(count)), late: () => late }, []),
      outbox,
      backlog: new Backlog(
        all,
        () => answers.unsentBytes,
        () => {},
      ),
      caller: undefined as unknown as RpcConnection,
      onDone: () => {},
      onCapacity: () => {},
      onFault: () => {},
    });
    let id = 0;
    const ask = (count: number): void => {
      answers.request(++id, 'bytes', [count], 10);
      outbox.flush();
    };
    return { answers, ask, late, ...slow };
  }

  it('are a flood only of those that have not been taken, however many were before', () => {
    const { answers, ask, stall } = answering({ maxCalls: 3, maxUnsentBytes: 1_000 });
    for (let i = 0; i < 10; i++) ask(10);
    stall();
    // The first of them is taken by the socket.
    for (let i = 0; i < 3; i++) ask(600);
    expect([answers.isUnsentFull, answers.isFlooded]).toEqual([true, false]);
    ask(600);
    expect([answers.isUnsentFull, answers.isFlooded]).toEqual([true, true]);
  });

  it('are no flood any more when what had to be dropped has been made up for', () => {
    const { answers, ask, stall, read } = answering({ maxUnsentBytes: 2_000, maxBacklogBytes: 4_000 });
    stall();
    for (let i = 0; i < 4; i++) ask(3_000);
    expect(answers.isFlooded).withContext('the last one was dropped').toBe(true);
    read();
    expect([answers.isUnsentFull, answers.unsentBytes]).toEqual([false, 0]);
    stall();
    ask(3_000);
    ask(3_000);
    expect([answers.isUnsentFull, answers.isFlooded]).toEqual([true, false]);
  });

  it('make busy by the bytes of their requests, until they have been given', () => {
    const { answers, late } = answering({ maxCallBytes: 100 });
    answers.request(1, 'late', [], 60);
    expect(answers.isBusy).toBe(false);
    answers.request(2, 'late', [], 40);
    expect(answers.isBusy).toBe(true);
    late.complete();
    expect(answers.isBusy).toBe(false);
    answers.request(3, 'bytes', [1], 90);
    answers.request(4, 'late', [], 90);
    expect(answers.isBusy).toBe(false);
  });
});
