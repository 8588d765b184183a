import { firstValueFrom, from, lastValueFrom, range, tap, timer, toArray } from 'rxjs';
import { batchOutcomes, createPool, withConnection, type BatchOutcome, type ConnectionPool } from '../../../src/index';
import { connectNats, type NatsConnection, type NatsStatus } from '../../../src/connectors/nats/index';
import { effort, isWhole } from '../../helpers/effort';
import { peer } from '../../helpers/peers';
import { addresses, natsServers, type NatsServer } from './servers';
import { scene } from './support';
import { natsWorkers, type Worker } from './workers';

/** Turned so that the server of this number is the first. */
const startingAt = (servers: readonly NatsServer[], first: number): string[] => {
  const all = addresses(servers);
  return [...all.slice(first), ...all.slice(0, first)];
};

describe('a batch over three nats-servers and three workers', () => {
  const { cluster } = natsServers(peer('nats-server'));
  const { start, inUse, begun } = natsWorkers();
  const { cleanup } = scene();
  const ITEMS = effort(1_500, 10_000, 100_000);
  const REQUEST_TIMEOUT = 3_000;

  let servers: readonly NatsServer[];
  let workers: Worker[];
  let pool: ConnectionPool<NatsConnection>;
  let told: NatsStatus[];
  beforeEach(async () => {
    servers = await cluster();
    // One worker at each server; the client is at the first one.
    workers = await Promise.all([0, 1, 2].map((first) => start(startingAt(servers, first))));
    const client = { reconnectTimeWait: 50, noRandomize: true };
    const connect = connectNats(addresses(servers), { requestTimeout: REQUEST_TIMEOUT, client });
    told = [];
    connect.status$.subscribe((status) => told.push(status));
    pool = createPool({ connect, max: 2, capacity: 40, outlier: false });
    cleanup(() => pool.destroy({ timeout: 0 }));
    await isSpread();
  });

  const send = (nats: NatsConnection, item: number) => nats.request('batch.double', item);

  /** Waits until requests come to all three workers: servers tell each other of subscriptions a little later. */
  async function isSpread(): Promise<void> {
    for (let round = 0; round < 1_000; round++) {
      const sent = from(Array.from({ length: 30 }, () => -1)).pipe(withConnection(pool, send), batchOutcomes());
      const outcomes = await lastValueFrom(sent.pipe(toArray()));
      if (inUse() === 3 && outcomes.every(({ status }) => status === 'succeeded')) return;
      await firstValueFrom(timer(10));
    }
    throw new Error('the workers are not known to the servers');
  }

  /** Sends all items, and does something when a third of them have their outcome. */
  function run(items: number, fault: () => unknown): Promise<readonly BatchOutcome<unknown>[]> {
    let count = 0;
    let fallen: unknown;
    const outcomes$ = range(0, items).pipe(
      withConnection(pool, send),
      batchOutcomes({ concurrency: 80 }),
      tap(() => {
        if (++count === Math.floor(items / 3)) fallen = fault();
      }),
      toArray(),
    );
    return lastValueFrom(outcomes$).then(async (outcomes) => {
      await fallen;
      return outcomes;
    });
  }

  /** Counts at the far side, and holds each outcome against it. */
  function hold(outcomes: readonly BatchOutcome<unknown>[], items: number) {
    const times = begun();
    times.delete(-1);
    expect(outcomes.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      Array.from({ length: items }, (_, i) => i),
    );
    const failed = new Map<string, number>();
    const wrong: unknown[] = [];
    for (const outcome of outcomes) {
      const begunTimes = times.get(outcome.index) ?? 0;
      if (outcome.status === 'succeeded') {
        if (outcome.value !== 2 * outcome.index || begunTimes !== 1) wrong.push({ ...outcome, begunTimes });
        continue;
      }
      const { code, sent } = outcome.error as { code: string; sent?: boolean };
      failed.set(code, (failed.get(code) ?? 0) + 1);
      // Not sent, or without a responder: not begun. Without a reply: begun once, or lost on its way.
      const most = code === 'NATS_TIMEOUT' && sent === true ? 1 : 0;
      if (begunTimes > most) wrong.push({ ...outcome, begunTimes });
    }
    expect(wrong).toEqual([]);
    expect([...times.values()].filter((count) => count > 1)).toEqual([]);
    return {
      failed: Object.fromEntries(failed),
      succeeded: outcomes.filter(({ status }) => status === 'succeeded').length,
    };
  }

  /**
   * The codes that a fault of a server or a worker does not explain. A server that has just lost another one may say that there is no responder,
   * although a worker is left: the item was not begun, which `hold` checks.
   */
  const unexpected = (failed: Record<string, number>): string[] =>
    Object.keys(failed).filter((code) => code !== 'NATS_TIMEOUT' && code !== 'NATS_NO_RESPONDERS');

  it('has one outcome for each item when nothing fails', async () => {
    const { failed, succeeded } = hold(await run(ITEMS, () => {}), ITEMS);
    expect(failed).toEqual({});
    expect(succeeded).toBe(ITEMS);
  });

  // Each spec starts three servers and three workers anew: `npm test` leaves some out.
  if (isWhole)
    it('loses no more than what a killed worker had, and begins nothing twice', async () => {
      const { failed, succeeded } = hold(await run(ITEMS, () => workers[0]!.kill()), ITEMS);
      expect(unexpected(failed)).toEqual([]);
      // At most what was under way: the pool bounds it.
      expect(ITEMS - succeeded).toBeLessThanOrEqual(80);
      expect(pool.stats.opened).toBe(2);
    });

  it('goes on by the next server when that of the client is killed', async () => {
    const { failed, succeeded } = hold(await run(ITEMS, () => servers[0]!.kill()), ITEMS);
    expect(unexpected(failed)).toEqual([]);
    expect(ITEMS - succeeded).toBeLessThanOrEqual(80);
    const types = told.map(({ type }) => type);
    expect(types.filter((type) => type === 'disconnected').length).toBe(2);
    expect(types.filter((type) => type === 'reconnected').length).toBe(2);
    expect(pool.stats.opened).toBe(2);
  });

  if (isWhole)
    it('goes on when the server of a worker is killed', async () => {
      const { failed, succeeded } = hold(await run(ITEMS, () => servers[2]!.kill()), ITEMS);
      expect(unexpected(failed)).toEqual([]);
      expect(ITEMS - succeeded).toBeLessThanOrEqual(80);
      expect(told.filter(({ type }) => type === 'disconnected')).toEqual([]);
    });

  it('waits while all servers are away, and goes on when they are back', async () => {
    const restart = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.kill()));
      await Promise.all(servers.map((server) => server.start()));
    };
    const { failed, succeeded } = hold(await run(ITEMS, restart), ITEMS);
    // The client may be back before any worker: then the server says at once that there is no responder.
    expect(unexpected(failed)).toEqual([]);
    expect(succeeded).toBeGreaterThanOrEqual(Math.floor(ITEMS / 3));
    expect(pool.stats.opened).toBe(2);
  });

  if (isWhole)
    it('goes on while the servers are restarted one after the other', async () => {
      const roll = async (): Promise<void> => {
        for (const server of servers) {
          await server.kill();
          await server.start();
        }
      };
      const { failed } = hold(await run(ITEMS, roll), ITEMS);
      expect(unexpected(failed)).toEqual([]);
      expect(pool.stats.opened).toBe(2);
    });

  if (isWhole)
    it('begins nothing twice when the server of the client stands still for a while', async () => {
      const pause = async (): Promise<void> => {
        servers[0]!.signal('SIGSTOP');
        await firstValueFrom(timer(effort(500, 1_000)));
        servers[0]!.signal('SIGCONT');
      };
      const { failed } = hold(await run(ITEMS, pause), ITEMS);
      expect(unexpected(failed)).toEqual([]);
      expect(pool.stats.opened).toBe(2);
    });

  it('is doubled by a caller that sends again what got no reply, and by nothing else', async () => {
    const first = await run(ITEMS, async () => {
      await Promise.all([servers[0]!.kill(), workers[1]!.kill()]);
    });
    hold(first, ITEMS);
    const again = first.filter(({ status }) => status === 'failed').map(({ index }) => index);
    const second = await lastValueFrom(from(again).pipe(withConnection(pool, send), batchOutcomes(), toArray()));
    expect(second.filter(({ status }) => status === 'failed')).toEqual([]);
    const times = begun();
    times.delete(-1);
    expect(times.size).toBe(ITEMS);
    const doubled = [...times].filter(([, count]) => count > 1).map(([item]) => item);
    expect(doubled.filter((item) => !again.includes(item))).toEqual([]);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(2);
  });
});
