import type { HttpResponse } from '../../http/exchange';

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

/** With every response: nothing is kept, guessed, framed, or read by other pages. */
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

export const response = (
  status: number,
  type: string,
  body: HttpResponse['body'],
  more: Record<string, string> = {},
): HttpResponse => ({
  status,
  headers: { ...always, 'Content-Type': type, ...more },
  body,
});

/** Why there is no other response, in words. */
export const refusal = (status: number, why: string, more: Record<string, string> = {}): HttpResponse =>
  response(status, 'text/plain; charset=utf-8', `${why}\n`, more);

export const json = (value: unknown): HttpResponse =>
  response(200, 'application/json; charset=utf-8', JSON.stringify(value));
