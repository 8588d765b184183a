import { createConnection, isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { shown } from '../../pool/options';
import { socketOptions } from './socket-options';
import type { Target } from './target';

/** A socket that is on its way to a node. */
export interface Dialled {
  readonly socket: Socket;
  /** The event that says that it is open. */
  readonly opened: 'connect' | 'secureConnect';
}

/** With TLS if there are options for it. */
export function dial(address: Target['address'], tls: ConnectionOptions | undefined): Dialled {
  if (tls === undefined) return { socket: createConnection({ ...address, ...socketOptions }), opened: 'connect' };
  // A node that holds certificates for several names must be told by which it was called. An IP address is no name.
  const name = 'host' in address && isIP(address.host) === 0 ? { servername: address.host } : {};
  const socket = connect({ ...name, ...tls, ...address });
  const { noDelay, keepAlive, keepAliveInitialDelay } = socketOptions;
  socket.setNoDelay(noDelay).setKeepAlive(keepAlive, keepAliveInitialDelay);
  return { socket, opened: 'secureConnect' };
}

/** The options of TLS, or undefined for none. What is wrong with them goes to `issues`. */
export function resolveTls(
  given: boolean | ConnectionOptions | undefined,
  issues: string[],
): ConnectionOptions | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return {};
  if (typeof given === 'object' && given !== null) return given;
  issues.push(`tls must be true, false or the options of tls.connect, but got ${shown(given)}`);
  return undefined;
}
