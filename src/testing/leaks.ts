import type { ConnectionPool } from '../pool/connection-pool';
import type { Holder } from '../pool/reports/holders';
import { usersFrames } from './call-site';

/** What `expectNoLeak` reads of a pool. */
export type LeakCheckedPool = Pick<ConnectionPool<unknown>, 'name' | 'stats' | 'holders'>;

/**
 * Throws an `Error` if a lease of the pool is held: it names the label of each holder, for how long it has held the connection, and, for a
 * pool with a finite `leakThreshold`, where it was acquired. `poolTest` calls it at the end for each pool that it has created.
 *
 * ```ts
 * afterEach(() => expectNoLeak(pool));
 * ```
 */
export function expectNoLeak(pool: LeakCheckedPool): void {
  const found = leaksOf(pool);
  if (found !== null) throw new Error(found);
}

/** The text of the failure; null if no lease is held. */
export function leaksOf(pool: LeakCheckedPool, when = ''): string | null {
  const holders = pool.holders();
  const { activeLeases } = pool.stats;
  if (activeLeases === 0) return null;
  const leases = activeLeases === 1 ? '1 lease of pool' : `${activeLeases} leases of pool`;
  return [
    `${leases} '${pool.name}' ${activeLeases === 1 ? 'is' : 'are'} still held${when}:`,
    '',
    ...holders.flatMap((holder) => describeLeak(holder)),
    '',
    'Release a lease however its use ends, for example by finalize(() => lease.release()), or let pool.use() hold it.',
  ].join('\n');
}

function describeLeak({ label, age, connection, stack }: Holder): string[] {
  const [place] = usersFrames(stack);
  const asked = place ?? (stack === undefined ? 'set leakThreshold to see where it was acquired' : undefined);
  return [
    `  connection ${connection}, held for ${age} ms by ${label === undefined ? 'a holder without a label' : `'${label}'`}`,
    ...(asked === undefined ? [] : [`    ${asked}`]),
  ];
}
