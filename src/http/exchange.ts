/** A request of any kind of server. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query; behind a mount point with or without its prefix. */
  readonly url: string;
  /** The same with the prefix, where a router has taken it away. */
  readonly originalUrl: string;
  header(name: string): string | undefined;
  /** The address of the other side; undefined where that is not known. */
  readonly remoteAddress: string | undefined;
}

/** The response to it: a text, or a stream of server-sent events. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | OpenStream;
}

/** Begins a stream on what the adapter writes to; the result ends it. */
export type OpenStream = (writer: StreamWriter) => () => void;

/** A client that reads a stream. */
export interface StreamWriter {
  write(chunk: Uint8Array): void;
  /** Whether it has not read all that was written. */
  readonly isBehind: boolean;
  /** `end`: ends the response after the written data has been sent; `drop`: at once. */
  end(): void;
  drop(): void;
}
