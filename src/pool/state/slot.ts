import type { Claim } from './claim';
import type { EvictReason } from '../reports/events';
import { HolderList } from '../collections/holder-list';
import type { Linked } from '../collections/linked-list';

/** A slot goes one way: opening → open → closing → gone. It counts against `max` until it is gone. */
export type SlotState = 'opening' | 'open' | 'closing' | 'gone';

/** What an open connection undergoes while nobody holds it, and nobody can: before it is lent, or after it has come back. */
export type Check = 'validate' | 'reset';

/** The place of one connection in the pool, from the connect to the end of its close. */
export abstract class Slot<C> implements Linked<Slot<C>> {
  /** Neighbours among the slots that have as many leases as this one (see `Room`). */
  ahead: Slot<C> | null = null;
  behind: Slot<C> | null = null;

  state: SlotState = 'opening';
  /** Set once open. */
  connection: C | undefined = undefined;
  /** Who holds a lease on it: one at the most, unless `capacity` is more. */
  readonly holders = new HolderList<Claim<C>>();
  /** Takes no new lease, and is closed when its last one ends. */
  markedForClose = false;
  /** How many connections in a row were closed unused before it, each opened in place of the one before. */
  generation = 0;
  /** Why it is to be closed, once it is, and the error behind that if there is one. */
  evictReason: EvictReason | null = null;
  evictError: unknown = undefined;
  checking: Check | null = null;
  /** Has passed its validation in this very drain. */
  validated = false;
  /** Its lifetime is over, but it is one of those that are kept: it is replaced when somebody wants it. */
  expired = false;
  /** Leases that it has had. */
  uses = 0;
  /** Whether it was ever lent: a life that ends before that is a failed connect. */
  everLent = false;
  /** In which drain it was last lent to a stream, and last given back by anybody. */
  streamedInPass = -1;
  returnedInPass = -1;
  /** In which drain it opened. */
  openedInPass = -1;
  /** By the pool's clock: when its connect or its close began; when it opened, -1 before that; when its lifetime ends, if it does; when it came free. */
  since = 0;
  openedAt = -1;
  expiresAt = Infinity;
  idleSince = 0;
  /** Whether anyone has given it back, and not only lost it. */
  everReturned = false;
  /** Runs of work on it that failed, the last ones in a row (see `Outliers`). */
  failures = 0;
  /** Is to be validated before its next lease, whenever it was used last. */
  mustValidate = false;

  get wasOpen(): boolean {
    return this.openedAt >= 0;
  }

  /** `id`: its number, from 1, in the order in which the connects began. */
  constructor(readonly id: number) {}

  /** Begin the connect. Answered once, by `opened` or `openFailed` of the core; after `opened` perhaps by `lost`. */
  abstract connect(): void;

  /** Begin the check. Answered once, by `checked` of the core, unless `hangUp` comes first. */
  abstract check(kind: Check): void;

  /** Close the connection, or give up the connect. Answered once, by `closed` of the core. */
  abstract close(): void;
}
