import type { Atom } from '../terms/atom';
import { Pid } from '../terms/identifiers';
import * as tag from '../terms/tags';
import { written, type TermWriter } from '../terms/term-writer';
import { op, PASS_THROUGH } from './control';

/** Words of a reference: the first one has 18 bits, as in old nodes. */
const FIRST_WORD = 2 ** 18;

const control = (kind: number, length: number): Buffer =>
  Buffer.of(PASS_THROUGH, tag.VERSION, tag.SMALL_TUPLE, length, tag.SMALL_INTEGER, kind);
const EMPTY_ATOM = Buffer.of(tag.SMALL_ATOM_UTF8, 0);

/**
 * This side of a connection as the node knows it: one process, whose pid messages come from, and references that count up. It writes messages
 * of which most bytes are always the same.
 */
export class LocalNode {
  readonly pid: Pid;
  private readonly pidBytes: Buffer;
  private readonly referenceHead: Buffer;
  private readonly monitorPrefix: Buffer;
  private readonly demonitorPrefix: Buffer;
  private readonly regSendPrefix: Buffer;
  private readonly sendPrefix: Buffer;
  private readonly genCallPrefix: Buffer;

  constructor(
    readonly node: Atom,
    readonly creation: number,
  ) {
    this.pid = new Pid(node, 1, 0, creation);
    this.pidBytes = written((writer) => writer.term(this.pid));
    this.referenceHead = written((writer) => {
      writer.bytes(Buffer.of(tag.NEWER_REFERENCE, 0, 3));
      writer.bytes(node.encoded);
      writer.uint32(creation);
    });
    this.monitorPrefix = Buffer.concat([control(op.MONITOR_P, 4), this.pidBytes]);
    this.demonitorPrefix = Buffer.concat([control(op.DEMONITOR_P, 4), this.pidBytes]);
    this.regSendPrefix = Buffer.concat([control(op.REG_SEND, 4), this.pidBytes, EMPTY_ATOM]);
    this.sendPrefix = Buffer.concat([control(op.SEND, 3), EMPTY_ATOM]);
    this.genCallPrefix = Buffer.concat([
      Buffer.of(tag.SMALL_TUPLE, 3, tag.SMALL_ATOM_UTF8, 9),
      Buffer.from('$gen_call'),
      Buffer.of(tag.SMALL_TUPLE, 2),
      this.pidBytes,
    ]);
  }

  /** Starts a message; `end` gets what this returns, and writes the length. */
  begin(writer: TermWriter): number {
    writer.ensure(4);
    writer.at += 4;
    return writer.at;
  }

  end(writer: TermWriter, start: number): void {
    writer.setUint32(start - 4, writer.at - start);
  }

  monitor(writer: TermWriter, to: Atom | Pid, id: number): void {
    this.watch(this.monitorPrefix, writer, to, id);
  }

  demonitor(writer: TermWriter, to: Atom | Pid, id: number): void {
    this.watch(this.demonitorPrefix, writer, to, id);
  }

  private watch(head: Buffer, writer: TermWriter, to: Atom | Pid, id: number): void {
    const start = this.begin(writer);
    writer.bytes(head);
    to.writeTo(writer);
    this.reference(writer, id);
    this.end(writer, start);
  }

  /** Everything of a message but the message itself. */
  address(writer: TermWriter, to: Atom | Pid): void {
    writer.bytes(to instanceof Pid ? this.sendPrefix : this.regSendPrefix);
    to.writeTo(writer);
    writer.byte(tag.VERSION);
  }

  /** `{'$gen_call', {Pid, Reference}, ...` */
  genCall(writer: TermWriter, id: number): void {
    writer.bytes(this.genCallPrefix);
    this.reference(writer, id);
  }

  /** `{subject, Pid, Reference}` */
  subject(writer: TermWriter, id: number): void {
    writer.bytes(SUBJECT);
    writer.bytes(this.pidBytes);
    this.reference(writer, id);
  }

  reference(writer: TermWriter, id: number): void {
    writer.bytes(this.referenceHead);
    writer.uint32(id % FIRST_WORD);
    writer.uint32(Math.floor(id / FIRST_WORD));
    writer.uint32(0);
  }
}

/** The number of the call, of the words of a reference that was made here; undefined if none was. */
export const idOf = (first: number, second: number, third: number): number | undefined =>
  third === 0 && first < FIRST_WORD ? second * FIRST_WORD + first : undefined;

const SUBJECT = Buffer.concat([Buffer.of(tag.SMALL_TUPLE, 3, tag.SMALL_ATOM_UTF8, 7), Buffer.from('subject')]);
