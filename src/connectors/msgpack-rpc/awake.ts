import type { Socket } from 'node:net';

/** Keeps the process alive while somebody waits for something from this socket, and only then. */
export class Awake {
  readonly #socket: Socket;
  #waiting = 0;

  /** Something that is awake `anyhow`, such as a server, is left as it is. */
  constructor(socket: Socket, anyhow: boolean) {
    this.#socket = socket;
    if (anyhow) this.#waiting = 1;
    else socket.unref();
  }

  hold(): void {
    if (this.#waiting++ === 0 && !this.#socket.destroyed) this.#socket.ref();
  }

  free(): void {
    if (--this.#waiting === 0 && !this.#socket.destroyed) this.#socket.unref();
  }
}
