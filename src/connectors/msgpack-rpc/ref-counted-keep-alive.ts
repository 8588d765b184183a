import type { Socket } from 'node:net';

/** Keeps the process alive while somebody waits for something from this socket, and only then. */
export class RefCountedKeepAlive {
  readonly #socket: Socket;
  #count = 0;

  /** Something that is awake `anyhow`, such as a server, is left as it is. */
  constructor(socket: Socket, anyhow: boolean) {
    this.#socket = socket;
    if (anyhow) this.#count = 1;
    else socket.unref();
  }

  ref(): void {
    if (this.#count++ === 0 && !this.#socket.destroyed) this.#socket.ref();
  }

  unref(): void {
    if (--this.#count === 0 && !this.#socket.destroyed) this.#socket.unref();
  }
}
