import { from as pull } from 'ix/asynciterable';
import { from, NEVER } from 'rxjs';
import { batchParallel, withConnection } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import * as ix from '../../src/ix/index';
import { internals } from '../../src/pool/rx/internals';
import type { PoolInternals } from '../../src/pool/rx/internals';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';

/** The number of batches that the pool knows of. */
function batchesOf(pool: ConnectionPool<string>): number {
  const { core } = (pool as unknown as { readonly [internals]: PoolInternals<string> })[internals];
  return (core as unknown as { readonly batches: ReadonlySet<unknown> }).batches.size;
}

describe('the demand of a batch', () => {
  const onePool = (): ConnectionPool<string> => createPool({ connect: () => opensAtOnce('a'), max: 1 });

  it('is forgotten by the pool when the batch is unsubscribed', () => {
    const pool = onePool();
    const batch = from([1, 2, 3])
      .pipe(
        withConnection(pool, () => NEVER),
        batchParallel(1),
      )
      .subscribe();
    expect(batchesOf(pool)).toBe(1);
    batch.unsubscribe();
    expect(batchesOf(pool)).toBe(0);
  });

  it('is forgotten by the pool when a pulled batch has ended', async () => {
    const pool = onePool();
    for await (const _ of ix.batchOutcomes(1)(ix.withConnection(pool, () => Promise.resolve(1))(pull([1, 2, 3]))));
    expect(batchesOf(pool)).toBe(0);
  });
});
