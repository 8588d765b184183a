import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import type { ClientConfig } from 'pg';
import { defer, firstValueFrom, from, lastValueFrom, NEVER, range } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import type { ConnectionPool, PoolEvent, PoolOptions } from '../../src/index';
import { postgresql } from '../helpers/postgres';
import type { Postgres } from '../helpers/postgres';

/** Backends of pooled connections have this name on the server. */
const application_name = 'pooled';

/** What the server runs for the pool: queries, and backends whether or not they run one. */
interface Running {
  readonly queries: number;
  readonly backends: number;
}

describe('max, at a real PostgreSQL', () => {
  const server = postgresql() as () => Postgres | undefined;
  let admin: Pool;
  let watcher: Client;
  let pool: ConnectionPool<Client>;
  let events: PoolEvent[];
  let watching: boolean;
  let watched: Promise<Running>;

  beforeAll(async () => {
    if (server() === undefined) return;
    admin = new Pool({ max: 1, ...config('admin') });
    admin.on('error', () => undefined);
    watcher = await open('watcher');
  }, 60_000);

  afterAll(async () => {
    if (server() === undefined) return;
    await admin.end();
    await watcher.end();
  }, 60_000);

  function config(name: string): ClientConfig {
    const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = server()!.env;
    return { host, port: Number(port), user, database, application_name: name };
  }

  async function open(name: string): Promise<Client> {
    const client = new Client(config(name));
    // An idle client emits it when its server goes: without a listener it would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  const connect = (): Promise<Client> => open(application_name);

  // What docs/semantics.md shows.
  const driver = {
    connect,
    close: async (client: Client) => {
      await admin.query('select pg_terminate_backend($1, 4000)', [pidOf(client)]);
      await client.end();
    },
    onCancel: async (client: Client) => {
      const drained = once(client, 'drain');
      await admin.query('select pg_cancel_backend($1)', [pidOf(client)]);
      await drained;
    },
  };

  async function running(): Promise<Running> {
    const { rows } = await watcher.query<Running>(
      `select count(*) filter (where state = 'active')::int as queries, count(*)::int as backends
       from pg_stat_activity where application_name = '${application_name}'`,
    );
    return rows[0]!;
  }

  /** Polls until the pool is ended; returns the maximum of each count. */
  async function watch(): Promise<Running> {
    let most = { queries: 0, backends: 0 };
    while (watching) {
      const { queries, backends } = await running();
      most = { queries: Math.max(most.queries, queries), backends: Math.max(most.backends, backends) };
      await sleep(2);
    }
    return most;
  }

  function begin(options: Partial<PoolOptions<Client>>): void {
    pool = createPool<Client>({ ...driver, max: 2, cancelTimeout: 30, ...options });
    events = [];
    pool.events$.subscribe((event) => events.push(event));
    watching = true;
    watched = watch();
  }

  async function end(): Promise<Running> {
    await pool.destroy({ timeout: 0 });
    watching = false;
    return watched;
  }

  const query = (client: Client): Promise<unknown> => client.query('select pg_sleep(20)');

  /** Two callers begin a query of 20 s and leave after 50 ms, five times; in between another caller runs a short query. */
  async function rounds(work: Parameters<typeof pool.use>[0]): Promise<void> {
    for (let round = 0; round < 5; round++) {
      const callers = [pool.use(work), pool.use(work)].map((uses) => uses.subscribe({ error: () => undefined }));
      while (pool.holders().length < 2) await sleep(2);
      await sleep(50);
      for (const caller of callers) caller.unsubscribe();
      await firstValueFrom(pool.use((client) => client.query('select 1')));
    }
  }

  it('is exceeded by a close that only ends the client, against which the others are measured', async () => {
    begin({ close: (client) => client.end(), lost: () => NEVER });
    await rounds(query);
    const { queries } = await end();
    expect(queries).toBeGreaterThan(2);
    await admin.query(
      `select pg_terminate_backend(pid, 4000) from pg_stat_activity where application_name = '${application_name}'`,
    );
  }, 60_000);

  it('holds for promises that run past cancelTimeout', async () => {
    begin({});
    await rounds(query);
    expectNoMoreThan(2, await end());
    expect(await running()).toEqual({ queries: 0, backends: 0 });
    expect(pool.stats.closed).toBe(pool.stats.opened);
    expect(pool.stats.opened).toBeGreaterThanOrEqual(5);
  }, 60_000);

  it('holds for promises that the signal ends, whose connections are kept', async () => {
    begin({ cancelTimeout: 5_000 });
    await rounds((client, { signal }) => {
      signal.addEventListener('abort', () => void admin.query('select pg_cancel_backend($1)', [pidOf(client)]));
      return query(client);
    });
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 2, discarded: 0 }));
    expectNoMoreThan(2, await end());
  }, 60_000);

  it('holds for Observables that onCancel cleans, whose connections are kept', async () => {
    begin({ cancelTimeout: 5_000 });
    await rounds((client) => defer(() => from(query(client))));
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 2, discarded: 0 }));
    expectNoMoreThan(2, await end());
  }, 60_000);

  it('holds for Observables whose connections are discarded', async () => {
    begin({ onCancel: 'discard' });
    await rounds((client) => defer(() => from(query(client))));
    expect(pool.stats.discarded).toBe(10);
    expectNoMoreThan(2, await end());
  }, 60_000);

  it('holds for clients that are lost on this side while the server still works', async () => {
    begin({});
    for (let round = 0; round < 4; round++) {
      const used: Client[] = [];
      const failed = [0, 1].map(() =>
        firstValueFrom(
          pool.use((client) => {
            used.push(client);
            return query(client);
          }),
        ).catch((error: unknown) => error),
      );
      while (used.length < 2) await sleep(2);
      await sleep(20);
      for (const client of used) socketOf(client).destroy();
      for (const error of await Promise.all(failed)) expect(error).toBeInstanceOf(Error);
    }
    expectNoMoreThan(2, await end());
    expect(await running()).toEqual({ queries: 0, backends: 0 });
  }, 60_000);

  it('holds for connections that arrive after connectTimeout', async () => {
    let slow = true;
    begin({
      connect: async () => {
        const client = await connect();
        if (slow) await sleep(200);
        return client;
      },
      connectTimeout: 100,
      retryDelay: 5,
      breaker: false,
      max: 2,
    });
    const uses = [1, 2, 3, 4].map(() => firstValueFrom(pool.use((client) => client.query('select 1'))));
    await sleep(900);
    slow = false;
    await Promise.all(uses);
    expect(pool.stats.openFailures).toBeGreaterThanOrEqual(2);
    expectNoMoreThan(2, await end());
    expect(await running()).toEqual({ queries: 0, backends: 0 });
  }, 60_000);

  it('holds through destroy, which ends when the server has stopped', async () => {
    begin({});
    const failed = [0, 1].map(() => firstValueFrom(pool.use(query)).catch((error: unknown) => error));
    while ((await running()).queries < 2) await sleep(2);
    expectNoMoreThan(2, await end());
    expect(await running()).toEqual({ queries: 0, backends: 0 });
    await Promise.all(failed);
  }, 60_000);

  it('continues a batch whose clients were terminated without notice: connections that fail every run are replaced', async () => {
    begin({ lost: () => NEVER, max: 4 });
    await pool.warmUp(4);
    await admin.query(
      `select pg_terminate_backend(pid, 4000) from pg_stat_activity where application_name = '${application_name}'`,
    );
    await sleep(50);
    const { failed, successful } = await lastValueFrom(
      range(400).pipe(
        withConnection(pool, (client) => client.query('select 1')),
        batchParallel(4),
      ),
    );
    expect(successful.length).toBe(400 - failed.length);
    expect(failed.length).toBeLessThanOrEqual(4 * 5);
    const reasons = events.flatMap((event) => (event.type === 'evicted' ? [event.reason] : []));
    expect(reasons).toEqual(['outlier', 'outlier', 'outlier', 'outlier']);
    expect((await end()).backends).toBeLessThanOrEqual(4);
  }, 60_000);
});

/** The counts depend on the number of polls, but must never exceed max. */
function expectNoMoreThan(max: number, { queries, backends }: Running): void {
  // Short queries may all fall between two polls; backends stay.
  expect(backends).toBeGreaterThan(0);
  expect(queries).toBeLessThanOrEqual(max);
  expect(backends).toBeLessThanOrEqual(max);
}

function pidOf(client: Client): number {
  return (client as unknown as { processID: number }).processID;
}

function socketOf(client: Client): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
