import type { Socket } from 'node:net';

/** Keeps the process alive only while a caller waits for data from this socket. */
export class RefCountedKeepAlive {
  private readonly socket: Socket;
  private count = 0;

  /** `always`: the socket keeps the process alive in any case, as at a server. */
  constructor(socket: Socket, always: boolean) {
    this.socket = socket;
    if (always) this.count = 1;
    else socket.unref();
  }

  ref(): void {
    if (this.count++ === 0 && !this.socket.destroyed) this.socket.ref();
  }

  unref(): void {
    if (--this.count === 0 && !this.socket.destroyed) this.socket.unref();
  }
}
