import type { Socket } from 'node:net';

/** In ms: how long the other side may take to close its end. */
export const LINGER_MS = 500;

/**
 * Closes a socket so that the other side can read the last data and then the end. The system resets a socket that is destroyed with unread
 * data, so that the other side loses both. Listeners must ignore data that still arrives.
 */
export function linger(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end();
}
