import type { Claim } from './claim';
import type { Linked } from './linked-list';
import { LinkedList } from './linked-list';

/** A slot goes one way: opening → open → closing → gone. It counts against `max` until it is gone. */
export type SlotState = 'opening' | 'open' | 'closing' | 'gone';

/** The place of one connection in the pool, from the connect to the end of its close. */
export abstract class Slot<C> implements Linked<Slot<C>> {
  /** Neighbours among the slots that have as many leases as this one (see `Room`). */
  ahead: Slot<C> | null = null;
  behind: Slot<C> | null = null;

  state: SlotState = 'opening';
  /** Set once open. */
  connection: C | undefined = undefined;
  wasOpen = false;
  /** Who holds a lease on it: one at the most, unless `capacity` is more. */
  readonly holders = new LinkedList<Claim<C>>();
  /** Takes no new lease, and is closed when its last one ends. */
  condemned = false;
  /** Whether it was ever lent: a life that ends before that is a failed connect. */
  proven = false;
  /** In which drain it was last lent to a stream, and last given back by anybody. */
  streamedIn = -1;
  returnedIn = -1;
  /** In which drain it opened. */
  openedIn = -1;
  /** When it opened, by the pool's clock. */
  openedAt = 0;
  /** Whether anyone has given it back, and not only lost it. */
  provenByUse = false;

  /** Begin the connect. Answered once, by `opened` or `openFailed` of the core; after `opened` perhaps by `lost`. */
  abstract dial(): void;

  /** Close the connection, or give up the connect. Answered once, by `closed` of the core. */
  abstract hangUp(): void;
}
