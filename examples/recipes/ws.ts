import { once } from 'node:events';
import { EMPTY, exhaustMap, from, interval, Observable, timeout, type Subscriber } from 'rxjs';
import { WebSocket, type RawData } from 'ws';
import { createPool } from '../../src/index';

/** What callers use of a socket: a request is a message with a number, and so is its answer. */
export interface Channel {
  readonly socket: WebSocket;
  /** Cold: sent on subscribe, cancelled on unsubscribe. */
  call(params: unknown): Observable<unknown>;
}

interface Message {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The subscription is the lifetime of the socket. */
const connect = (url: string): Observable<Channel> =>
  new Observable((subscriber) => {
    const socket = new WebSocket(url);
    const calls = new Map<number, Subscriber<unknown>>();
    let last = 0;

    const call = (params: unknown): Observable<unknown> =>
      new Observable((caller) => {
        const id = ++last;
        calls.set(id, caller);
        socket.send(JSON.stringify({ id, params }));
        return () => {
          // The call has its answer, or its caller has left.
          if (calls.delete(id) && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ cancel: id }));
        };
      });

    const answer = ({ id, result, error }: Message): void => {
      const caller = calls.get(id);
      calls.delete(id);
      if (error !== undefined) caller?.error(new Error(error));
      else caller?.next(result);
      caller?.complete();
    };

    socket.on('open', () => {
      subscriber.next({ socket, call });
      // A server that is gone without a word does not answer a ping.
      const pongs$ = interval(15_000).pipe(exhaustMap(() => ping(socket)));
      subscriber.add(pongs$.subscribe({ error: (error: unknown) => subscriber.error(error) }));
    });
    socket.on('message', (data: RawData) => answer(JSON.parse((data as Buffer).toString()) as Message));
    socket.on('error', (error) => subscriber.error(error));
    socket.on('close', (code) => subscriber.error(new Error(`the socket was closed with code ${code}`)));
    return () => socket.terminate();
  });

function ping(socket: WebSocket): Observable<unknown> {
  if (socket.readyState !== WebSocket.OPEN) return EMPTY;
  socket.ping();
  return from(once(socket, 'pong')).pipe(timeout(5_000));
}

export const openChannels = (url: string, { max = 4, calls = 16 } = {}) =>
  createPool({
    name: url,
    max,
    capacity: calls,
    connect: () => connect(url),
    // The closing handshake; after it, or after `closeTimeout`, unsubscribing ends the socket.
    close: async ({ socket }) => {
      socket.close(1000);
      await once(socket, 'close');
    },
  });
