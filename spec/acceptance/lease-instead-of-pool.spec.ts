import { concat, NEVER, of } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { retryFailed, withConnection } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import * as ix from '../../src/ix/index';
import { stressTest } from '../../src/stress/index';
import { poolHealth } from '../../src/telemetry/health/index';
import { instrumentPool } from '../../src/telemetry/otel/index';
import { poolMetrics } from '../../src/telemetry/prometheus/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { poolError } from '../helpers/marbles';

const work = () => of(1);

/** Everything that takes a pool. */
const takers: Readonly<Record<string, (pool: ConnectionPool<unknown>) => unknown>> = {
  withConnection: (pool) => withConnection(pool, work),
  retryFailed: (pool) => retryFailed(pool, work),
  'withConnection of ./ix': (pool) => ix.withConnection(pool, work),
  'retryFailed of ./ix': (pool) => ix.retryFailed(pool, work),
  stressTest: (pool) => stressTest(pool, { workers: 1, operations: 1, work }),
  dashboard: (pool) => dashboard(pool),
  poolHealth,
  poolMetrics: (pool) => poolMetrics(pool),
  instrumentPool: (pool) => instrumentPool(pool),
};

describe('A lease in the place of a pool is refused by', () => {
  for (const [name, take] of Object.entries(takers)) {
    it(name, () => {
      let given: unknown;
      createLastingPool({ max: 1, connect: () => concat(of('c'), NEVER) })
        .acquire()
        .subscribe((lease) => (given = lease));
      expect(given).toBeDefined();
      expect(() => take(given as ConnectionPool<unknown>)).toThrow(
        poolError('INVALID_CONFIG', { message: jasmine.stringContaining('must be a pool made by createPool') }),
      );
    });
  }
});
