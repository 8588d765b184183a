import type { ConnectionPool } from '../../src';
import { internals } from '../../src/pool/rx/internals';
import type { PoolInternals } from '../../src/pool/rx/internals';

/** From now on each pass of the pool's drain loop evaluates the whole decision table. */
export function turnShortcutsOff<C>(pool: ConnectionPool<C>): void {
  (pool as unknown as { readonly [internals]: PoolInternals<C> })[internals].core.useShortcuts = false;
}
