import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRequest, HttpResponse, StreamWriter } from './exchange';

/** What Express adds to a request. */
type Routed = IncomingMessage & { readonly originalUrl?: unknown };

export function requestOfNode(request: Routed): HttpRequest {
  const { method = 'GET', url = '/', headers, originalUrl } = request;
  return {
    method,
    url,
    originalUrl: typeof originalUrl === 'string' ? originalUrl : url,
    // In HTTP/2 the host has a name of its own.
    header: (name) => textOf(headers[name] ?? (name === 'host' ? headers[':authority'] : undefined)),
    remoteAddress: request.socket.remoteAddress,
  };
}

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

export function sendToNode(content: HttpResponse, request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = content;
  // A middleware may have set headers before: those of this response win, and no other site may read it.
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.removeHeader('Access-Control-Allow-Origin');
  response.statusCode = status;
  if (typeof body === 'string') {
    const bytes = Buffer.from(body);
    response.setHeader('Content-Length', bytes.length);
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.flushHeaders();
  // A process may end while a page is open.
  request.socket.unref();
  request.socket.setNoDelay(true);
  const close = body(writerOf(response));
  response.once('close', () => {
    close();
    // Kept alive, it may carry other requests.
    request.socket.ref();
  });
  response.on('error', () => response.destroy());
}

function writerOf(response: ServerResponse): StreamWriter {
  return {
    get isBehind() {
      return response.writableNeedDrain;
    },
    write: (chunk) => {
      if (!response.writableEnded && !response.destroyed) response.write(chunk);
    },
    end: () => response.end(),
    drop: () => response.destroy(),
  };
}
