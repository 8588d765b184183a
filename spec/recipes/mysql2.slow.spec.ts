import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2/promise';
import { defer, lastValueFrom } from 'rxjs';
import type { WorkContext } from '../../src/index';
import { openDatabase } from '../../examples/recipes/mysql2';
import { expectNothingHeld } from '../helpers/marbles';
import { mariaDb } from '../helpers/mariadb';
import { itSurvivesOutages, outage, sendBatch } from './outages';
import type { Recipe } from './outages';

describe('the recipe for mysql2', () => {
  const server = mariaDb();
  let database: ReturnType<typeof openDatabase>;
  const serverOutage = outage();

  const config = (): ConnectionOptions => ({ host: '127.0.0.1', port: server().port, user: 'root' });

  beforeEach(async () => {
    await watch('create database if not exists recipe');
    await watch('create or replace table recipe.done (item int)');
    database = openDatabase({ ...config(), database: 'recipe' }, 8);
  });

  afterEach(async () => {
    if (database === undefined) return;
    expectNothingHeld(database.pool);
    await database.close();
    // The server ends a session a moment after its connection.
    while ((await sessions()).length > 0) await sleep(5);
  });

  /** Looks at the server from outside, on a connection of its own. */
  async function watch<Row>(sql: string): Promise<Row[]> {
    const client = await createConnection(config());
    const [rows] = await client.query(sql);
    await client.end();
    return rows as Row[];
  }

  const recorded = async (): Promise<number[]> =>
    (await watch<{ item: number }>('select item from recipe.done')).map(({ item }) => item);

  const sessions = (): Promise<unknown[]> =>
    watch(`select info from information_schema.processlist where db = 'recipe'`);

  const running = (): Promise<unknown[]> =>
    watch(`select info from information_schema.processlist where db = 'recipe' and command = 'Query'`);

  /** Records an item in a transaction that takes a while. */
  const record = (client: Connection, item: number, _index: number, context: WorkContext): Promise<number> =>
    database.transaction(client, context, async (query) => {
      const done = await query<RowDataPacket[]>('select item from done where item = ?', [item]);
      if (done.length === 0) await query('insert into done values (?)', [item]);
      if (item === 100 && serverOutage.begin()) await query('select sleep(2)');
      await query('select sleep(0.02)');
      return item;
    });

  const recipe: Recipe<Connection> = { pool: () => database.pool, work: record, parallel: 8 };

  itSurvivesOutages(recipe, {
    server,
    ends: { killed: 'SIGKILL', restarted: 'SIGTERM' },
    outage: serverOutage,
    recorded,
    rollsBack: true,
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

  it('kills the statement at the server when its caller leaves, rolls back, and keeps the connection', async () => {
    const { pool, transaction } = database;
    const caller = pool
      .use((client, context) =>
        transaction(client, context, async (query) => {
          await query('insert into done values (1)');
          await query('select sleep(60)');
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

  it('kills the statement of Observable work at the server, and closes its connection', async () => {
    const { pool } = database;
    const caller = pool.use((client) => defer(() => client.query('select sleep(60)'))).subscribe();
    while ((await running()).length < 1) await sleep(5);
    caller.unsubscribe();
    while ((await running()).length > 0) await sleep(5);
    await sendBatch(recipe, 1);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 2, discarded: 1, cancelledOperations: 1 }));
  });

  it('kills no statement of the next caller: 100 callers leave at any moment of a transaction, another comes at once', async () => {
    await database.close();
    database = openDatabase({ ...config(), database: 'recipe' }, 1);
    const { pool } = database;
    const failures: unknown[] = [];
    for (let round = 0; round < 100; round++) {
      const caller = pool
        .use((client, context) => record(client, round, round, context))
        .subscribe({ error: () => undefined });
      await sleep((round % 25) + Math.random());
      caller.unsubscribe();
      // sleep() returns 1 when it is killed.
      const [rows] = await lastValueFrom(
        pool.use((client) => client.query<RowDataPacket[]>('select sleep(0.001) as killed')),
      );
      if (rows[0]!['killed'] !== 0) failures.push(round);
    }
    expect(failures).toEqual([]);
    expect(pool.stats.opened).toBe(1);
    expect(pool.stats.cancelledOperations).toBeGreaterThan(0);
  });
});
