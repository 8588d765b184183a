import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { ClientConfig } from 'pg';
import { defer, lastValueFrom, range } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import type { WorkContext } from '../../src/index';
import { openDatabase } from '../../examples/recipes/pg';
import { runExample } from '../examples/run-example';
import { isWhole } from '../helpers/effort';
import { expectNothingHeld } from '../helpers/marbles';
import { postgresql } from '../helpers/postgres';
import { itSurvivesOutages, outage, sendBatch } from './outages';
import type { Recipe } from './outages';

describe('the recipe for pg', () => {
  const postgres = postgresql();
  let database: ReturnType<typeof openDatabase>;
  const serverOutage = outage();

  const config = (application_name: string): ClientConfig => {
    const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: name } = postgres().env;
    return { host, port: Number(port), user, database: name, application_name };
  };

  beforeEach(async () => {
    database = openDatabase(config('recipe'), 8);
    await watch('drop table if exists done; create table done (item int)');
  });

  afterEach(async () => {
    expectNothingHeld(database.pool);
    await database.close();
    // The server ends a session a moment after its connection.
    while ((await sessions()).length > 0) await sleep(5);
  });

  /** Looks at the server from outside, on a connection of its own. */
  async function watch<Row>(text: string): Promise<Row[]> {
    const client = new Client(config('watcher'));
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows as Row[];
  }

  const recorded = async (): Promise<number[]> =>
    (await watch<{ item: number }>('select item from done')).map(({ item }) => item);

  const sessions = (): Promise<unknown[]> => watch(`select 1 from pg_stat_activity where application_name = 'recipe'`);

  const running = (): Promise<unknown[]> =>
    watch(`select 1 from pg_stat_activity where application_name = 'recipe' and state <> 'idle'`);

  /** Records an item in a transaction that takes a while. */
  const record = (client: Client, item: number, _index: number, context: WorkContext): Promise<number> =>
    database.transaction(client, context, async (query) => {
      await query('insert into done select $1 where not exists (select from done where item = $1)', [item]);
      if (item === 100 && serverOutage.begin()) await query('select pg_sleep(2)');
      await query('select pg_sleep(0.02)');
      return item;
    });

  const recipe: Recipe<Client> = { pool: () => database.pool, work: record, parallel: 8 };

  itSurvivesOutages(recipe, {
    server: postgres,
    ends: { killed: 'SIGKILL', restarted: 'SIGINT' },
    outage: serverOutage,
    recorded,
    rollsBack: true,
  });

  it('is used by a program that runs as it is shown', async () => {
    const { stdout, stderr, code } = await runExample('recipes/pg-main', [], postgres().env);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain("[ { name: 'a', money: 70 }, { name: 'b', money: 30 } ]\n[ 1, 4, 9 ]\n");
  });

  it('rolls back when work throws, passes its error on, and keeps the connection', async () => {
    const refused = new Error('not enough');
    const run = database.pool.use((client, context) =>
      database.transaction(client, context, async (query) => {
        await query('insert into done values (1)');
        throw refused;
      }),
    );
    await expectAsync(lastValueFrom(run)).toBeRejectedWith(refused);
    expect(await recorded()).toEqual([]);
    await sendBatch(recipe, 1);
    expect(await recorded()).toEqual([0]);
    expect(database.pool.stats.opened).toBe(1);
  });

  it('stops the query at the server when its caller leaves, rolls back, and keeps the connection', async () => {
    const { pool, transaction } = database;
    const caller = pool
      .use((client, context) =>
        transaction(client, context, async (query) => {
          await query('insert into done values (1)');
          await query('select pg_sleep(60)');
        }),
      )
      .subscribe();
    while ((await running()).length < 1) await sleep(5);
    caller.unsubscribe();
    while ((await running()).length > 0) await sleep(5);
    await sendBatch(recipe, 1);
    expect(await recorded()).toEqual([0]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ closed: 0, discarded: 0, cancelledOperations: 1 }));
  });

  it('does the same for queries outside of a transaction', async () => {
    const { pool, run } = database;
    const caller = pool
      .use((client, context) => run(client, context, (query) => query('select pg_sleep(60)')))
      .subscribe();
    while ((await running()).length < 1) await sleep(5);
    caller.unsubscribe();
    while ((await running()).length > 0) await sleep(5);
    await sendBatch(recipe, 1);
    expect(pool.stats).toEqual(jasmine.objectContaining({ closed: 0, discarded: 0, cancelledOperations: 1 }));
  });

  it('stops the query of Observable work at the server, and closes its connection', async () => {
    const { pool } = database;
    const caller = pool.use((client) => defer(() => client.query('select pg_sleep(60)'))).subscribe();
    while ((await running()).length < 1) await sleep(5);
    caller.unsubscribe();
    while ((await running()).length > 0) await sleep(5);
    await sendBatch(recipe, 1);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 2, discarded: 1, cancelledOperations: 1 }));
  });

  it('cancels no query of the next caller: 100 callers leave at any moment of a transaction, another comes at once', async () => {
    database = await replaced(1);
    const { pool } = database;
    const failures: unknown[] = [];
    for (let round = 0; round < 100; round++) {
      const caller = pool
        .use((client, context) => record(client, round, round, context))
        .subscribe({ error: () => undefined });
      await sleep((round % 25) + Math.random());
      caller.unsubscribe();
      await lastValueFrom(pool.use((client) => client.query('select pg_sleep(0.001)'))).catch((error: unknown) =>
        failures.push(error),
      );
    }
    expect(failures).toEqual([]);
    expect(pool.stats.opened).toBe(1);
    expect(pool.stats.cancelledOperations).toBeGreaterThan(0);
  });

  async function replaced(max: number): Promise<typeof database> {
    await database.close();
    return openDatabase(config('recipe'), max);
  }
});

// It starts a server of its own.
if (isWhole)
  describe('the form of the README with promises', () => {
    const postgres = postgresql();

    it('survives a restart of PostgreSQL: idle clients emit an error, and the process goes on', async () => {
      const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = postgres().env;
      const clients = createPool({
        max: 4,
        connect: async () => {
          const client = new Client({ host, port: Number(port), user, database });
          await client.connect();
          return client;
        },
        close: (client) => client.end(),
      });
      const reasons: string[] = [];
      clients.events$.subscribe((event) => {
        if (event.type === 'evicted') reasons.push(event.reason);
      });
      await clients.warmUp(4);
      await postgres().restart(100);
      const answers = await lastValueFrom(
        range(20).pipe(
          withConnection(clients, (client, item) => client.query('select $1::int as item', [item])),
          batchParallel(4),
        ),
      );
      expect(answers.failed).toEqual([]);
      expect(answers.successful.map((answer) => answer.rows[0].item)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      expect(reasons).toEqual(['lost', 'lost', 'lost', 'lost']);
      await clients.destroy();
    });
  });
