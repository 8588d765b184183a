import type { Atom } from './atom';
import * as tag from './tags';
import { TermValue, type TermText } from './term-value';
import type { TermSink } from './term-sink';

/** A process, of any node. Pids come from the peer; they are sent back as they came. */
export class Pid extends TermValue {
  /** @internal */
  constructor(
    readonly node: Atom,
    readonly id: number,
    readonly serial: number,
    readonly creation: number,
  ) {
    super();
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.byte(tag.NEW_PID);
    writer.bytes(this.node.encoded);
    writer.uint32(this.id);
    writer.uint32(this.serial);
    writer.uint32(this.creation);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(`<${this.node.toString()}.${this.id}.${this.serial}>`);
  }
}

/** A port of any node. */
export class Port extends TermValue {
  /** @internal */
  constructor(
    readonly node: Atom,
    readonly id: bigint,
    readonly creation: number,
  ) {
    super();
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.byte(tag.V4_PORT);
    writer.bytes(this.node.encoded);
    writer.uint32(Number(this.id >> 32n));
    writer.uint32(Number(this.id & 0xffff_ffffn));
    writer.uint32(this.creation);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(`#Port<${this.node.toString()}.${this.id}>`);
  }
}

/** A reference of any node. */
export class Reference extends TermValue {
  /** @internal */
  constructor(
    readonly node: Atom,
    readonly creation: number,
    /** The words that it is made of, as they are sent. */
    readonly words: readonly number[],
  ) {
    super();
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.byte(tag.NEWER_REFERENCE);
    writer.uint16(this.words.length);
    writer.bytes(this.node.encoded);
    writer.uint32(this.creation);
    for (const word of this.words) writer.uint32(word);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(`#Ref<${this.node.toString()}.${this.words.join('.')}>`);
  }
}

/** A fun of the peer. It is kept as it came, and can be sent back to be called there. */
export class Fun extends TermValue {
  /** @internal */
  constructor(
    /** As it came, with its tag. */
    readonly encoded: Uint8Array,
  ) {
    super();
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.bytes(this.encoded);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(`#Fun<${this.encoded.length} bytes>`);
  }
}

/** A fun that names an exported function: `fun lists:map/2`. */
export class ExportedFunction extends TermValue {
  constructor(
    readonly module: Atom,
    readonly name: Atom,
    readonly arity: number,
  ) {
    super();
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.byte(tag.EXPORT);
    writer.bytes(this.module.encoded);
    writer.bytes(this.name.encoded);
    writer.number(this.arity);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(`fun ${this.module.toString()}:${this.name.toString()}/${this.arity}`);
  }
}
