import { setTimeout as sleep } from 'node:timers/promises';
import { defer, map } from 'rxjs';
import { openChannels } from '../../examples/recipes/ws';
import type { Channel } from '../../examples/recipes/ws';
import { expectNothingHeld } from '../helpers/marbles';
import { recordingServer } from './recording-server';
import { itSurvivesOutages, outage, sendBatch } from './outages';
import type { Recipe } from './outages';
import { allDone, tally } from './tally';

describe('the recipe for ws', () => {
  const server = recordingServer('ws-server.mjs');
  let pool: ReturnType<typeof openChannels>;
  const serverOutage = outage();

  beforeEach(() => {
    server().forget();
    pool = openChannels(`ws://127.0.0.1:${server().port}`, { max: 4, calls: 8 });
  });

  afterEach(async () => {
    expectNothingHeld(pool);
    await pool.destroy();
  });

  const send = ({ call }: Channel, item: number) =>
    defer(() => {
      if (item === 100) setTimeout(() => serverOutage.begin(), 100);
      return call(item).pipe(map(Number));
    });

  const recipe: Recipe<Channel> = { pool: () => pool, work: send, parallel: 32 };

  itSurvivesOutages(recipe, {
    server,
    ends: { killed: 'SIGKILL' },
    outage: serverOutage,
    recorded: () => server().recorded(),
    // The server does not know which of the failed ones it has done.
    rollsBack: false,
  });

  it('sends many calls at once over a few sockets, and closes each by the handshake', async () => {
    expect(tally(await sendBatch(recipe, 400), server().recorded())).toEqual(allDone(400));
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
    expect((await sendBatch(recipe, 1)).successful).toEqual([0]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, closed: 0, cancelledOperations: 1 }));
  });
});
