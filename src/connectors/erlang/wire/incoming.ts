import { Atom, atom } from '../terms/atom';
import { Pid, Reference } from '../terms/identifiers';
import { malformed, type TermLimits } from '../terms/limits';
import * as tag from '../terms/tags';
import type { Sendable, Term } from '../terms/term';
import { TermReader } from '../terms/term-reader';
import { written } from '../terms/term-writer';
import { Tuple } from '../terms/term';
import { op, PASS_THROUGH } from './control';
import { idOf, type LocalNode } from './local-node';

/** Handlers for the kinds of incoming messages. `C` is a call. */
export interface IncomingHandlers<C> {
  /** The call that a reply is for; undefined if it is not waited for, and need not be read. It ends with `settle`, or with the connection. */
  find(id: number): C | undefined;
  /** What the call is answered with. */
  settle(call: C, value: Term): void;
  /** A process that was monitored has ended. */
  exit(id: number, reason: Term): void;
  /** Something has to be answered. */
  answer(frame: Buffer): void;
}

/** Reads messages of the node: replies, exits, and what a node asks of another. Everything else is dropped. */
export class Incoming<C> {
  private readonly local: LocalNode;
  private readonly handlers: IncomingHandlers<C>;
  private readonly reader: TermReader;
  /** All that is in front of the words of the reference in a reply: the same bytes in every reply. */
  private replyHead: Buffer | undefined;

  constructor(local: LocalNode, limits: TermLimits, handlers: IncomingHandlers<C>) {
    this.local = local;
    this.handlers = handlers;
    this.reader = new TermReader(limits);
  }

  /** Throws a `TermRefusal` for what cannot be read. */
  receive(memory: Buffer, start: number, end: number, isOwn: boolean): void {
    const head = this.replyHead;
    const reader = this.reader;
    reader.open(memory, start, end, isOwn);
    try {
      this.read(reader, start, end, head);
    } finally {
      // A long message is not kept until the next one comes.
      reader.close();
    }
  }

  private read(reader: TermReader, start: number, end: number, head: Buffer | undefined): void {
    const { memory } = reader;
    if (head !== undefined && startsWith(memory, start, end, head)) {
      reader.at = start + head.length;
      this.reply(reader);
      return;
    }
    const kind = reader.byte();
    if (kind !== PASS_THROUGH) throw malformed(`a message of kind ${kind}, which was not agreed upon`);
    reader.version();
    const control = reader.term();
    if (!(control instanceof Tuple) || control.length === 0) throw malformed('a message without an address');
    this.obey(control, reader, start);
  }

  private obey(control: Tuple, reader: TermReader, start: number): void {
    const [kind, first, second, third, fourth] = control.elements as readonly (Term | undefined)[];
    switch (kind) {
      case op.SEND:
      case op.SEND_SENDER:
        reader.version();
        this.message(reader, start);
        return;
      case op.MONITOR_P_EXIT:
      case op.PAYLOAD_MONITOR_P_EXIT: {
        if (kind === op.PAYLOAD_MONITOR_P_EXIT) reader.version();
        const reason = kind === op.PAYLOAD_MONITOR_P_EXIT ? reader.term() : fourth;
        const id = this.idOf(third);
        if (id !== undefined && reason !== undefined) this.handlers.exit(id, reason);
        return;
      }
      case op.UNLINK_ID:
        this.answer(op.UNLINK_ID_ACK, [integer(first), pid(third), pid(second)]);
        return;
      case op.MONITOR_P:
        if (!this.isOurs(second))
          this.answer(op.PAYLOAD_MONITOR_P_EXIT, [pidOrName(second), pid(first), reference(third)], NOPROC);
        return;
      case op.LINK:
        if (!this.isOurs(second)) this.answer(op.PAYLOAD_EXIT, [pid(second), pid(first)], NOPROC);
        return;
      case op.SPAWN_REQUEST:
        this.answer(op.SPAWN_REPLY, [reference(first), pid(second), 0, NOTSUP]);
    }
  }

  /** A message that begins with a reference of this side is a reply. */
  private message(reader: TermReader, start: number): void {
    const { memory, at } = reader;
    if (reader.rest < 3 || memory[at] !== tag.SMALL_TUPLE || memory[at + 1] !== 2) return;
    if (memory[at + 2] !== tag.NEWER_REFERENCE && memory[at + 2] !== tag.NEW_REFERENCE) return;
    reader.at = at + 2;
    const isNewer = memory[at + 2] === tag.NEWER_REFERENCE;
    const reference = reader.term();
    const id = this.idOf(reference);
    if (id === undefined) return;
    reader.at -= 12;
    if (isNewer) this.replyHead = Buffer.from(memory.subarray(start, reader.at));
    this.reply(reader);
  }

  /** From the words of the reference on. */
  private reply(reader: TermReader): void {
    const id = idOf(reader.uint32(), reader.uint32(), reader.uint32());
    if (id === undefined) return;
    const call = this.handlers.find(id);
    if (call === undefined) return;
    const value = reader.term();
    if (reader.rest > 0) throw malformed(`${reader.rest} bytes behind a reply`);
    this.handlers.settle(call, value);
  }

  private idOf(reference: Term | undefined): number | undefined {
    const local = this.local;
    if (!(reference instanceof Reference)) return undefined;
    if (reference.node !== local.node || reference.creation !== local.creation || reference.words.length !== 3)
      return undefined;
    const [first, second, third] = reference.words as [number, number, number];
    return idOf(first, second, third);
  }

  private isOurs(process: Term | undefined): boolean {
    const localPid = this.local.pid;
    return process instanceof Pid && process.node === localPid.node && process.id === localPid.id;
  }

  private answer(kind: number, fields: readonly Sendable[], payload?: Sendable): void {
    const frame = written((writer) => {
      const start = this.local.begin(writer);
      writer.byte(PASS_THROUGH);
      writer.byte(tag.VERSION);
      writer.term(new Tuple<readonly Sendable[]>([kind, ...fields]));
      if (payload !== undefined) {
        writer.byte(tag.VERSION);
        writer.term(payload);
      }
      this.local.end(writer, start);
    });
    this.handlers.answer(frame);
  }
}

const NOPROC = atom('noproc');
const NOTSUP = atom('notsup');

/** Fields of what is answered: an answer has only what the protocol says, whatever was asked. */
const fieldOf =
  (what: string, isRight: (field: Term | undefined) => boolean) =>
  (field: Term | undefined): Term => {
    if (field !== undefined && isRight(field)) return field;
    throw malformed(`a message in which ${what} is missing`);
  };
const pid = fieldOf('a pid', (field) => field instanceof Pid);
const pidOrName = fieldOf('a process', (field) => field instanceof Pid || field instanceof Atom);
const reference = fieldOf('a reference', (field) => field instanceof Reference);
const integer = fieldOf('an integer', (field) => typeof field === 'bigint' || Number.isInteger(field));

function startsWith(memory: Buffer, start: number, end: number, head: Buffer): boolean {
  const { length } = head;
  if (end - start < length) return false;
  // What differs from other messages stands at the end.
  for (let i = length - 1; i >= 0; i--) if (memory[start + i] !== head[i]) return false;
  return true;
}
