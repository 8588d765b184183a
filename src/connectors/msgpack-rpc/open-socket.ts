import { createConnection, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { describeValue } from '../../pool/values/describe';
import { socketOptions } from './socket-options';
import type { Target } from './target';

/** A socket that is connecting to a node. */
export interface OpeningSocket {
  readonly socket: Socket;
  /** The event that it emits when it is open. */
  readonly openEvent: 'connect' | 'secureConnect';
  /** Whether data goes to `onread`; otherwise the socket emits `data` events. */
  readonly readsInto: boolean;
}

/** Opens a socket, with TLS if there are options for it. */
export function openSocket(
  address: Target['address'],
  tls: ConnectionOptions | undefined,
  onread: OnReadOpts,
): OpeningSocket {
  if (tls === undefined) {
    return {
      socket: createConnection({ ...address, ...socketOptions, onread }),
      openEvent: 'connect',
      readsInto: true,
    };
  }
  // A node with certificates for several names needs the name. An IP address is not a name.
  const name = 'host' in address && isIP(address.host) === 0 ? { servername: address.host } : {};
  const options: ConnectionOptions & { onread: OnReadOpts } = { ...name, ...tls, ...address, onread };
  const socket = connect(options);
  const { noDelay, keepAlive, keepAliveInitialDelay } = socketOptions;
  socket.setNoDelay(noDelay).setKeepAlive(keepAlive, keepAliveInitialDelay);
  // TLS over a socket of the caller ignores `onread`.
  return { socket, openEvent: 'secureConnect', readsInto: tls.socket === undefined };
}

/** The options of TLS, or undefined for none. Adds problems to `issues`. */
export function resolveTls(
  given: boolean | ConnectionOptions | undefined,
  issues: string[],
): ConnectionOptions | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return {};
  if (typeof given === 'object' && given !== null) return given;
  issues.push(`tls must be true, false or the options of tls.connect, but got ${describeValue(given)}`);
  return undefined;
}
