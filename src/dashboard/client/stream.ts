/** Whether what is shown is what is. */
export type StreamStatus = 'connecting' | 'open' | 'stale' | 'closed';

export interface StreamHandlers {
  onMessage(event: string, data: unknown): void;
  onStatus(status: StreamStatus): void;
  /** Refused for good: what is asked for is not there, or not for us. */
  onRefused(error: Error): void;
}

export interface StreamOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In ms: the first pause before it connects again, doubled up to the second. Default 500 and 5 000. */
  readonly retryDelay?: number | undefined;
  readonly maxRetryDelay?: number | undefined;
  /** In ms: a connection without any message for this time is taken for lost. Default 20 000. */
  readonly staleAfter?: number | undefined;
}

const defaults = { retryDelay: 500, maxRetryDelay: 5_000, staleAfter: 20_000 };

/** Letters of one message: a server that sends more is none of ours. */
const longestMessage = 64 * 1024 * 1024;

/**
 * Reads a stream of server-sent events, and connects again when it is lost. With `fetch` and not `EventSource`: that can send no header, and Node 20
 * has none. The server is ours, so that of the format as much is read as it writes: an event, and one line of JSON.
 *
 * @returns ends it
 */
export function readStream(url: string, handlers: StreamHandlers, options: StreamOptions = {}): () => void {
  const { retryDelay = defaults.retryDelay, maxRetryDelay = defaults.maxRetryDelay } = options;
  const { staleAfter = defaults.staleAfter } = options;
  const load = options.fetch ?? globalThis.fetch;
  let isOver = false;
  let hasData = false;
  let failures = 0;
  let request: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const close = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    request?.abort();
    handlers.onStatus('closed');
  };

  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => request?.abort(), staleAfter);
  };

  const connect = async (): Promise<void> => {
    const controller = (request = new AbortController());
    watch();
    try {
      const response = await load(url, {
        headers: { Accept: 'text/event-stream', ...options.headers },
        signal: controller.signal,
      });
      if (!response.ok || response.body === null) {
        const body = (await response.text()).trim().slice(0, 300);
        const error = new Error(`${response.status} of ${url}: ${body}`);
        // As many as may watch do, or it is restarted: that passes.
        if (response.status >= 500 || response.status === 429) throw error;
        handlers.onRefused(error);
        close();
        return;
      }
      const isOurs = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
      if (!isOurs) {
        handlers.onRefused(new Error(`${url} is no dashboard: it sends ${response.headers.get('content-type')}`));
        close();
        return;
      }
      await read(response.body);
    } catch {
      // Lost, or not there: the reason says nothing that could be acted on, since the same is done about all of them.
    }
    controller.abort();
    if (isOver) return;
    handlers.onStatus(hasData ? 'stale' : 'connecting');
    const pause = Math.min(retryDelay * 2 ** Math.min(failures++, 16), maxRetryDelay);
    clearTimeout(timer);
    // Not all at once, where many watch one server.
    timer = setTimeout(() => void connect(), pause * (0.75 + Math.random() / 2));
  };

  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isOver) return;
      watch();
      text += decoder.decode(value, { stream: true });
      if (text.length > longestMessage) throw new Error('This message has no end.');
      let from = 0;
      for (let end = text.indexOf('\n\n', from); end >= 0; end = text.indexOf('\n\n', from)) {
        receive(text.slice(from, end));
        from = end + 2;
        if (isOver) return;
      }
      text = text.slice(from);
    }
  };

  const receive = (message: string): void => {
    const [first = '', second = ''] = message.split('\n', 2);
    if (!first.startsWith('event: ') || !second.startsWith('data: ')) return;
    const event = first.slice(7);
    if (event === 'end') {
      close();
      return;
    }
    failures = 0;
    hasData = true;
    handlers.onStatus('open');
    handlers.onMessage(event, JSON.parse(second.slice(6)));
  };

  handlers.onStatus('connecting');
  void connect();
  return close;
}

/** The address of something beside a dashboard's page. */
export function besides(url: string, name: string, query: Readonly<Record<string, string>> = {}): string {
  const [path = '', given = ''] = (url.split('#', 1)[0] ?? '').split('?', 2);
  const search = new URLSearchParams(given);
  for (const [key, value] of Object.entries(query)) search.set(key, value);
  const folder = path.endsWith('/') ? path : `${path}/`;
  const text = search.toString();
  return `${folder}${name}${text === '' ? '' : `?${text}`}`;
}
