import type { TlsOptions } from 'node:tls';
import { InvalidConfigError } from '../../pool/errors';
import { describeValue } from '../../pool/values/describe';
import { checkCodec, checkObject, checkText, checkTimeout } from './arguments';
import type { Codec } from './codec';
import { resolveLimits, serverLimits, type ServeLimits } from './limits';
import { createLiteCodec } from './lite-codec';
import { methodTable, type Methods, type MethodTable } from './methods';
import { HAS_NUL, isTooLong, TOO_LONG } from './target';

/** Options of `serveNode`. */
export interface ServeNodeOptions {
  /** The methods, by name. */
  readonly methods: Methods;
  /** 0 to 65 535. Default 0: any free port; see `target`. */
  readonly port?: number;
  /** The address to listen on. Default `'127.0.0.1'`: only programs of this machine can connect. */
  readonly host?: string;
  /** The path of a Unix socket, instead of a host and port. */
  readonly path?: string;
  /** Limits for the messages and requests of clients. */
  readonly limits?: Partial<ServeLimits>;
  /** Encodes and decodes values. Default: MessagePack by msgpack-lite; see `createLiteCodec`. */
  readonly codec?: Codec;
  /** TLS, with the options of `tls.createServer`: `cert` and `key`, `ca` and so on. Default: none. */
  readonly tls?: TlsOptions;
  /**
   * In ms: a client that has sent no complete message within this time after it connected is closed. A client that has sent one may be silent,
   * until there are more clients than `limits.maxConnections`. Default 60 000; Infinity for none.
   */
  readonly idleTimeout?: number;
  /**
   * In ms: the timeout of the TLS handshake, from the connect on. Default: that of the options in `tls`, or 10 000; Infinity for none. Without
   * `tls` it has no effect.
   */
  readonly handshakeTimeout?: number;
}

const known = ['methods', 'port', 'host', 'path', 'limits', 'codec', 'tls', 'idleTimeout', 'handshakeTimeout'];

const IDLE_TIMEOUT = 60_000;
const HANDSHAKE_TIMEOUT = 10_000;

/** The options with every default filled in. */
export interface ServeConfig {
  readonly methods: MethodTable;
  readonly limits: ServeLimits;
  readonly codec: Codec;
  readonly tls: TlsOptions | undefined;
  readonly port: number;
  readonly host: string;
  readonly path: string | undefined;
  readonly idleTimeout: number;
  readonly handshakeTimeout: number;
}

/** Fills in the defaults. Throws an `InvalidConfigError` that names every problem. */
export function resolveServeOptions(options: ServeNodeOptions): ServeConfig {
  const issues: string[] = [];
  const given = checkObject('options', options, known, issues) as ServeNodeOptions | undefined;
  if (given !== undefined) {
    const { port = 0, host = '127.0.0.1', path, codec, tls, idleTimeout = IDLE_TIMEOUT } = given;
    const { handshakeTimeout = tls?.handshakeTimeout ?? HANDSHAKE_TIMEOUT } = given;
    const methods = methodTable('methods', given.methods, issues);
    if (path === undefined) checkText('host', host, issues);
    else checkText('path', path, issues);
    if (typeof path === 'string' && path.includes('\0'))
      issues.push(`path cannot be ${describeValue(path)}: ${HAS_NUL}`);
    if (typeof host === 'string' && host.includes('\0'))
      issues.push(`host cannot be ${describeValue(host)}: it contains a NUL`);
    if (typeof path === 'string' && isTooLong(path)) issues.push(`path cannot be ${describeValue(path)}: ${TOO_LONG}`);
    if (path !== undefined && (given.port !== undefined || given.host !== undefined)) {
      issues.push('path excludes host and port: a node listens on one or the other');
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      issues.push(`port must be 0 to 65535, but got ${describeValue(port)}`);
    }
    checkCodec(codec, issues);
    const limits = resolveLimits(given.limits, serverLimits, issues);
    if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
      issues.push(`tls must be the options of tls.createServer, but got ${describeValue(tls)}`);
    }
    checkTimeout('idleTimeout', idleTimeout, issues);
    checkTimeout('handshakeTimeout', handshakeTimeout, issues);
    if (issues.length === 0) {
      const wireCodec = codec ?? createLiteCodec();
      return { methods, limits, codec: wireCodec, tls, port, host, path, idleTimeout, handshakeTimeout };
    }
  }
  throw new InvalidConfigError('serveNode', 'serveNode cannot serve with these options', issues);
}
