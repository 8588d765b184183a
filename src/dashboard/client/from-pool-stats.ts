import { BehaviorSubject, Observable, share } from 'rxjs';
import type { PoolStats } from '../../pool/rx/stats';
import { besides, readStream } from './stream';
import type { StreamOptions, StreamStatus } from './stream';

/** How the stats of a pool elsewhere are read. */
export interface PoolStatsOptions extends StreamOptions {
  /** Which pool, where the dashboard shows several: its name, or its index. Default: the first. */
  readonly pool?: string | number | undefined;
}

/** The stats of a pool elsewhere. */
export interface RemotePoolStats extends Observable<PoolStats> {
  /**
   * How current they are: `'connecting'` before the first, `'open'`, `'stale'` while the connection is lost and tried again, `'closed'` while
   * nothing is subscribed, and when the pool is destroyed.
   */
  readonly status$: Observable<StreamStatus>;
}

/**
 * The {@link PoolStats} of a pool in another process, or in the server of this page: the same objects that `pool.stats$` emits there, once a
 * period. `url` is where its `dashboard` is mounted.
 *
 * The stream survives a lost connection: it connects again by itself, with growing pauses, and `status$` says so. It completes when the pool is
 * destroyed. Subscribers share one connection. Errors: where the server refuses for good (401, 403, 404, or what is no dashboard).
 *
 * ```
 * server        s--s--s- lost -s--s--|
 * stats         s--s--s--------s--s--|
 * status$    c--o-------s------o-----x
 * ```
 *
 * ```ts
 * const stats$ = fromPoolStats('/pools/');
 * stats$.subscribe(({ inUseConnections, maxConnections }) => draw(inUseConnections / maxConnections));
 * stats$.status$.subscribe((status) => (badge.textContent = status));
 * ```
 */
export function fromPoolStats(url: string | URL, options: PoolStatsOptions = {}): RemotePoolStats {
  const status$ = new BehaviorSubject<StreamStatus>('closed');
  const { pool, ...rest } = options;
  const address = besides(String(url), 'stats', pool === undefined ? {} : { pool: String(pool) });
  const stats$ = new Observable<PoolStats>((subscriber) => {
    const close = readStream(
      address,
      {
        onMessage: (event, data) => {
          if (event === 'stats') subscriber.next(Object.freeze(data as PoolStats));
        },
        onStatus: (status) => {
          if (status !== status$.value) status$.next(status);
          if (status === 'closed') subscriber.complete();
        },
        onRefused: (error) => subscriber.error(error),
      },
      rest,
    );
    subscriber.add(close);
  }).pipe(share());
  return Object.assign(stats$, { status$: status$.asObservable() });
}
