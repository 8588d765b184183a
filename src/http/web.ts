import type { HttpRequest, HttpResponse, OpenStream } from './exchange';

export function requestOfWeb(request: Request): HttpRequest {
  const { pathname, search, host } = new URL(request.url);
  return {
    method: request.method,
    url: `${pathname}${search}`,
    originalUrl: `${pathname}${search}`,
    // Some runtimes leave out the header `host`, which code may not set: the URL has it too.
    header: (name) => request.headers.get(name) ?? (name === 'host' ? host : undefined),
    remoteAddress: undefined,
  };
}

export function webResponseOf({ status, headers, body }: HttpResponse, request: Request): Response {
  const isEmpty = request.method === 'HEAD';
  if (typeof body === 'string') return new Response(isEmpty ? null : body, { status, headers });
  return new Response(isEmpty ? null : streamOf(body, request.signal), { status, headers });
}

function streamOf(open: OpenStream, signal: AbortSignal): ReadableStream<Uint8Array> {
  let close = (): void => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        let isOpen = true;
        const stop = (end: () => void): void => {
          if (!isOpen) return;
          isOpen = false;
          close();
          end();
        };
        close = open({
          get isBehind() {
            return (controller.desiredSize ?? 0) < 0;
          },
          write: (chunk) => {
            if (isOpen) controller.enqueue(chunk);
          },
          end: () => stop(() => controller.close()),
          drop: () => stop(() => controller.error(new Error('The client does not read.'))),
        });
        if (!isOpen) close();
        signal.addEventListener('abort', () => stop(() => controller.close()), { once: true });
      },
      cancel: () => close(),
    },
    // In chunks: one may be under way while the next one comes.
    { highWaterMark: 1 },
  );
}
