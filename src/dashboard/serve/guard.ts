import type { HttpRequest, HttpResponse } from '../../http/exchange';
import { refusal } from './response';

/** What a hook of `auth` is asked about. */
export interface DashboardRequest {
  readonly method: string;
  /** Path and query, with the prefix of a mount point. */
  readonly url: string;
  /** A header by its name, in any case. */
  header(name: string): string | undefined;
  /** The address of the other side; undefined where a `Request` does not say it. */
  readonly remoteAddress: string | undefined;
}

export type Auth = (request: DashboardRequest) => boolean | PromiseLike<boolean>;

export interface Guarded {
  /** Host names that a request may be for. */
  readonly hosts: ReadonlySet<string>;
  /** Which requests are answered; false: something else decides that; undefined: those of this machine alone. */
  readonly auth: Auth | false | undefined;
}

/** Names by which this machine calls itself. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Why a request is refused, or null. */
export async function refused(request: HttpRequest, { hosts, auth }: Guarded): Promise<HttpResponse | null> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refusal(405, 'The dashboard only shows: GET and HEAD are all that it takes.', { Allow: 'GET, HEAD' });
  }
  // A name of another host that leads here is how a page of elsewhere gets to read what is here (DNS rebinding).
  const host = hostNameOf(request.header('host') ?? '');
  if (!hosts.has(host)) {
    return refusal(403, `This is not a host name of the dashboard. If it should be one, name it in the option hosts.`);
  }
  if (auth === undefined && !isLoopback(request.remoteAddress)) {
    return refusal(
      403,
      request.remoteAddress === undefined
        ? 'A Request does not say where it comes from: give the option auth a function that decides, or false where something else does.'
        : 'The dashboard answers this machine alone: give the option auth a function that decides, or false where something else does.',
    );
  }
  if (typeof auth === 'function' && !(await allows(auth, request))) {
    return refusal(401, 'The option auth of the dashboard did not allow this request.', {
      'WWW-Authenticate': 'Basic realm="pools", charset="UTF-8"',
    });
  }
  return null;
}

/** A hook that fails allows nothing. */
async function allows(auth: Auth, request: HttpRequest): Promise<boolean> {
  try {
    const { method, originalUrl: url, remoteAddress } = request;
    const allowed: unknown = await auth({
      method,
      url,
      remoteAddress,
      header: (name) => request.header(name.toLowerCase()),
    });
    return allowed === true;
  } catch {
    return false;
  }
}

/** Whether a page of another site asks for data: it could not read them, but it could take the places of pages that can. */
export function isForeign(request: HttpRequest): boolean {
  const site = request.header('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Without the port; an address of IPv6 in its brackets. */
export const hostNameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '');

export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/, '');
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}
