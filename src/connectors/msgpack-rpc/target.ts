import { inspect } from 'node:util';
import { printable } from '../../pool/values/printable';

/** The address of a node, in parts. */
export type NodeAddress =
  | {
      /** The name of the node in messages. */
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

/** A checked target: its address, and its name in messages. */
export interface Target {
  readonly label: string;
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
}

const ADVICE = "Give 'host:port', 'name@host:port', 'tcp://host:port', '[::1]:7000' or 'unix:/path/to/socket'.";

/** Reads a target. If it is invalid, adds the problem and the advice to `issues` and returns undefined. */
export function parseTarget(target: string | NodeAddress, issues: string[]): Target | undefined {
  const result = typeof target === 'string' ? split(target) : check(target);
  if (typeof result === 'object') return result;
  const text =
    typeof target === 'string'
      ? `'${shownTarget(target)}'`
      : printable(inspect(masked(target), { breakLength: Infinity, maxStringLength: LONGEST_SHOWN }));
  issues.push(`target ${text} is invalid: ${result}. ${ADVICE}`);
  return undefined;
}

const LONGEST_SHOWN = 200;

/** A target for a message: without a password, on one line, and truncated. */
export function shownTarget(target: string): string {
  const text = maskCredentials(target);
  return printable(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}

/** Masks a password, although no node takes one: `user:secret@host:7000` becomes `user:***@host:7000`. */
const maskCredentials = (text: string): string =>
  text.startsWith('unix:') ? text : text.replace(/^([a-z][\w+.-]*:\/\/)?([^:@/]*):.*@/is, '$1$2:***@');

const masked = (target: unknown): unknown =>
  typeof target === 'object' && target !== null && typeof (target as { name?: unknown }).name === 'string'
    ? { ...target, name: maskedName((target as { name: string }).name) }
    : target;
const maskedName = (name: string): string => shownTarget(`${name}@`).slice(0, -1);

/** The target in a text, or the problem. */
function split(text: string): Target | string {
  if (text === '') return 'it is empty';
  if (text.includes('\0')) return 'it contains a NUL, which would end it';
  if (/\s/.test(text)) return 'it contains a space';
  if (text.startsWith('unix:')) return check({ path: text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') });
  const scheme = /^([^/]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined && scheme !== 'tcp') return `'${shownTarget(scheme)}' is not a supported scheme`;
  const rest = scheme === undefined ? text : text.slice('tcp://'.length);
  const at = rest.lastIndexOf('@');
  if (at === 0) return 'the name before the @ is missing';
  const place = rest.slice(at + 1);
  const colon = place.lastIndexOf(':');
  if (colon === -1 || place.endsWith(']')) return 'the port is missing';
  const host = place.slice(0, colon);
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  if (bracketed === undefined && host.includes(':')) return 'an IPv6 address must be in brackets';
  const port = place.slice(colon + 1);
  if (!/^\d+$/.test(port))
    return port === '' ? 'the port is missing' : `the port '${shownTarget(port)}' is not a number`;
  return check({
    host: bracketed ?? host,
    port: Number(port),
    ...(at > 0 ? { name: rest.slice(0, at) } : {}),
  });
}

/** The target of an address, or the problem. */
function check(given: NodeAddress): Target | string {
  if (typeof given !== 'object' || given === null) return 'it is neither a text nor an address';
  const { name, host, port, path } = given as Partial<Record<'name' | 'host' | 'port' | 'path', unknown>>;
  if (name !== undefined && (typeof name !== 'string' || name === '')) return 'the name is not a text';
  const prefix = name === undefined ? '' : `${maskedName(name)}@`;
  if (path !== undefined) {
    if (host !== undefined || port !== undefined) return 'it has both a path and a host or port';
    if (typeof path !== 'string' || path === '') return 'the path is missing';
    if (path.includes('\0')) return HAS_NUL;
    if (isTooLong(path)) return TOO_LONG;
    return { label: `${prefix}unix:${printable(path)}`, address: { path } };
  }
  if (typeof host !== 'string' || host === '') return 'the host is missing';

  if (/[\s/@?#[\]\0]/.test(host)) return `'${shownTarget(host)}' is not a host`;
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    return port === undefined ? 'the port is missing' : `the port must be 1 to 65535, got ${inspect(port)}`;
  }
  return { label: `${prefix}${printable(hostAndPort(host, Number(port)))}`, address: { host, port: Number(port) } };
}

const LONGEST_PATH = process.platform === 'darwin' ? 103 : 107;

/** The problem of a path with a NUL: the system would use the part before it. */
export const HAS_NUL = 'the path contains a NUL, which would end it';

/** The problem of a path that is too long. */
export const TOO_LONG = `the path of a socket has at most ${LONGEST_PATH} bytes on this system`;

/** Whether a path is too long for a socket: the system, or Node, would truncate it to the path of another file. */
export const isTooLong = (path: string): boolean =>
  process.platform !== 'win32' && Buffer.byteLength(path) > LONGEST_PATH;

/** The form that `connectNode` takes, with an IPv6 address in brackets. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
