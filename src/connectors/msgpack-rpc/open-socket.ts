import { createConnection, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { describeValue } from '../../pool/values/describe';
import { socketOptions } from './socket-options';
import type { Target } from './target';

/** A socket that is on its way to a node. */
export interface OpeningSocket {
  readonly socket: Socket;
  /** The event that says that it is open. */
  readonly openEvent: 'connect' | 'secureConnect';
  /** Whether what it reads goes to `onread`; otherwise it is a stream of data. */
  readonly readsInto: boolean;
}

/** With TLS if there are options for it. */
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
  // A node that holds certificates for several names must be told by which it was called. An IP address is no name.
  const name = 'host' in address && isIP(address.host) === 0 ? { servername: address.host } : {};
  const options: ConnectionOptions & { onread: OnReadOpts } = { ...name, ...tls, ...address, onread };
  const socket = connect(options);
  const { noDelay, keepAlive, keepAliveInitialDelay } = socketOptions;
  socket.setNoDelay(noDelay).setKeepAlive(keepAlive, keepAliveInitialDelay);
  // Over a socket that the caller has opened there is no such option.
  return { socket, openEvent: 'secureConnect', readsInto: tls.socket === undefined };
}

/** The options of TLS, or undefined for none. What is wrong with them goes to `issues`. */
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
