import { destinationOf, LateTerm } from './gleam';
import type { Variant } from './terms/term';
import type { GleamSubject, ProcessAddress } from './connection';
import type { Request } from './calls';
import { atom, Atom } from './terms/atom';
import { Pid } from './terms/identifiers';
import * as tag from './terms/tags';
import type { Sendable, Term } from './terms/term';
import { atomText, TermValue } from './terms/term-value';
import { written, type TermWriter } from './terms/term-writer';
import { Tuple } from './terms/term';
import { describeValue } from '../../pool/values/describe';
import type { LocalNode } from './wire/local-node';

const CALL = atom('call');
const GEN_CAST = atom('$gen_cast');
const REX = atom('rex');
const USER = atom('user');

/** The process that is meant. Throws a `TypeError` for what is none. */
export function processOf(to: ProcessAddress): Atom | Pid {
  if (typeof to === 'string' && to !== '') return atom(to);
  if (to instanceof Atom || to instanceof Pid) return to;
  throw new TypeError(
    `A process must be a name that is not empty, an atom, a pid, {global, Name} or {via, Module, Name}, but got ${to instanceof TermValue ? to.toString() : describeValue(to)}`,
  );
}

export const labelOf = (to: Atom | Pid): string => (to instanceof Pid ? to.toString() : atomText(to.name));

/** `gen_server:call(To, Request)`. */
export class GenCall implements Request {
  constructor(
    private readonly local: LocalNode,
    readonly to: Atom | Pid,
    private readonly request: Sendable,
  ) {}

  get label(): string {
    return labelOf(this.to);
  }

  payload(): Sendable {
    return this.request;
  }

  write(writer: TermWriter, id: number): void {
    this.local.genCall(writer, id);
    writer.term(this.request, 1);
  }
}

/** `{call, Module, Function, Args, user}` to `rex`: what the function prints goes to the node's own `user`, and does not wait for this side. */
export const remoteCall = (local: LocalNode, module: string, name: string, args: readonly Sendable[]): Request =>
  new GenCall(local, REX, new Tuple([CALL, atom(module), atom(name), args, USER]));

export const castMessage = (request: Sendable): Sendable => new Tuple([GEN_CAST, request]);

/** `{Tag, Message}`, where the message contains the subject to reply to. */
export function askRequest(local: LocalNode, subject: GleamSubject, build: (replyTo: Sendable) => Sendable): Request {
  const { to, tag: front } = destinationOf(subject);
  let current = 0;
  const replyTo = new LateTerm((writer) => local.subject(writer, current), '#Subject<of this call>');
  const message = build(replyTo as unknown as Term);
  return {
    to,
    label: labelOf(to),
    payload: (id) => {
      current = id;
      return message;
    },
    write: (writer, id) => {
      current = id;
      writer.term(new Tuple([front, message]));
    },
  };
}

/** Throws a `TypeError` for a message with no place to reply to, whose call would not end, or with several. */
export function askVariant(local: LocalNode, subject: GleamSubject, message: Variant): Request {
  return askRequest(local, subject, (replyTo) => {
    const { term, replies } = message.build(replyTo);
    if (replies === 1) return term;
    const found = replies === 0 ? 'none: to send a message that is not replied to, use tell' : String(replies);
    throw new TypeError(
      `The message '${message.name}' must have one reply(), where the actor expects a subject, but it has ${found}`,
    );
  });
}

export function tellMessage(subject: GleamSubject, message: Variant): { to: Atom | Pid; term: Sendable } {
  const { to, tag: front } = destinationOf(subject);
  const { term, replies } = message.build(atom('nil'));
  if (replies > 0) throw new TypeError(`The message '${message.name}' has a reply(): use ask`);
  return { to, term: new Tuple([front, term]) };
}

export type DistributedPayload = Uint8Array | ((replyTo: Buffer) => Uint8Array);

/** `{<<"name">>, Payload}`, where the payload contains the encoded subject to reply to. */
export function distributedRequest(
  local: LocalNode,
  to: Pid,
  name: string,
  payload: DistributedPayload,
  check: (bytes: Uint8Array) => void,
): Request {
  const bytesFor = (id: number): Uint8Array => {
    const replyTo = written((writer) => {
      writer.uint32(0);
      writer.byte(tag.VERSION);
      local.subject(writer, id);
      writer.setUint32(0, writer.at - 4);
    });
    if (typeof payload === 'function') {
      const whole = payload(replyTo);
      check(whole);
      return whole;
    }
    return Buffer.concat([payload, replyTo]);
  };
  if (typeof payload !== 'function') check(payload);
  return {
    to,
    label: `'${name}' of :global`,
    payload: () => name,
    write: (writer: TermWriter, id: number) =>
      writer.term(new Tuple<readonly Sendable[]>([name, Buffer.from(bytesFor(id))])),
  };
}

/** The failure in the reply to a remote call; undefined for a success. */
export function failureOf(result: Term): Term | undefined {
  if (!(result instanceof Tuple) || result.tag !== 'badrpc' || result.length !== 2) return undefined;
  const reason = result.at(1)!;
  return reason instanceof Tuple && reason.tag === 'EXIT' && reason.length === 2 ? reason.at(1)! : reason;
}
