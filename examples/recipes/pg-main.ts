import { from, lastValueFrom } from 'rxjs';
import { batchParallel, retryFailed, withConnection, type WorkContext } from '../../src/index';
import type { Client } from 'pg';
import { openDatabase } from './pg';

const { pool, run, transaction, close } = openDatabase();

// One query.
const now$ = pool.use((client, context) => run(client, context, (query) => query('select now()')));
console.log((await lastValueFrom(now$)).rows);

// A transaction: both rows, or none.
const transfer$ = pool.use((client, context) =>
  transaction(client, context, async (query) => {
    await query('create temp table account (name text, money int check (money >= 0))');
    await query(`insert into account values ('a', 100), ('b', 0)`);
    await query(`update account set money = money - 30 where name = 'a'`);
    await query(`update account set money = money + 30 where name = 'b'`);
    return (await query('select * from account')).rows;
  }),
);
console.log(await lastValueFrom(transfer$));

// A batch of transactions, eight at a time; those that failed are sent again.
const square = (client: Client, item: number, _index: number, context: WorkContext) =>
  transaction(client, context, async (query) => (await query('select $1::int * $1::int as n', [item])).rows[0].n);

const first = await lastValueFrom(from([1, 2, 3]).pipe(withConnection(pool, square), batchParallel(8)));
const second = await lastValueFrom(from(first.failed).pipe(retryFailed(pool, square), batchParallel(8)));
console.log([...first.successful, ...second.successful]);

await close();
