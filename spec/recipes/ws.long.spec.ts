import { setTimeout as sleep } from 'node:timers/promises';
import { defer, from, lastValueFrom, map, range, timeout } from 'rxjs';
import { batchParallel, retryFailed, withConnection } from '../../src/index';
import type { BatchResult } from '../../src/index';
import { openChannels } from '../../examples/recipes/ws';
import type { Channel } from '../../examples/recipes/ws';
import { expectNothingHeld } from '../helpers/marbles';
import { recordingServer } from './recording-server';
import { tally } from './tally';

const all = (succeeded: number) => ({ lost: 0, doubled: 0, succeeded, failed: 0, unstarted: 0 });

describe('the recipe for ws', () => {
  const server = recordingServer('ws-server.mjs');
  let pool: ReturnType<typeof openChannels>;
  /** What happens to the server once item 100 is under way. */
  let disturb: (() => Promise<void>) | undefined;
  let disturbed: Promise<void> | undefined;

  beforeEach(() => {
    server().forget();
    disturb = undefined;
    pool = openChannels(`ws://127.0.0.1:${server().port}`, { max: 4, calls: 8 });
  });

  afterEach(async () => {
    expectNothingHeld(pool);
    await pool.destroy();
  });

  const send = ({ call }: Channel, item: number) =>
    defer(() => {
      if (item === 100) setTimeout(() => void (disturbed = disturb?.()), 100);
      return call(item).pipe(map(Number));
    });

  const batch = (count: number): Promise<BatchResult<number | undefined, number>> =>
    lastValueFrom(range(count).pipe(withConnection(pool, send), batchParallel(32)));

  it('sends many calls at once over a few sockets, and closes each by the handshake', async () => {
    expect(tally(await batch(400), server().recorded())).toEqual(all(400));
    const { opened } = pool.stats;
    expect(opened).toBeLessThanOrEqual(4);
    await pool.destroy();
    while (server().remarks().length < opened) await sleep(5);
    expect(new Set(server().remarks())).toEqual(new Set(['closed 1000']));
  });

  it('cancels the call of a caller that leaves at the server, and keeps the socket', async () => {
    const caller = pool.use(({ call }) => call(1_000)).subscribe();
    while (pool.holders().length === 0) await sleep(1);
    caller.unsubscribe();
    while (!server().remarks().includes('cancelled')) await sleep(5);
    expect((await batch(1)).successful).toEqual([0]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, closed: 0, cancelledOperations: 1 }));
  });

  it('survives a restart while its sockets are idle', async () => {
    await pool.warmUp(4);
    await server().restart(0);
    expect(tally(await batch(20), server().recorded())).toEqual(all(20));
  });

  it('loses only what was under way when the server is killed in mid-batch', async () => {
    disturb = () => server().restart(1_000, 'SIGKILL');
    const result = await batch(400);
    await disturbed;
    disturb = undefined;
    const { failed, ...rest } = tally(result, server().recorded());
    expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
    expect(failed).toBeGreaterThan(0);
    // Under way are also the items that began on a connection whose end was not seen yet: at most one more each.
    expect(failed).toBeLessThanOrEqual(64);
    // The server does not know which of them it has done: those are done again.
    const again = await lastValueFrom(from(result.failed).pipe(retryFailed(pool, send), batchParallel(32)));
    expect(again.failed).toEqual([]);
    expect(new Set(server().recorded()).size).toBe(400);
  });

  it('loses nothing when the server does not answer for a second', async () => {
    disturb = () => server().freeze(1_000);
    expect(tally(await batch(400), server().recorded())).toEqual(all(400));
  });

  it('fails what a timeout ends while the server does not answer, and nothing else', async () => {
    disturb = () => server().freeze(1_500);
    const result = await lastValueFrom(
      range(400).pipe(
        withConnection(pool, send),
        map((task) => task.pipe(timeout(1_000))),
        batchParallel(32),
      ),
    );
    await disturbed;
    const { failed, ...rest } = tally(result, server().recorded());
    expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
    expect(failed).toBeGreaterThan(0);
  });
});
