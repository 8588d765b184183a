import type { DashboardState } from '../frames';
import type { Feed } from '../feed';
import type { PageAssets } from '../page-assets';
import type { HttpRequest, HttpResponse } from '../../http/exchange';
import { json, refusal, response } from './response';
import type { Broadcast } from './broadcast';
import { isForeign } from './guard';
import type { WhatIf } from './what-if';

export interface Served {
  readonly feed: Feed;
  readonly broadcast: Broadcast;
  readonly whatIf: WhatIf | null;
  assets(): Promise<PageAssets>;
}

/** What is there, by the last part of the path: a dashboard does not know where it is mounted. */
export async function route(request: HttpRequest, served: Served): Promise<HttpResponse> {
  const [path = '/', query = ''] = request.url.split('?', 2);
  const [wholePath = '/'] = request.originalUrl.split('?', 1);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!wholePath.endsWith('/') && (name === '' || !/\.|^(frames|stats|recording|snapshot|what-if)$/.test(name))) {
    // The page finds everything beside itself, and so has to be a folder. A relative address keeps the host and whatever is before.
    const folder = wholePath.slice(wholePath.lastIndexOf('/') + 1);
    return refusal(308, 'The dashboard is here, with a slash at the end.', { Location: `${folder}/` });
  }
  switch (name) {
    case '':
      return response(200, 'text/html; charset=utf-8', (await served.assets()).html);
    case 'app.js':
      return response(200, 'text/javascript; charset=utf-8', (await served.assets()).js);
    case 'app.css':
      return response(200, 'text/css; charset=utf-8', (await served.assets()).css);
    case 'icon.svg':
      return response(200, 'image/svg+xml', (await served.assets()).icon);
    case 'frames':
    case 'stats':
    case 'recording':
    case 'snapshot':
    case 'what-if':
      return isForeign(request)
        ? refusal(403, 'Pages of other sites are told nothing.')
        : data(name, new URLSearchParams(query), served);
    default:
      return refusal(404, 'There is nothing of that name.');
  }
}

async function data(name: string, query: URLSearchParams, { feed, broadcast, whatIf }: Served): Promise<HttpResponse> {
  if (name === 'frames') return stream(broadcast, null);
  if (name === 'snapshot') return json(await snapshotOf(feed));
  const { pools } = feed.state();
  const wanted = query.get('pool') ?? '0';
  const named = pools.findIndex((pool) => pool.name === wanted);
  const index = named >= 0 ? named : /^\d{1,6}$/.test(wanted) ? Number(wanted) : -1;
  if (pools[index] === undefined) {
    return refusal(404, `There is no such pool: there are ${pools.map((pool) => `'${pool.name}'`).join(', ')}.`);
  }
  if (name === 'stats') return stream(broadcast, index);
  const load = await feed.load(index);
  if (load === undefined) return refusal(404, 'What was asked of this pool is not known (yet).');
  if (name === 'recording') return json(load);
  if (whatIf === null) return refusal(404, 'The option whatIf is false.');
  const stats = feed.stats()[index];
  if (stats == null) return refusal(404, 'Nothing is known of this pool (yet).');
  return whatIf.answer(query.get('target') ?? '20', stats, load);
}

function stream(broadcast: Broadcast, pool: number | null): HttpResponse {
  return broadcast.isFull
    ? refusal(503, 'As many watch as may watch at a time (maxClients).', { 'Retry-After': '10' })
    : response(200, 'text/event-stream; charset=utf-8', broadcast.stream(pool), { 'X-Accel-Buffering': 'no' });
}

/** Everything that is known, as a file that can be opened again. */
async function snapshotOf(feed: Feed): Promise<DashboardState> {
  const state = feed.state();
  const loads = await Promise.all(state.pools.map(async (_, index) => (await feed.load(index)) ?? null));
  return { ...state, loads };
}
