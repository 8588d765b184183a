import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EMPTY, firstValueFrom, NEVER, Subject } from 'rxjs';
import { CHANNELS, createPool } from '../../src/index';
import type { ConnectContext, ConnectionPool, PoolEvent, PoolOptions } from '../../src/index';

/** A pool whose connectors keep their contexts, and the events that it has told. */
function watched(
  options: Partial<PoolOptions<Subject<string>>> = {},
): { pool: ConnectionPool<Subject<string>>; contexts: ConnectContext[]; lives: Subject<Subject<string>>[]; told: unknown[] } {
  const contexts: ConnectContext[] = [];
  const lives: Subject<Subject<string>>[] = [];
  const connect = (context: ConnectContext): Subject<Subject<string>> => {
    contexts.push(context);
    const life = new Subject<Subject<string>>();
    lives.push(life);
    return life;
  };
  const pool = createPool({ connect, max: 2, retryDelay: 1, ...options });
  const told: unknown[] = [];
  pool.events$.subscribe((event: PoolEvent) => {
    if (event.type === 'notice') told.push([event.connection, event.notice]);
    else if ('connection' in event) told.push(`${event.type} ${event.connection}`);
  });
  return { pool, contexts, lives, told };
} // prettier-ignore

describe('what a connector tells of a connection', () => {
  it('is an event of the pool, with the number of the connection', async () => {
    const { pool, contexts, lives, told } = watched();
    const uses = [pool.use(() => NEVER).subscribe(), pool.use(() => NEVER).subscribe()];
    lives[0]!.next(new Subject());
    lives[1]!.next(new Subject());
    contexts[1]!.notice('reconnected');
    contexts[0]!.notice({ type: 'stale' });
    expect(told).toEqual([
      'opened 1',
      'acquired 1',
      'opened 2',
      'acquired 2',
      [2, 'reconnected'],
      [1, { type: 'stale' }],
    ]);
    for (const use of uses) use.unsubscribe();
    await pool.destroy();
  });

  it('is dropped before the connection is open, and as soon as it is lost or going to be closed', async () => {
    const { pool, contexts, lives, told } = watched({ max: 1 });
    contexts[0]?.notice('never');
    const use = pool.use(() => NEVER).subscribe({ error: () => {} });
    contexts[0]!.notice('too early');
    lives[0]!.next(new Subject());
    contexts[0]!.notice('in time');
    lives[0]!.error(new Error('broken'));
    contexts[0]!.notice('too late');
    use.unsubscribe();
    await pool.destroy();
    contexts[0]!.notice('much too late');
    expect(told.filter(Array.isArray)).toEqual([[1, 'in time']]);
    expect(told.indexOf('evicted 1')).toBeGreaterThan(told.findIndex(Array.isArray));
  });

  it('reaches listeners in order, also what they cause to be told, and harms nothing without any', async () => {
    const { pool, contexts, lives, told } = watched({ max: 1 });
    pool.use(() => EMPTY).subscribe();
    lives[0]!.next(new Subject());
    const { notice } = contexts[0]!;
    const echo = pool.events$.subscribe((event) => {
      if (event.type === 'notice' && event.notice === 1) notice(2);
    });
    const seen: unknown[] = [];
    pool.events$.subscribe((event) => {
      if (event.type === 'notice') seen.push(event.notice);
    });
    notice(1);
    echo.unsubscribe();
    expect(seen).toEqual([1, 2]);
    expect(told.slice(-2)).toEqual([[1, 1], [1, 2]]); // prettier-ignore
    await pool.destroy();
    const unwatched = createPool({
      connect: (context) => Promise.resolve({ tell: () => context.notice('x') }),
      max: 1,
    });
    await unwatched.warmUp(1);
    const tell = unwatched.use((connection) => {
      connection.tell();
      return [1];
    });
    expect(await firstValueFrom(tell)).toBe(1);
    await unwatched.destroy();
  });

  it('is published, and ends no trace', async () => {
    const published: unknown[] = [];
    const traces: unknown[] = [];
    const onNotice = (event: unknown): void => void published.push((event as { notice: unknown }).notice);
    const onTrace = (message: unknown): void => void traces.push(message);
    subscribe(CHANNELS.notice, onNotice);
    subscribe(`tracing:${CHANNELS.connect}:asyncEnd`, onTrace);
    const { pool, contexts, lives } = watched({ max: 1 });
    const warm = pool.warmUp(1);
    lives[0]!.next(new Subject());
    await warm;
    contexts[0]!.notice('published');
    await pool.destroy();
    unsubscribe(CHANNELS.notice, onNotice);
    unsubscribe(`tracing:${CHANNELS.connect}:asyncEnd`, onTrace);
    expect(published).toEqual(['published']);
    expect(traces).toHaveSize(1);
  });
});
