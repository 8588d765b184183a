import type { ConnectionOptions } from 'node:tls';
import { Observable } from 'rxjs';
import type { ConnectContext } from '../../pool/connector';
import { InvalidConfigError } from '../../pool/errors';
import { checkCodec, checkObject } from './arguments';
import type { Codec } from './codec';
import { openSocket, resolveTls } from './open-socket';
import { RpcConnectionError } from './errors';
import { resolveKeepAlive, watch, type KeepAlive } from './keep-alive';
import { clientLimits, resolveLimits, type RpcLimits } from './limits';
import { Intake } from './intake';
import { createLiteCodec } from './lite-codec';
import { methodTable, type Methods } from './methods';
import type { RpcConnection } from './rpc-connection';
import { Session } from './session';
import { explain } from './socket-errors';
import { parseTarget, type NodeAddress } from './target';

/** Options of `connectNode`. */
export interface ConnectNodeOptions {
  /** Encodes and decodes values. Default: MessagePack by msgpack-lite; see `createLiteCodec` for the conversions. */
  readonly codec?: Codec;
  /** Limits for messages of the node. */
  readonly limits?: Partial<RpcLimits>;
  /** Detects a node that does not respond, by calls. Default: off; `true` for the defaults. */
  readonly keepAlive?: KeepAlive | boolean;
  /** Methods that the node may call. Other requests are refused at once. */
  readonly handlers?: Methods;
  /** TLS, with the options of `tls.connect`: `ca`, `cert`, `key`, `servername` and so on. `true` for its defaults. Default: none. */
  readonly tls?: boolean | ConnectionOptions;
}

const known = ['codec', 'limits', 'keepAlive', 'handlers', 'tls'];

/** A `Connector` that always returns an Observable, and can be used without a pool. */
export type NodeConnector = (context?: ConnectContext) => Observable<RpcConnection>;

/**
 * Connects to a node that speaks MessagePack-RPC over TCP, TLS or a Unix socket: one made by `serveNode`, neovim, and others.
 *
 * Subscribing opens a connection, and unsubscribing closes it. The Observable emits the connection when it is open, completes when the node
 * closes it in order, and fails with `RpcConnectionError` or `RpcProtocolError` when it breaks. An open connection keeps the process alive only
 * while a caller waits for an answer, for a notification to be sent, or for `notifications$`.
 *
 * ```
 * connectNode(target)()   --c---------|     opened after two frames, closed by the node
 * ```
 *
 * Throws an `InvalidConfigError` at once for an invalid target or invalid options; it names every problem.
 *
 * @example
 * const pool = createPool({ connect: connectNode('worker@127.0.0.1:7000'), max: 10 });
 * pool.use((node) => node.call('word_count', 'two words')).subscribe(console.log);
 *
 * @param target `'host:port'`, `'name@host:port'` (the name is for messages), `'tcp://host:port'`, `'[::1]:7000'`,
 * `'unix:/path'`, or a `NodeAddress`
 */
export function connectNode(target: string | NodeAddress, options: ConnectNodeOptions = {}): NodeConnector {
  const issues: string[] = [];
  const to = parseTarget(target, issues);
  const given = (checkObject('options', options, known, issues) ?? {}) as ConnectNodeOptions;
  checkCodec(given.codec, issues);
  const limits = resolveLimits(given.limits, clientLimits, issues);
  const keepAlive = resolveKeepAlive(given.keepAlive, issues);
  const methods = methodTable('handlers', given.handlers ?? {}, issues);
  const tls = resolveTls(given.tls, issues);
  if (to === undefined || issues.length > 0) {
    throw new InvalidConfigError('connectNode', 'connectNode cannot connect with these arguments', issues);
  }
  const { label, address } = to;
  const codec = given.codec ?? createLiteCodec();

  return () =>
    new Observable<RpcConnection>((subscriber) => {
      const intake = new Intake(limits, tls !== undefined);
      const { socket, openEvent, readsInto } = openSocket(address, tls, intake.onread);
      subscriber.add(() => socket.destroy());

      const failed = (error: Error) => {
        const message = `Could not connect to ${label}: ${explain(error)}`;
        subscriber.error(new RpcConnectionError('RPC_CONNECT_FAILED', label, message, undefined, error));
      };
      socket.on('error', failed);
      socket.once(openEvent, () => {
        socket.off('error', failed);
        const reads = readsInto ? { intake } : {};
        const session = new Session(
          socket,
          { target: label, codec, limits, methods, role: 'client', ...reads },
          (error) => {
            if (error === undefined) subscriber.complete();
            else subscriber.error(error);
          },
        );
        subscriber.add(() => session.close());
        if (keepAlive !== undefined) subscriber.add(watch(session, keepAlive));
        subscriber.next(session);
      });
    });
}
