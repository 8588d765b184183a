import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkContext } from '../../src/index';
import { openSessions, retryRefused } from '../../examples/recipes/http2';
import { expectNothingHeld } from '../helpers/marbles';
import { recordingServer } from './recording-server';
import { itSurvivesOutages, outage, sendBatch } from './outages';
import type { Recipe } from './outages';
import { allDone, tally } from './tally';

type Session = Parameters<ReturnType<typeof openSessions>['request']>[0];

describe('the recipe for HTTP/2 sessions', () => {
  const server = recordingServer('http2-server.mjs');
  let target: ReturnType<typeof openSessions>;
  const serverOutage = outage();

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
    // The server has it by then.
    if (item === 100) setTimeout(() => serverOutage.begin(), 100);
    return Number((await answer).body);
  };

  const recipe: Recipe<Session> = { pool: () => target.pool, work: send, parallel: 32, retry: retryRefused() };

  itSurvivesOutages(recipe, {
    server,
    ends: { killed: 'SIGKILL' },
    outage: serverOutage,
    recorded: () => server().recorded(),
    // The server does not know which of the failed ones it has done.
    rollsBack: false,
  });

  it('sends many requests at once over a few sessions', async () => {
    expect(tally(await sendBatch(recipe, 400), server().recorded())).toEqual(allDone(400));
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
    expect((await sendBatch(recipe, 1)).successful).toEqual([0]);
    expect(target.pool.stats).toEqual(jasmine.objectContaining({ opened: 1, closed: 0, cancelledOperations: 1 }));
  });

  it('loses nothing when the server says GOAWAY in mid-batch, as for a deployment', async () => {
    serverOutage.plan(async () => server().signal('SIGUSR2'));
    const result = await sendBatch(recipe, 400);
    await serverOutage.end();
    expect(tally(result, server().recorded())).toEqual(allDone(400));
    expect(target.pool.stats.closed).toBeGreaterThan(0);
  });
});
