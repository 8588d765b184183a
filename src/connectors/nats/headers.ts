import { headers as emptyHeaders, type Msg, type MsgHdrs } from '@nats-io/transport-node';

/** Headers to send: a value, or several, by name. */
export type NatsHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Headers that came with a message: all the values of each name, exactly as it was written. Without a prototype. */
export type ReceivedHeaders = Readonly<Record<string, readonly string[]>>;

const none: ReceivedHeaders = Object.freeze(Object.create(null) as ReceivedHeaders);

/** Throws a `TypeError` for a name or a value that no header can have. */
export function headersOf(given: NatsHeaders | undefined): MsgHdrs | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) throw new TypeError('headers must be an object of names and values');
  const headers = emptyHeaders();
  for (const [name, values] of Object.entries(given)) {
    for (const value of Array.isArray(values) ? (values as readonly unknown[]) : [values]) {
      if (typeof value !== 'string') throw new TypeError(`The header '${name}' must be text, but got ${typeof value}`);
      headers.append(name, value);
    }
  }
  return headers;
}

/**
 * Bytes of the headers of a message, before they are read; 0 if there are none. The client reads them in a time that grows with the square of
 * their number, so that a megabyte of them would stop the process for a minute.
 */
export function headerBytes(message: Msg): number {
  // The client shows them only when it has read them: `hdr` is where they end, or -1.
  const { _msg: parts } = message as Msg & { readonly _msg?: { readonly hdr?: number } };
  return Math.max(0, parts?.hdr ?? 0);
}

export function receivedHeaders(headers: MsgHdrs | undefined): ReceivedHeaders {
  if (headers === undefined) return none;
  const received = Object.create(null) as Record<string, readonly string[]>;
  for (const [name, values] of headers) received[name] = values;
  return received;
}
