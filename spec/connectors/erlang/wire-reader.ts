/**
 * Reads what a client of the distribution protocol sends, by the documentation of Erlang alone: nothing of the sources is used, and whatever is not
 * documented, or that this client must never send, throws.
 */

/** A term as it stands on the wire. */
export type WireTerm =
  | number
  | bigint
  | Buffer
  | { readonly atom: string }
  | { readonly float: number }
  | { readonly pid: string; readonly id: number; readonly serial: number; readonly creation: number }
  | { readonly reference: string; readonly creation: number; readonly words: readonly number[] }
  | { readonly tuple: readonly WireTerm[] }
  | { readonly list: readonly WireTerm[]; readonly tail?: WireTerm }
  | { readonly map: readonly (readonly [WireTerm, WireTerm])[] }
  /** A port, fun or bit string, of which only the length is looked at. */
  | { readonly other: number };

export interface WireMessage {
  /** The number of the operation; 0 is a tick. */
  readonly op: number;
  readonly fields: readonly WireTerm[];
  readonly message?: WireTerm;
}

class Cursor {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  take(count: number): Buffer {
    if (this.at + count > this.bytes.length) throw new Error(`cut at ${this.at}: ${this.bytes.toString('hex')}`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  uint(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }
}

/** "External Term Format" of the ERTS user's guide, without what the agreed flags leave out. */
function term(from: Cursor): WireTerm {
  const tag = from.uint(1);
  const atom = (): string => {
    const name = term(from);
    if (typeof name === 'object' && 'atom' in name) return name.atom;
    throw new Error('the name of a node is no atom');
  };
  const terms = (count: number): WireTerm[] => Array.from({ length: count }, () => term(from));
  const other = (bytes: number): WireTerm => ({ other: from.take(bytes).length });
  const big = (bytes: number): bigint => {
    const sign = from.uint(1);
    let value = 0n;
    for (const byte of [...from.take(bytes)].reverse()) value = value * 256n + BigInt(byte);
    return sign === 1 ? -value : value;
  };
  switch (tag) {
    case 70:
      return { float: from.take(8).readDoubleBE() };
    case 77:
      return other(from.uint(4) + 1);
    case 88:
      return { pid: atom(), id: from.uint(4), serial: from.uint(4), creation: from.uint(4) };
    case 90: {
      const length = from.uint(2);
      if (length > 5) throw new Error(`a reference of ${length} words`);
      return { reference: atom(), creation: from.uint(4), words: Array.from({ length }, () => from.uint(4)) };
    }
    case 97:
      return from.uint(1);
    case 98:
      return from.take(4).readInt32BE();
    case 104:
      return { tuple: terms(from.uint(1)) };
    case 105:
      return { tuple: terms(from.uint(4)) };
    case 106:
      return { list: [] };
    case 107:
      return { list: [...from.take(from.uint(2))] };
    case 108: {
      const list = terms(from.uint(4));
      const tail = term(from);
      return typeof tail === 'object' && 'list' in tail && tail.list.length === 0 ? { list } : { list, tail };
    }
    case 109:
      return Buffer.from(from.take(from.uint(4)));
    case 110:
      return big(from.uint(1));
    case 111:
      return big(from.uint(4));
    case 112:
      return other(from.uint(4) - 4);
    case 113:
      terms(3);
      return { other: 0 };
    case 116:
      return { map: Array.from({ length: from.uint(4) }, () => [term(from), term(from)] as const) };
    case 118:
      return { atom: from.take(from.uint(2)).toString('utf8') };
    case 119:
      return { atom: from.take(from.uint(1)).toString('utf8') };
    case 120:
      atom();
      return other(12);
    default:
      throw new Error(`the tag ${tag}, which is not in the documentation, or was not agreed upon`);
  }
}

const isPid = (field: WireTerm | undefined): boolean => typeof field === 'object' && 'pid' in field;
const isAtom = (field: WireTerm | undefined): boolean => typeof field === 'object' && 'atom' in field;
const isReference = (field: WireTerm | undefined): boolean => typeof field === 'object' && 'reference' in field;
const isEmptyAtom = (field: WireTerm | undefined): boolean =>
  typeof field === 'object' && 'atom' in field && field.atom === '';
const isProcess = (field: WireTerm | undefined): boolean => isPid(field) || isAtom(field);
const isAny = (): boolean => true;
const isInteger = (field: WireTerm | undefined): boolean => typeof field === 'number' || typeof field === 'bigint';

type Check = (field: WireTerm | undefined) => boolean;

/** "Protocol between Connected Nodes": the fields behind the number, and whether a message follows. Nothing else is sent by this client. */
const operations: Record<number, { readonly fields: readonly Check[]; readonly carries: boolean }> = {
  // SEND: Unused, ToPid
  2: { fields: [isEmptyAtom, isPid], carries: true },
  // REG_SEND: FromPid, Unused, ToName
  6: { fields: [isPid, isEmptyAtom, isAtom], carries: true },
  // MONITOR_P and DEMONITOR_P: FromPid, ToProc, Ref
  19: { fields: [isPid, isProcess, isReference], carries: false },
  20: { fields: [isPid, isProcess, isReference], carries: false },
  // PAYLOAD_EXIT: FromPid, ToPid; PAYLOAD_MONITOR_P_EXIT: FromProc, ToPid, Ref
  24: { fields: [isProcess, isPid], carries: true },
  28: { fields: [isProcess, isPid, isReference], carries: true },
  // SPAWN_REPLY: ReqId, To, Flags, Result
  31: { fields: [isReference, isPid, isInteger, isAny], carries: false },
  // UNLINK_ID_ACK: Id, FromPid, ToPid
  36: { fields: [isInteger, isPid, isPid], carries: false },
};

/** One frame, without its length. */
export function readFrame(frame: Buffer): WireMessage {
  if (frame.length === 0) return { op: 0, fields: [] };
  const from = new Cursor(frame);
  const versioned = (): WireTerm => {
    if (from.uint(1) !== 131) throw new Error('a term without its version');
    return term(from);
  };
  if (from.uint(1) !== 112) throw new Error('a frame that is not passed through');
  const control = versioned();
  if (typeof control !== 'object' || !('tuple' in control)) throw new Error('a control message that is no tuple');
  const [kind, ...fields] = control.tuple;
  const op = Number(kind);
  const expected = operations[op];
  if (expected === undefined) throw new Error(`the operation ${op}, which this client never sends`);
  const isRight = fields.length === expected.fields.length && expected.fields.every((check, i) => check(fields[i]));
  if (!isRight) throw new Error(`fields of the operation ${op} that are not as documented`);
  const message = expected.carries ? versioned() : undefined;
  if (from.at !== frame.length) throw new Error(`bytes behind the operation ${op}`);
  return message === undefined ? { op, fields } : { op, fields, message };
}

/** The frames in some bytes, each with its length in front. Throws if the last is cut. */
export function framesIn(bytes: Buffer): Buffer[] {
  const from = new Cursor(bytes);
  const frames: Buffer[] = [];
  while (from.at < bytes.length) frames.push(from.take(from.uint(4)));
  return frames;
}
