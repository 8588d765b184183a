import { firstValueFrom, filter, take, toArray, lastValueFrom, NEVER, concat, of } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { fromPoolStats } from '../../src/dashboard/client/index';
import { createPool } from '../../src/index';

const poolOf = (name = 'db') => createPool({ name, max: 2, connect: () => concat(of('c'), NEVER) });

describe('fromPoolStats', () => {
  it('emits the stats of the pool, frozen, and completes when it is destroyed', async () => {
    const pool = poolOf();
    const board = dashboard(pool, { period: 100 });
    const { url } = await board.listen();
    const stats$ = fromPoolStats(url, { pool: 'db' });
    const statuses: string[] = [];
    stats$.status$.subscribe((status) => statuses.push(status));
    const all = lastValueFrom(stats$.pipe(toArray()));
    const first = await firstValueFrom(stats$);
    expect(Object.keys(first)).toEqual(Object.keys(pool.stats));
    expect(Object.isFrozen(first)).toBeTrue();
    pool.acquire().subscribe((lease) => lease.release());
    await firstValueFrom(stats$.pipe(filter(({ acquired }) => acquired === 1)));
    await pool.destroy();
    const seen = await all;
    expect(seen.at(-1)!.state).toBe('destroyed');
    expect(statuses).toEqual(['closed', 'connecting', 'open', 'closed']);
    await board.close();
  });

  it('survives a server that goes away and comes back, and says so meanwhile', async () => {
    const pool = poolOf();
    let board = dashboard(pool, { period: 100 });
    const { url } = await board.listen();
    const port = Number(new URL(url).port);
    const stats$ = fromPoolStats(url, { retryDelay: 20 });
    const statuses: string[] = [];
    stats$.status$.subscribe((status) => statuses.push(status));
    const values: number[] = [];
    const subscription = stats$.subscribe(({ at }) => values.push(at));
    await firstValueFrom(stats$.status$.pipe(filter((status) => status === 'open')));
    await board.close();
    await firstValueFrom(stats$.status$.pipe(filter((status) => status === 'stale')));
    const before = values.length;
    board = dashboard(pool, { period: 100 });
    await board.listen({ port });
    await firstValueFrom(stats$.status$.pipe(filter((status) => status === 'open')));
    await firstValueFrom(stats$.pipe(take(1)));
    expect(values.length).toBeGreaterThan(before);
    expect(statuses).toEqual(['closed', 'connecting', 'open', 'stale', 'open']);
    subscription.unsubscribe();
    expect(statuses.at(-1)).toBe('closed');
    await board.close();
  });

  it('takes a server that says nothing for gone', async () => {
    let requests = 0;
    const silent: typeof fetch = (_, options) => {
      requests++;
      return new Promise((__, reject) => {
        options!.signal!.addEventListener('abort', () => reject(new Error('aborted')));
      });
    };
    const subscription = fromPoolStats('http://silent/', { fetch: silent, staleAfter: 10, retryDelay: 1 }).subscribe();
    while (requests < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(requests).toBeGreaterThanOrEqual(3);
    subscription.unsubscribe();
  });

  it('fails where it is refused for good', async () => {
    const board = dashboard(poolOf(), { auth: ({ header }) => header('x-key') === 'right' });
    const { url } = await board.listen();
    await expectAsync(firstValueFrom(fromPoolStats(url))).toBeRejectedWithError(/401/);
    const headers = { 'X-Key': 'right' };
    await expectAsync(firstValueFrom(fromPoolStats(url, { headers, pool: 'other' }))).toBeRejectedWithError(
      /404.*'db'/,
    );
    expect((await firstValueFrom(fromPoolStats(url, { headers }))).name).toBe('db');
    await board.close();
  });

  it('shares one connection among its subscribers', async () => {
    const board = dashboard(poolOf(), { period: 100, maxClients: 1 });
    const { url } = await board.listen();
    const stats$ = fromPoolStats(url);
    const both = await Promise.all([1, 2].map(() => lastValueFrom(stats$.pipe(take(2), toArray()))));
    expect(both[0]).toEqual(both[1]);
    await board.close();
  });
});
