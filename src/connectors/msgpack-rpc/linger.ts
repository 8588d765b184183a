import type { Socket } from 'node:net';

/** How long the other side may take to notice, in milliseconds. */
export const LINGER_MS = 500;

/**
 * Closes a socket so that the other side reads what it was sent last, and then an end. A socket destroyed while bytes wait in it to
 * be read is reset by the system, which makes the other side lose both. What still comes in is for the listeners to ignore.
 */
export function linger(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end();
}
