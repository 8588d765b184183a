/** What is asked, however it came. */
export interface Asked {
  readonly method: string;
  /** Path and query; behind a mount point with or without its prefix. */
  readonly url: string;
  /** The same with the prefix, where a router has taken it away. */
  readonly originalUrl: string;
  header(name: string): string | undefined;
  /** The address of the other side; undefined where that is not known. */
  readonly remoteAddress: string | undefined;
}

/** What is answered: a text, or a stream of server-sent events. */
export interface Answer {
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
  /** Ends it after what was written, or at once. */
  end(): void;
  drop(): void;
}

const policy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `connect-src 'self'`,
  `img-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** With every answer: nothing is kept, guessed, framed, or read by other pages. */
const always: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // A middleware that compresses would hold back a stream until it is long enough.
  'Cache-Control': 'no-store, no-transform',
};

export const answer = (
  status: number,
  type: string,
  body: Answer['body'],
  more: Record<string, string> = {},
): Answer => ({
  status,
  headers: { ...always, 'Content-Type': type, ...more },
  body,
});

/** Why there is no other answer, in words. */
export const refusal = (status: number, why: string, more: Record<string, string> = {}): Answer =>
  answer(status, 'text/plain; charset=utf-8', `${why}\n`, more);

export const json = (value: unknown): Answer => answer(200, 'application/json; charset=utf-8', JSON.stringify(value));
