import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { lastValueFrom, timeout } from 'rxjs';
import type { ConnectionPool, WorkContext } from '../../src/index';
import * as withIoredis from '../../examples/recipes/ioredis';
import * as withRedis from '../../examples/recipes/redis';
import { effort } from '../helpers/effort';
import { expectNothingHeld } from '../helpers/marbles';
import { redisServer } from '../helpers/redis';
import { outage, sendBatch } from './outages';
import { allDone, tally } from './tally';

/** What the two recipes have in common, for any client. */
interface Queue<C> {
  readonly pool: ConnectionPool<C>;
  take(client: C, context: WorkContext): Promise<string>;
  finish(client: C, job: string): Promise<void>;
  shutDown(timeout?: number): Promise<void>;
}

interface Recipe<C> {
  open(port: number, max: number): Queue<C>;
  /** Leaves a MULTI, a WATCH and another database behind. */
  soil(client: C): Promise<unknown>;
  /** The database, and whether a MULTI is open. */
  look(client: C): Promise<string>;
}

describeRecipe('ioredis', {
  open: (port, max) => withIoredis.openQueue({ host: '127.0.0.1', port, db: 1 }, max),
  soil: (client) =>
    client
      .watch('a')
      .then(() => client.select(3))
      .then(() => client.call('MULTI')),
  look: (client) => client.client('INFO'),
});

describeRecipe('redis', {
  open: (port, max) => withRedis.openQueue({ socket: { host: '127.0.0.1', port }, database: 1 }, max),
  soil: (client) =>
    client
      .watch('a')
      .then(() => client.select(3))
      .then(() => client.sendCommand(['MULTI'])),
  look: (client) => client.sendCommand<string>(['CLIENT', 'INFO']),
});

function describeRecipe<C>(driver: string, recipe: Recipe<C>): void {
  describe(`the recipe for ${driver}`, () => {
    const server = redisServer();
    let queue: Queue<C>;
    const serverOutage = outage();

    beforeEach(async () => {
      await watch((client) => client.flushall());
      queue = recipe.open(server().port, 8);
    });

    afterEach(async () => {
      if (queue === undefined) return;
      // A connection that is reset is in use.
      while (queue.pool.stats.inUseConnections > 0) await sleep(1);
      expectNothingHeld(queue.pool);
      await queue.shutDown();
      // The watcher's own is left.
      while ((await watch((client) => client.client('LIST') as Promise<string>)).trim().split('\n').length > 1)
        await sleep(5);
    });

    /** Looks at the server from outside, on a connection of its own. */
    async function watch<T>(look: (client: Redis) => Promise<T>): Promise<T> {
      const client = new Redis({ host: '127.0.0.1', port: server().port, db: 1 });
      const seen = await look(client);
      client.disconnect();
      return seen;
    }

    const add = (count: number): Promise<unknown> =>
      watch((client) => client.rpush('jobs', ...Array.from({ length: count }, (_, job) => String(job))));

    /** One entry for each time that a job was done. */
    const recorded = async (): Promise<number[]> =>
      Object.entries<string>(await watch((client) => client.hgetall('done'))).flatMap(([job, times]) =>
        Array.from({ length: Number(times) }, () => Number(job)),
      );

    const blocked = async (): Promise<number> =>
      Number(/blocked_clients:(\d+)/.exec(await watch((client) => client.info('clients')))![1]);

    const work = async (client: C, item: number, _index: number, context: WorkContext): Promise<number> => {
      const job = await queue.take(client, context);
      if (item === 100 && serverOutage.begin()) await sleep(2_000);
      await sleep(20);
      await queue.finish(client, job);
      return Number(job);
    };

    const batch = { pool: () => queue.pool, work, parallel: 8 };

    /** Returns the jobs that were taken and not done, and does the remaining ones. */
    async function finish(): Promise<void> {
      await watch(async (client) => {
        while ((await client.lmove('taken', 'jobs', 'LEFT', 'RIGHT')) !== null);
      });
      const left = await watch((client) => client.llen('jobs'));
      if (left > 0) await sendBatch(batch, left);
    }

    it('lets a caller leave that waits for a job, and keeps the connection for the next one', async () => {
      const caller = queue.pool.use((client, context) => queue.take(client, context)).subscribe();
      while ((await blocked()) < 1) await sleep(5);
      caller.unsubscribe();
      while ((await blocked()) > 0) await sleep(5);
      await add(1);
      expect((await sendBatch(batch, 1)).successful).toEqual([0]);
      expect(queue.pool.stats).toEqual(jasmine.objectContaining({ closed: 0, discarded: 0, cancelledOperations: 1 }));
    });

    it('loses no job to callers that leave at any moment, and unblocks no other', async () => {
      await queue.shutDown();
      queue = recipe.open(server().port, 1);
      for (let round = 0; round < 100; round++) {
        const given: string[] = [];
        const caller = queue.pool
          .use((client, context) => queue.take(client, context))
          .subscribe((job) => given.push(job));
        const next = lastValueFrom(queue.pool.use((client, context) => queue.take(client, context)));
        const delay = Math.random() * 4;
        setTimeout(() => caller.unsubscribe(), delay);
        await sleep(Math.random() * 4);
        await add(2);
        given.push(await next);
        caller.unsubscribe();
        while (queue.pool.stats.inUseConnections > 0) await sleep(1);
        // No job is taken for a caller that has left, and none is in both lists.
        const taken = await watch((client) => client.lrange('taken', 0, -1));
        const left = await watch((client) => client.lrange('jobs', 0, -1));
        expect(taken).toEqual(given);
        expect([...taken, ...left].sort()).toEqual(['0', '1']);
        await watch((client) => client.del('taken', 'jobs'));
      }
      expect(queue.pool.stats.opened).toBe(1);
    });

    it('resets what a caller has left behind', async () => {
      await queue.shutDown();
      queue = recipe.open(server().port, 1);
      await lastValueFrom(queue.pool.use((client) => recipe.soil(client)));
      const info = await lastValueFrom(queue.pool.use((client) => recipe.look(client)));
      expect(info).toMatch(/ db=1 .* multi=-1 /);
      expect(queue.pool.stats.opened).toBe(1);
    });

    it('survives a restart while its connections are idle', async () => {
      await add(20);
      await queue.pool.warmUp(8);
      await server().restart(100);
      expect(tally(await sendBatch(batch, 20), await recorded())).toEqual(allDone(20));
      expect(queue.pool.stats.closed).toBe(8);
    });

    const ends = [
      ['killed', 'SIGKILL'],
      ['restarted', 'SIGTERM'],
    ] as const;
    for (const [what, signal] of ends.slice(0, effort(1, ends.length))) {
      it(`loses only what was under way when the server is ${what} in mid-batch`, async () => {
        await add(400);
        const over = new Promise<void>((resolve, reject) => {
          serverOutage.plan(() => server().restart(1_000, signal).then(resolve, reject));
        });
        const items = sendBatch(batch, 400);
        await over;
        // What was under way keeps its job, so that the last items would wait for one.
        const taken = await watch((client) => client.llen('taken'));
        await watch(async (client) => {
          for (let job = 0; job < 8; job++) await client.rpush('jobs', String(400 + job));
        });
        const { failed, ...rest } = tally(await items, await recorded());
        expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 400 - failed, unstarted: 0 });
        expect(failed).toBeGreaterThan(0);
        // Under way are also the items that began on a connection whose end was not seen yet: at most one more each.
        expect(failed).toBeLessThanOrEqual(16);
        expect(taken).toBeLessThanOrEqual(16);
        await finish();
        const done = await recorded();
        expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 408 }, (_, job) => job));
      });
    }

    it('loses nothing when the server does not answer for a second', async () => {
      await add(200);
      serverOutage.plan(() => server().freeze(1_000));
      const result = await sendBatch(batch, 200);
      await serverOutage.end();
      expect(tally(result, await recorded())).toEqual(allDone(200));
    });

    it('keeps the jobs that a timeout ends while the server does not answer', async () => {
      await add(200);
      await queue.pool.warmUp(8);
      serverOutage.plan(() => server().freeze(1_000));
      const result = await sendBatch(batch, 150, timeout(500));
      await serverOutage.end();
      const { failed, ...rest } = tally(result, await recorded());
      expect(rest).toEqual({ lost: 0, doubled: 0, succeeded: 150 - failed, unstarted: 0 });
      expect(failed).toBeGreaterThan(0);
      while (queue.pool.stats.inUseConnections > 0) await sleep(5);
      await finish();
      expect((await recorded()).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, job) => job));
    });
  });
}
