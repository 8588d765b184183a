import type { ConnectionOptions } from 'node:tls';
import { timeIssue } from '../../pool/option-checks';
import { InvalidConfigError } from '../../pool/errors';
import { describeValue } from '../../pool/values/describe';
import { checkObject, checkText, checkTimeout } from '../msgpack-rpc/arguments';
import { maxTimerMs } from '../../pool/time/clock';
import { resolveTls } from '../msgpack-rpc/open-socket';
import { resolveLimits, type ErlangLimits } from './limits';
import { checkNodeName, hostOf } from './node-name';
import type { EpmdAddress } from './wire/epmd';

/** Options of `connectErlangNode`. Times are in milliseconds. */
export interface ErlangNodeOptions {
  /**
   * The cookie of the node: the secret that both sides prove to have. A function is called for each connect, and may return a promise. It stands in no
   * error, event or log.
   */
  readonly cookie: string | (() => string | PromiseLike<string>);
  /** The port that the node listens on; then EPMD is not asked. */
  readonly port?: number;
  /** Where EPMD listens that knows the port. Default: port 4369 of `host`. */
  readonly epmd?: EpmdAddress;
  /** Where to connect to. Default: the part of the name behind the @. */
  readonly host?: string;
  /**
   * The host part of the names that the node gives to this client. With a dot in it for a node of long names (`-name`), without one for one of short names
   * (`-sname`). Default: the host part of the node's own name.
   */
  readonly hostname?: string;
  /**
   * A name of this client's own, as `'client@host'`: a hidden node, which no other node can connect to. A node has one connection by each name, so
   * that `max` must be 1. Default: the node gives every connection a name, and takes it again when it is closed.
   */
  readonly name?: string;
  /** For EPMD, TCP, TLS and the handshake together. Default 7 000, as in Erlang. */
  readonly connectTimeout?: number;
  /** TLS, for a node with `-proto_dist inet_tls`: the options of `tls.connect`, such as `ca`, `cert` and `key`. Default: none. */
  readonly tls?: boolean | ConnectionOptions;
  /**
   * How often a sign of life is sent when there is nothing else to send; when nothing has come for four times as long, the connection is closed. Default
   * 15 000. A quarter of the node's `net_ticktime`, or more.
   */
  readonly tickInterval?: number;
  /** Bounds on what the node may send. */
  readonly limits?: Partial<ErlangLimits>;
  /** Whether `erpc` may call functions of the node, which is remote code execution. Default false. */
  readonly allowRemoteCalls?: boolean;
}

const known = ['cookie', 'port', 'epmd', 'host', 'hostname', 'name', 'connectTimeout', 'tls', 'tickInterval', 'limits', 'allowRemoteCalls']; // prettier-ignore

const EPMD_PORT = 4369;

export interface ResolvedNodeOptions {
  readonly target: string;
  readonly cookie: ErlangNodeOptions['cookie'];
  readonly host: string;
  readonly port: number | undefined;
  readonly epmd: Required<EpmdAddress>;
  readonly hostname: string;
  readonly name: string | undefined;
  readonly connectTimeout: number;
  readonly tls: ConnectionOptions | undefined;
  readonly tickInterval: number;
  readonly limits: ErlangLimits;
  readonly allowRemoteCalls: boolean;
}

/** Throws an `InvalidConfigError` that names everything that is wrong. */
export function resolveNodeOptions(target: string, options: ErlangNodeOptions): ResolvedNodeOptions {
  const issues: string[] = [];
  checkNodeName('the target', target, issues);
  const isObject = typeof options === 'object' && options !== null;
  // A value given in place of the options may be the cookie.
  if (!isObject) issues.push(`options must be an object with a cookie in it, but got a ${typeof options}`);
  const given = (isObject ? (checkObject('options', options, known, issues) ?? {}) : {}) as Partial<ErlangNodeOptions>;
  const { cookie, port, name, allowRemoteCalls = false, connectTimeout = 7_000, tickInterval = 15_000 } = given;
  const epmd = (given.epmd === undefined ? {} : (checkObject('epmd', given.epmd, ['host', 'port'], issues) ?? {})) as EpmdAddress; // prettier-ignore
  const host = given.host ?? (typeof target === 'string' ? hostOf(target) : '');
  const hostname = given.hostname ?? (typeof target === 'string' ? hostOf(target) : '');
  if (isObject) checkCookie(cookie, issues);
  if (port !== undefined) checkPort('port', port, issues);
  if (epmd.port !== undefined) checkPort('epmd.port', epmd.port, issues);
  if (epmd.host !== undefined) checkText('epmd.host', epmd.host, issues);
  if (given.host !== undefined) checkText('host', host, issues);
  if (given.hostname !== undefined && !/^[\p{L}\p{N}_.-]+$/u.test(hostname)) {
    issues.push(`hostname must be the name of a host, but got ${describeValue(hostname)}`);
  }
  if (name !== undefined) checkNodeName('name', name, issues);
  if (name !== undefined && name === target)
    issues.push(`name must not be that of the node itself, but got '${target}'`);
  checkTimeout('connectTimeout', connectTimeout, issues);
  const issue = timeIssue('tickInterval', tickInterval);
  if (issue !== null) issues.push(issue);
  else if (!(tickInterval >= 10)) issues.push(`tickInterval must be at least 10 milliseconds, but got ${tickInterval}`);
  if (typeof allowRemoteCalls !== 'boolean') {
    issues.push(`allowRemoteCalls must be true or false, but got ${describeValue(allowRemoteCalls)}`);
  }
  const tls = resolveTls(given.tls, issues);
  const limits = resolveLimits(given.limits, issues);
  if (issues.length > 0) {
    throw new InvalidConfigError('connectErlangNode', 'connectErlangNode cannot connect with these arguments', issues);
  }
  return {
    target,
    cookie: cookie!,
    host,
    port,
    epmd: { host: epmd.host ?? host, port: epmd.port ?? EPMD_PORT },
    hostname,
    name,
    connectTimeout,
    tls,
    tickInterval: Math.min(tickInterval, maxTimerMs),
    limits,
    allowRemoteCalls,
  };
}

/** The given value is not shown, because it may be secret. */
function checkCookie(cookie: unknown, issues: string[]): void {
  if (typeof cookie === 'function') return;
  const problem = problemOfCookie(cookie);
  if (problem !== undefined) issues.push(`cookie must be a string, or a function that returns one: ${problem}`);
}

/** The problem with a cookie, as text that does not contain the cookie. */
export function problemOfCookie(cookie: unknown): string | undefined {
  if (cookie === undefined) return 'it is missing';
  if (typeof cookie !== 'string') return `it is ${cookie === null ? 'null' : `a ${typeof cookie}`}`;
  if (cookie === '') return 'it is empty';
  if (cookie.length > 255) return 'it has more than 255 characters, which no cookie of Erlang has';
  // eslint-disable-next-line no-control-regex -- Erlang makes bytes of its characters
  return /^[\x00-\xff]*$/.test(cookie) ? undefined : 'it has a character beyond Latin-1, which no cookie of Erlang has';
}

function checkPort(what: string, port: unknown, issues: string[]): void {
  if (Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535) return;
  issues.push(`${what} must be 1 to 65535, but got ${describeValue(port)}`);
}
