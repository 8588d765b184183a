import { inspect } from 'node:util';

/** Where a node listens, in parts. */
export type NodeAddress =
  | {
      /** What the node is called in messages. */
      readonly name?: string;
      /** A host name or an IP address. */
      readonly host: string;
      /** 1 to 65 535. */
      readonly port: number;
    }
  | {
      readonly name?: string;
      /** The path of a Unix socket. */
      readonly path: string;
    };

/** A target that has been checked: what to connect to, and what to call it. */
export interface Target {
  readonly label: string;
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
}

const ADVICE = "Give 'host:port', 'name@host:port', 'tcp://host:port', '[::1]:7000' or 'unix:/path/to/socket'.";

/**
 * Reads what `connectNode` takes. Throws a `TypeError` that says what is wrong with it and what would be right.
 */
export function parseTarget(target: string | NodeAddress): Target {
  const wrong = (reason: string): TypeError =>
    new TypeError(
      `Wrong target ${typeof target === 'string' ? `'${target}'` : JSON.stringify(target)}: ${reason}. ${ADVICE}`,
    );
  if (typeof target === 'string') return checked(split(target, wrong), wrong);
  if (typeof target !== 'object' || target === null) throw wrong('it is neither text nor an address');
  return checked(target, wrong);
}

type Wrong = (reason: string) => TypeError;

/** The text in parts, the parts not checked yet. */
function split(text: string, wrong: Wrong): NodeAddress {
  if (text === '') throw wrong('it is empty');
  if (/\s/.test(text)) throw wrong('it has a space in it');
  if (text.startsWith('unix:')) return { path: text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') };
  const scheme = /^([^/]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined && scheme !== 'tcp') throw wrong(`'${scheme}' is no scheme of a node`);
  const rest = scheme === undefined ? text : text.slice('tcp://'.length);
  const at = rest.lastIndexOf('@');
  if (at === 0) throw wrong('the name before the @ is missing');
  const place = rest.slice(at + 1);
  const colon = place.lastIndexOf(':');
  if (colon === -1 || place.endsWith(']')) throw wrong('the port is missing');
  const host = place.slice(0, colon);
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  if (bracketed === undefined && host.includes(':')) throw wrong('an IPv6 address must be in brackets');
  const port = place.slice(colon + 1);
  if (!/^\d+$/.test(port)) throw wrong(port === '' ? 'the port is missing' : `the port '${port}' is no number`);
  return {
    host: bracketed ?? host,
    port: Number(port),
    ...(at > 0 ? { name: rest.slice(0, at) } : {}),
  };
}

function checked(given: NodeAddress, wrong: Wrong): Target {
  const { name, host, port, path } = given as Partial<Record<'name' | 'host' | 'port' | 'path', unknown>>;
  if (name !== undefined && (typeof name !== 'string' || name === '')) throw wrong('the name is no text');
  const prefix = name === undefined ? '' : `${name}@`;
  if (path !== undefined) {
    if (host !== undefined || port !== undefined) throw wrong('it has both a path and a host or port');
    if (typeof path !== 'string' || path === '') throw wrong('the path is missing');
    return { label: `${prefix}unix:${path}`, address: { path } };
  }
  if (typeof host !== 'string' || host === '') throw wrong('the host is missing');
  if (/[\s/@?#[\]]/.test(host)) throw wrong(`'${host}' is no host`);
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw wrong(port === undefined ? 'the port is missing' : `the port must be 1 to 65535, got ${inspect(port)}`);
  }
  return { label: `${prefix}${hostAndPort(host, Number(port))}`, address: { host, port: Number(port) } };
}

/** The form in which `connectNode` takes it, an IPv6 address in brackets. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
