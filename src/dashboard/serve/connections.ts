import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Connections beside the streams, which have a limit of their own. */
const mostOthers = 500;

/**
 * Bounds the connections of a server. Beyond the limit the one that has asked nothing for longest is closed, and not the new one: otherwise
 * clients that connect and stay silent would keep out all others. Streams stay; `maxClients` bounds them, and those that do not read are dropped.
 */
export function boundConnections(server: Server, maxClients: number): void {
  /** What each connection was answered last, the longest silent first. */
  const lastAnswers = new Map<Socket, ServerResponse | null>();
  server.on('connection', (socket: Socket) => {
    lastAnswers.set(socket, null);
    socket.once('close', () => lastAnswers.delete(socket));
    if (lastAnswers.size <= maxClients + mostOthers) return;
    for (const [other, response] of lastAnswers) {
      if (isStream(response)) continue;
      lastAnswers.delete(other);
      other.destroy();
      return;
    }
  });
  server.on('request', ({ socket }: { readonly socket: Socket }, response: ServerResponse) => {
    lastAnswers.delete(socket);
    if (!socket.destroyed) lastAnswers.set(socket, response);
  });
}

const isStream = (response: ServerResponse | null): boolean =>
  response !== null &&
  !response.writableEnded &&
  String(response.getHeader('Content-Type')).startsWith('text/event-stream');
