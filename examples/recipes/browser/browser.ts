import { Observable } from 'rxjs';
import { createPool } from '../../../src/index';

/** Sockets to one server. Each carries many calls at once: an answer has the number of its call. */
export const openSockets = (url: string, { max = 4, calls = 8 } = {}) =>
  createPool({
    name: url,
    max,
    capacity: calls,
    connect: ({ signal }) =>
      new Promise<WebSocket>((resolve, reject) => {
        const socket = new WebSocket(url);
        socket.addEventListener('open', () => resolve(socket));
        // A browser does not say why.
        socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)));
        signal.addEventListener('abort', () => socket.close());
      }),
    lost: ['close', 'error'],
    close: (socket) =>
      new Promise<void>((resolve) => {
        if (socket.readyState === WebSocket.CLOSED) resolve();
        socket.addEventListener('close', () => resolve());
        socket.close(1000);
      }),
  });

interface Message {
  readonly id: number;
  readonly result: unknown;
}

let calls = 0;

/** Cold: sent on subscribe, cancelled on unsubscribe. */
export const call = (socket: WebSocket, params: unknown): Observable<unknown> =>
  new Observable((subscriber) => {
    const id = ++calls;
    let answered = false;
    const answer = ({ data }: MessageEvent<string>): void => {
      const message = JSON.parse(data) as Message;
      if (message.id !== id) return;
      answered = true;
      subscriber.next(message.result);
      subscriber.complete();
    };
    socket.addEventListener('message', answer);
    socket.send(JSON.stringify({ id, params }));
    return () => {
      socket.removeEventListener('message', answer);
      if (!answered && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ cancel: id }));
    };
  });

/** Web Workers, each with one task at a time. */
export const openWorkers = (url: string, max = navigator.hardwareConcurrency) =>
  createPool({
    name: 'workers',
    max,
    connect: async () => new Worker(url),
    lost: ['error'],
    // A worker that computes reads no message: it is ended.
    onCancel: 'discard',
    close: (worker) => worker.terminate(),
  });

/** Runs one task. A worker answers one message with one message. */
export const run = <R>(worker: Worker, task: unknown): Observable<R> =>
  new Observable((subscriber) => {
    const answer = ({ data }: MessageEvent<R>): void => {
      subscriber.next(data);
      subscriber.complete();
    };
    worker.addEventListener('message', answer);
    worker.postMessage(task);
    return () => worker.removeEventListener('message', answer);
  });
