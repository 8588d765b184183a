import type { TlsOptions } from 'node:tls';
import { InvalidConfigError } from '../../pool/errors';
import { shown } from '../../pool/options';
import { checkCodec, checkObject, checkText } from './arguments';
import type { Codec } from './codec';
import { resolveLimits, serverLimits, type ServeLimits } from './limits';
import { createLiteCodec } from './lite-codec';
import { methodTable, type Methods, type MethodTable } from './methods';
import { isTooLong, TOO_LONG } from './target';

/** Options of `serveNode`. */
export interface ServeNodeOptions {
  /** What can be called, by name. */
  readonly methods: Methods;
  /** 0 to 65 535. Default 0: any free one; `target` says which. */
  readonly port?: number;
  /** The address to listen on. Default `'127.0.0.1'`: only programs of this machine can connect. */
  readonly host?: string;
  /** A path to listen on instead of a host and port, as a Unix socket. */
  readonly path?: string;
  /** Bounds on what clients may send and ask for. */
  readonly limits?: Partial<ServeLimits>;
  /** How values become bytes. Default: MessagePack by msgpack-lite; see `createLiteCodec`. */
  readonly codec?: Codec;
  /** TLS, with the options of `tls.createServer`: `cert` and `key`, `ca` and so on. Default: none. */
  readonly tls?: TlsOptions;
}

const known = ['methods', 'port', 'host', 'path', 'limits', 'codec', 'tls'];

/** The options with every default filled in. */
export interface ServeConfig {
  readonly methods: MethodTable;
  readonly limits: ServeLimits;
  readonly codec: Codec;
  readonly tls: TlsOptions | undefined;
  readonly port: number;
  readonly host: string;
  readonly path: string | undefined;
}

/** Fills in the defaults, or throws an `InvalidConfigError`. */
export function resolveServeOptions(options: ServeNodeOptions): ServeConfig {
  const issues: string[] = [];
  const given = checkObject('options', options, known, issues) as ServeNodeOptions | undefined;
  if (given !== undefined) {
    const { port = 0, host = '127.0.0.1', path, codec, tls } = given;
    const methods = methodTable('methods', given.methods, issues);
    if (path === undefined) checkText('host', host, issues);
    else checkText('path', path, issues);
    if (typeof path === 'string' && isTooLong(path)) issues.push(`path cannot be ${shown(path)}: ${TOO_LONG}`);
    if (path !== undefined && (given.port !== undefined || given.host !== undefined)) {
      issues.push('path excludes host and port: a node listens on one or the other');
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      issues.push(`port must be 0 to 65535, but got ${shown(port)}`);
    }
    checkCodec(codec, issues);
    const limits = resolveLimits(given.limits, serverLimits, issues);
    if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
      issues.push(`tls must be the options of tls.createServer, but got ${shown(tls)}`);
    }
    if (issues.length === 0) return { methods, limits, codec: codec ?? createLiteCodec(), tls, port, host, path };
  }
  throw new InvalidConfigError('serveNode', 'serveNode cannot serve with these options', issues);
}
