import { textOf } from '../diagnosis/texts';
import type { HttpRequest, HttpResponse } from '../http/exchange';
import { handlerOf } from '../http/handler';
import type { RequestHandler } from '../http/handler';
import type { ConnectionPool } from '../pool/connection-pool';
import type { Feed } from './feed';
import { PoolFeed } from './feed';
import { resolveDashboard } from './options';
import type { DashboardOptions, ResolvedDashboardOptions } from './options';
import type { PageAssets } from './page-assets';
import { refusal } from './serve/response';
import { Broadcast } from './serve/broadcast';
import { refused } from './serve/guard';
import { listenOn } from './serve/listen';
import type { ListenOptions, Listening } from './serve/listen';
import { route } from './serve/routes';
import { WhatIf } from './serve/what-if';

/** A dashboard: a request handler, whatever the server is. */
export interface Dashboard extends RequestHandler {
  /**
   * Serves it by itself: on loopback and a free port, unless something else is given. Rejects with an `InvalidConfigError` for an address of
   * other machines without a function as `auth`. The server does not keep the process alive.
   *
   * ```ts
   * const { url } = await dashboard(pool).listen({ port: 4600 });
   * ```
   */
  listen(options?: ListenOptions): Promise<Listening>;
  /** Ends every stream, every timer and every server; afterwards the answer is 503. The pools go on. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A page that shows one pool, or several, live: what is the matter and what to do, lanes of connections, waits, holders. Read-only.
 * It looks at the pools once a period, for all clients together, and keeps the last minutes, so that a page that opens now shows them.
 *
 * ```ts
 * const board = dashboard([orders, users]);
 * const { url } = await board.listen();          // on loopback
 * app.use('/pools', board);                      // or in Express, with the option auth, or behind what decides about requests
 * ```
 *
 * Throws an `InvalidConfigError` that names everything that is wrong.
 */
export function dashboard(
  pools: ConnectionPool<unknown> | readonly ConnectionPool<unknown>[],
  options: DashboardOptions = {},
): Dashboard {
  const { pools: list, options: resolved } = resolveDashboard(pools, options);
  const { period, keep, run$, title = list.map(({ name }) => name).join(', ') } = resolved;
  const feed = new PoolFeed(list, { period, keep, run$, title: textOf(title), random: Math.random });
  return serveFeed(feed, resolved);
}

/** The same of frames that come from elsewhere. */
export function serveFeed(feed: Feed, options: ResolvedDashboardOptions): Dashboard {
  const hosts = new Set(options.hosts);
  const broadcast = new Broadcast(feed, options.maxClients);
  let built: Promise<PageAssets> | undefined;
  // Read when the first page opens: a process whose pools nothing looks at does not load it.
  const assets = (): Promise<PageAssets> => (built ??= import('./page-assets').then(({ pageAssets }) => pageAssets()));
  const whatIf = options.whatIf ? new WhatIf(async () => (await assets()).whatIf) : null;
  const listening = new Set<Listening>();
  let isClosed = false;

  const respond = async (request: HttpRequest): Promise<HttpResponse> => {
    try {
      if (isClosed) return refusal(503, 'The dashboard is closed.');
      const no = await refused(request, { hosts, auth: options.auth });
      return no ?? (await route(request, { feed, broadcast, whatIf, assets }));
    } catch (error) {
      return refusal(500, `The dashboard failed: ${textOf(String(error))}`);
    }
  };
  const { handler, onNode } = handlerOf(respond);
  const close = async (): Promise<void> => {
    isClosed = true;
    broadcast.close();
    whatIf?.close();
    await Promise.all([...listening].map((each) => each.close()));
  };
  return Object.assign(handler, {
    listen: async (given: ListenOptions = {}) => {
      const server = await listenOn(given, options, onNode, hosts);
      listening.add(server);
      return server;
    },
    close,
    [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]: close,
  });
}
