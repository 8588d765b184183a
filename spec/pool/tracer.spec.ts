import { of } from 'rxjs';
import type { ConnectionPool, Lease } from '../../src/index';
import { internals } from '../../src/pool/rx/internals';
import type { PoolInternals } from '../../src/pool/rx/internals';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';

/** A pool of one connection, and what its tracer is told. */
function traced(): { pool: ConnectionPool<string>; told: string[] } {
  const told: string[] = [];
  const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
  (pool as unknown as { readonly [internals]: PoolInternals<string> })[internals].core.addTracer({
    acquireBegins: () => told.push('begins'),
    acquireWaits: () => told.push('waits'),
    connectBegins: (_, connect) => {
      connect();
    },
    connectAbandoned: () => undefined,
    happened: ({ type }) => told.push(type),
  });
  return { pool, told };
}

describe('a tracer of a pool', () => {
  it('is told of no wait of a caller for which a connection opens at once', () => {
    const { pool, told } = traced();
    pool.use(() => of(1)).subscribe();
    expect(told).toEqual(['begins', 'opened', 'acquired', 'released']);
  });

  it('is told that a caller waits, and of no wait of a stream', () => {
    const { pool, told } = traced();
    const leases: Lease<string>[] = [];
    pool.acquire().subscribe((lease) => leases.push(lease));
    told.length = 0;
    const stream = pool.subscribe();
    expect(told).toEqual([]);
    pool.use(() => of(1)).subscribe();
    expect(told).toEqual(['begins', 'waits']);
    stream.unsubscribe();
    leases[0]!.release();
    expect(told).toEqual(['begins', 'waits', 'released', 'acquired', 'released']);
  });
});
