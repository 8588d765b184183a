import { setTimeout as sleep } from 'node:timers/promises';
import { from, lastValueFrom, map, range, timeout } from 'rxjs';
import { batchParallel, retryFailed, withConnection } from '../../src/index';
import type { BatchResult, WorkContext } from '../../src/index';
import { openSessions, retryRefused } from '../../examples/recipes/http2';
import { expectNothingHeld } from '../helpers/marbles';
import { recordingServer } from './recording-server';
import { tally } from './tally';

type Session = Parameters<ReturnType<typeof openSessions>['request']>[0];

const all = (succeeded: number) => ({ lost: 0, doubled: 0, succeeded, failed: 0, unstarted: 0 });

describe('the recipe for HTTP/2 sessions', () => {
  const server = recordingServer('http2-server.mjs');
  let target: ReturnType<typeof openSessions>;
  /** What happens to the server once item 100 is under way. */
  let disturb: (() => Promise<void>) | undefined;
  let disturbed: Promise<void> | undefined;

  beforeEach(() => {
    server().forget();
    target = openSessions(`http://127.0.0.1:${server().port}`, { max: 4, streams: 8 });
  });

  afterEach(async () => {
    expectNothingHeld(target.pool);
    await target.pool.destroy();
  });

  const send = async (session: Session, item: number, _index: number, context: WorkContext): Promise<number> => {
    const answer = target.request(session, context, { ':path': `/${item}` });
    if (item === 100 && disturb !== undefined) {
      // The server has it by then.
      setTimeout(() => void (disturbed = disturb?.()), 100);
    }
    return Number((await answer).body);
  };

  const batch = (count: number): Promise<BatchResult<number | undefined, number>> =>
    lastValueFrom(
      range(count).pipe(
        withConnection(target.pool, send),
        map((task) => task.pipe(retryRefused())),
        batchParallel(32),
      ),
    );

  it('sends many requests at once over a few sessions', async () => {
    expect(tally(await batch(400), server().recorded())).toEqual(all(400));
    expect(target.pool.stats.opened).toBeLessThanOrEqual(4);
  });

  it('resets the stream of a caller that leaves, and keeps the session', async () => {
    const caller = target.pool
      .use((session, context) => target.request(session, context, { ':path': '/1000' }))
      .subscribe();
    while (target.pool.holders().length === 0) await sleep(1);
    await sleep(20);
    caller.unsubscribe();
    // CANCEL
    while (server().remarks().length === 0) await sleep(5);
    expect(server().remarks()).toEqual(['left 8']);
    expect((await batch(1)).successful).toEqual([0]);
    expect(target.pool.stats).toEqual(jasmine.objectContaining({ opened: 1, closed: 0, cancelledOperations: 1 }));
  });

  it('survives a restart while its sessions are idle', async () => {
    await target.pool.warmUp(4);
    await server().restart(0);
    expect(tally(await batch(20), server().recorded())).toEqual(all(20));
  });

  it('loses nothing when the server says GOAWAY in mid-batch, as for a deployment', async () => {
    disturb = async () => server().signal('SIGUSR2');
    expect(tally(await batch(400), server().recorded())).toEqual(all(400));
    expect(target.pool.stats.closed).toBeGreaterThan(0);
    disturb = undefined;
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
    const again = await lastValueFrom(from(result.failed).pipe(retryFailed(target.pool, send), batchParallel(32)));
    expect(again.failed).toEqual([]);
    expect(new Set(server().recorded()).size).toBe(400);
  });

  it('loses nothing when the server does not answer for a second', async () => {
    disturb = () => server().freeze(1_000);
    expect(tally(await batch(400), server().recorded())).toEqual(all(400));
    disturb = undefined;
  });

  it('fails what a timeout ends while the server does not answer, and nothing else', async () => {
    disturb = () => server().freeze(1_500);
    const result = await lastValueFrom(
      range(400).pipe(
        withConnection(target.pool, send),
        map((task) => task.pipe(retryRefused(), timeout(1_000))),
        batchParallel(32),
      ),
    );
    await disturbed;
    disturb = undefined;
    const { failed, ...rest } = tally(result, server().recorded());
    expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
    expect(failed).toBeGreaterThan(0);
  });
});
