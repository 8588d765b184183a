import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRequest, HttpResponse } from './exchange';
import { requestOfNode, sendToNode } from './node';
import { requestOfWeb, webResponseOf } from './web';

/** The parts of a request of Fastify and of its reply that a handler needs. */
export interface FastifyLikeRequest {
  readonly raw: IncomingMessage;
}
export interface FastifyLikeReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/** One request handler for every kind of server. */
export interface RequestHandler {
  /** For `node:http`, and as middleware of Express: `app.use('/path', handler)`. */
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void;
  /** For Fastify: `app.get('/path/*', handler)`. */
  (request: FastifyLikeRequest, reply: FastifyLikeReply): void;
  /** For frameworks with `Request` and `Response`: Hono, Bun, Next. */
  (request: Request): Promise<Response>;
}

/** The handler that responds by `respond`, which must not reject; `onNode`: its part for `node:http`, with a promise of the end. */
export function handlerOf(respond: (request: HttpRequest) => Promise<HttpResponse>): {
  readonly handler: RequestHandler;
  readonly onNode: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
} {
  const onNode = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const content = await respond(requestOfNode(request));
    if (response.destroyed || response.writableEnded) return;
    sendToNode(content, request, response);
  };
  const handler = (request: unknown, response?: unknown): unknown => {
    if (isFastify(response)) {
      response.hijack();
      return void onNode((request as FastifyLikeRequest).raw, response.raw);
    }
    if (isNode(response)) return void onNode(request as IncomingMessage, response);
    return respond(requestOfWeb(request as Request)).then((content) => webResponseOf(content, request as Request));
  };
  return { handler: handler as RequestHandler, onNode };
}

const isNode = (response: unknown): response is ServerResponse =>
  typeof (response as Partial<ServerResponse> | undefined)?.setHeader === 'function';

const isFastify = (reply: unknown): reply is FastifyLikeReply =>
  typeof (reply as Partial<FastifyLikeReply> | undefined)?.hijack === 'function';
