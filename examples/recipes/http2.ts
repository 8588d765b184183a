import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { of, retry, throwError, type MonoTypeOperatorFunction } from 'rxjs';
import { createPool, type WorkContext } from '../../src/index';

/** Sessions to one origin, each of which carries many requests at once. */
export function openSessions(origin: string, { max = 4, streams = 100 } = {}) {
  const pool = createPool({
    name: origin,
    max,
    // At most the server's limit (SETTINGS_MAX_CONCURRENT_STREAMS); more would wait inside the session.
    capacity: streams,
    connect: async ({ signal }): Promise<ClientHttp2Session> => {
      const session = connect(origin);
      signal.addEventListener('abort', () => session.destroy());
      // The server takes no new request, and answers those that it has: sessions are replaced as they become free.
      session.on('goaway', (code) => code === constants.NGHTTP2_NO_ERROR && pool.refresh());
      await once(session, 'connect');
      return session;
    },
    isFatal: (_error, session) => session.closed || session.destroyed,
    validate: (session) => new Promise<boolean>((resolve) => session.ping((error) => resolve(error === null))),
    validateAfter: 10_000,
    close: async (session) => {
      if (session.destroyed) return;
      session.destroy();
      await once(session, 'close');
    },
  });

  /** Sends one request and reads its answer. When the caller leaves, the stream is reset, and the session is kept. */
  const request = (
    session: ClientHttp2Session,
    { signal }: WorkContext,
    headers: OutgoingHttpHeaders,
    body = '',
  ): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers, { signal, endStream: body === '' });
      let status = 0;
      let text = '';
      stream.setEncoding('utf8');
      stream.on('response', (answer) => (status = answer[':status'] ?? 0));
      stream.on('data', (chunk: string) => (text += chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        if (status !== 0 && stream.rstCode === 0 && !stream.aborted) resolve({ status, body: text });
        else reject(new Error(`no complete answer: the stream was closed with code ${stream.rstCode ?? 'none'}`));
      });
      if (body !== '') stream.end(body);
    });

  return { pool, request };
}

/** Sends a request again that the server has refused unseen, because it had said GOAWAY already: that is always safe. */
export const retryRefused = <T>(): MonoTypeOperatorFunction<T> =>
  retry({
    count: 3,
    delay: (error: unknown) =>
      /NGHTTP2_REFUSED_STREAM|GOAWAY/.test(String(error)) ? of(true) : throwError(() => error),
  });
