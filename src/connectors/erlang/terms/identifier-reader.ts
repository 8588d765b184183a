import { Atom, intern } from './atom';
import { ByteReader } from './byte-reader';
import { ExportedFunction, Fun, Pid, Port, Reference } from './identifiers';
import { malformed } from './limits';
import * as tag from './tags';
import type { Term } from './term';

/** Reads pids, ports, references and funs, in each form that they have had. */
export abstract class IdentifierReader extends ByteReader {
  abstract term(): Term;

  protected abstract terms(count: number): Term[];

  /** A term that has to be an atom. */
  atom(): Atom {
    const value = this.term();
    // The names of nodes, modules and functions: none of them is called true, but a peer may say so.
    if (typeof value === 'boolean') return intern(String(value), () => {});
    if (value instanceof Atom) return value;
    throw malformed('a term in which an atom is missing');
  }

  /** What follows this tag. */
  protected identifier(kind: number): Term {
    switch (kind) {
      case tag.NEW_PID:
        return new Pid(this.atom(), this.uint32(), this.uint32(), this.uint32());
      case tag.PID:
        return new Pid(this.atom(), this.uint32(), this.uint32(), this.byte());
      case tag.V4_PORT:
        return new Port(this.atom(), (BigInt(this.uint32()) << 32n) | BigInt(this.uint32()), this.uint32());
      case tag.NEW_PORT:
        return new Port(this.atom(), BigInt(this.uint32()), this.uint32());
      case tag.PORT:
        return new Port(this.atom(), BigInt(this.uint32()), this.byte());
      case tag.NEWER_REFERENCE:
      case tag.NEW_REFERENCE:
        return this.reference(this.uint16(), kind === tag.NEWER_REFERENCE);
      case tag.REFERENCE: {
        const node = this.atom();
        const word = this.uint32();
        return new Reference(node, this.byte(), [word]);
      }
      case tag.EXPORT:
        return this.exported();
      case tag.NEW_FUN:
        return this.fun();
      case tag.FUN:
        return this.oldFun();
      default:
        throw malformed(`a term of the unknown tag ${kind}`);
    }
  }

  private reference(length: number, isNewer: boolean): Reference {
    if (length === 0 || length > 5) throw malformed(`a reference of ${length} words`);
    const node = this.atom();
    const creation = isNewer ? this.uint32() : this.byte();
    const words: number[] = [];
    for (let i = 0; i < length; i++) words.push(this.uint32());
    return new Reference(node, creation, words);
  }

  private exported(): ExportedFunction {
    const module = this.atom();
    const name = this.atom();
    const arity = this.term();
    if (typeof arity !== 'number' || !(arity >= 0 && arity <= 255)) throw malformed('a fun whose arity is no number');
    return new ExportedFunction(module, name, arity);
  }

  /** Its size says how long it is, the size itself included. */
  private fun(): Fun {
    const start = this.at - 1;
    const size = this.uint32();
    if (size < 4) throw malformed(`a fun of ${size} bytes`);
    this.need(size - 4);
    this.at += size - 4;
    return this.funFrom(start);
  }

  /** This form has no length: its parts are read and discarded in order to find its end. */
  private oldFun(): Fun {
    const start = this.at - 1;
    const free = this.uint32();
    this.terms(4 + free);
    return this.funFrom(start);
  }

  private funFrom(start: number): Fun {
    return new Fun(Buffer.from(this.memory.subarray(start, this.at)));
  }
}
