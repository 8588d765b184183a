import { atom, Atom } from './terms/atom';
import { Pid } from './terms/identifiers';
import type { Term } from './terms/term';
import { TermValue, type TermText } from './terms/term-value';
import type { TermWriter } from './terms/term-writer';
import { Reply, Tuple, Variant, type VariantField } from './terms/term';
import { describeValue } from '../../pool/values/describe';

/**
 * A value of a Gleam custom type: the constructor `Add(5, reply)` is `variant('add', 5, reply())`, in the snake case in which Gleam compiles it. One
 * without fields is a bare atom. An `Int` is an integer, a `Float` is `float(5)`, a `String` a string, a `Bool` a boolean, `Nil` is
 * `atom('nil')`, a `List` an array, a tuple `tuple(...)`, a `Dict` a `Map`, and another custom type a variant: `Some(5)` is `variant('some', 5)`, a
 * record `User("Ada", 36)` `variant('user', 'Ada', 36)`, also within lists, tuples and dicts.
 *
 * Throws a `TypeError` for a name that no constructor can have.
 */
export function variant(name: string, ...fields: readonly VariantField[]): Variant {
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new TypeError(
      `The name of a variant is the constructor's in snake case, such as 'get_value' for GetValue, but got ${describeValue(name)}`,
    );
  }
  return new Variant(name, fields);
}

/** Marks where the subject to reply to goes: `variant('get', reply())` for `Get(reply_with: Subject(Int))`. */
export const reply = (): Reply => new Reply();

/** Something that writes itself when the message is sent, such as the process that sends it. */
export class LateTerm extends TermValue {
  constructor(
    private readonly write: (writer: TermWriter) => void,
    private readonly text: string,
  ) {
    super();
  }

  override writeTo(writer: TermWriter): void {
    this.write(writer);
  }

  override describeTo(text: TermText): void {
    text.write(this.text);
  }
}

/** The process that receives a message to a subject, and the tag at the front of the message. */
export interface Destination {
  readonly to: Atom | Pid;
  readonly tag: Term;
}

/** Throws a `TypeError` for a value that is not a subject. */
export function destinationOf(subject: string | Atom | Tuple): Destination {
  if (typeof subject === 'string' && subject !== '') return named(atom(subject));
  if (subject instanceof Atom) return named(subject);
  if (subject instanceof Tuple) {
    const [, first, second] = subject.elements;
    if (subject.tag === 'subject' && first instanceof Pid && second !== undefined) return { to: first, tag: second };
    if (subject.tag === 'named_subject' && first instanceof Atom) return named(first);
  }
  throw new TypeError(
    `A subject must be the name of an actor, or {subject, Pid, Tag} or {named_subject, Name} as it came, but got ${subject instanceof TermValue ? subject.toString() : describeValue(subject)}`,
  );
}

const named = (name: Atom): Destination => ({ to: name, tag: name });
