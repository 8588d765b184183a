import { after, before } from '../../examples/migrating/pg-pool';
import { postgresql } from '../helpers/postgres';
import { outcomeOf } from './outcome';

describe('moving over from pg-pool', () => {
  const postgres = postgresql();

  it('does the same', async () => {
    const { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database } = postgres().env;
    const config = { host, port: Number(port), user, database };
    for (const run of [before, after]) {
      expect(outcomeOf(await run([1, 2, 3, 4, 5, 6], config))).toEqual({
        values: [1, 4, 16, 25, 36],
        errors: ['error: division by zero'],
      });
    }
  });
});
