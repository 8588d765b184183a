import { printable } from '../../pool/values/printable';
import { asBuffer } from './lite';
import { Refusal } from './refusal';

// The three messages of MessagePack-RPC, by their type numbers.
export const REQUEST = 0;
export const REPLY = 1;
export const NOTIFICATION = 2;

/** Ids are unsigned integers of 32 bits. */
export const LARGEST_ID = 0xffff_ffff;
/** Never the id of a call: peers send it with errors that belong to no call. */
export const NO_CALL = 0;

export type Message =
  | readonly [type: typeof REQUEST, id: number, method: string, params: unknown[]]
  | readonly [type: typeof REPLY, id: number, error: unknown, result: unknown]
  | readonly [type: typeof NOTIFICATION, method: string, params: unknown[]];

/** A notification from the other side. */
export interface RpcNotification {
  /** Its name. */
  readonly method: string;
  /** Its decoded parameters. */
  readonly params: unknown[];
}

/** The first byte of a TLS handshake or alert, which MessagePack decodes as a number. */
const isTls = (value: unknown): boolean => value === 0x16 || value === 0x15;

const say = (value: unknown): string =>
  Array.isArray(value) ? `an array of ${value.length}` : value === null ? 'nil' : `a ${typeof value}`;

const isId = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_ID;

/** Throws a `Refusal` for a value that is not one of the three messages. */
export function checkMessage(value: unknown): Message {
  if (isTls(value))
    throw refuse('TLS where MessagePack should be. Does only one of the two sides have the option tls?');
  if (!Array.isArray(value)) throw refuse(`${say(value)} where a message should be. Is this a MessagePack-RPC node?`);
  const message = value as unknown[];
  const type = message[0];
  const length = type === NOTIFICATION ? 3 : 4;
  if (type !== REQUEST && type !== REPLY && type !== NOTIFICATION) throw refuse('a message of unknown type');
  if (message.length !== length) throw refuse(`a message of ${message.length} parts where ${length} should be`);
  if (type !== NOTIFICATION && !isId(message[1])) throw refuse(`${say(message[1])} where a message id should be`);
  if (type !== REPLY) {
    // Older peers have one type for texts and bytes, and some newer ones send bytes.
    const name = message[length - 2];
    const method = name instanceof Uint8Array ? asBuffer(name).toString() : name;
    message[length - 2] = method;
    const params = message[length - 1];
    if (typeof method !== 'string') throw refuse(`${say(method)} where the name of a method should be`);
    if (!Array.isArray(params))
      throw refuse(`${say(params)} where the params of '${printable(method.slice(0, 100))}' should be`);
  }
  return message as unknown as Message;
}

const refuse = (reason: string): Refusal => new Refusal('RPC_PROTOCOL', reason);
