import type { Claim } from './claim';
import type { EvictReason } from '../reports/events';
import { HolderList } from '../collections/holder-list';
import type { Linked } from '../collections/linked-list';

/** A slot moves in one direction: opening → open → closing → gone. It counts against `max` until it is gone. */
export type SlotState = 'opening' | 'open' | 'closing' | 'gone';

/** A check of an open connection, during which it cannot be lent: `validate` before a lease, `reset` after one. */
export type Check = 'validate' | 'reset';

/** The place of one connection in the pool, from the connect to the end of its close. */
export abstract class Slot<C> implements Linked<Slot<C>> {
  /** Neighbours among the slots of equal load (see `AvailableSlots`). */
  ahead: Slot<C> | null = null;
  behind: Slot<C> | null = null;

  state: SlotState = 'opening';
  /** Set once it is open. */
  connection: C | undefined = undefined;
  /** Its holders: at most `capacity`. */
  readonly holders = new HolderList<Claim<C>>();
  /** It takes no new lease, and is closed when its last one ends. */
  markedForClose = false;
  /** The number of connections in a row that were closed unused before it, each the replacement of the previous one. */
  generation = 0;
  /** Why it is closed, once it is marked for close, and the error that caused it, if there is one. */
  evictReason: EvictReason | null = null;
  evictError: unknown = undefined;
  checking: Check | null = null;
  /** Whether it has passed its validation in this pass of the drain loop. */
  validated = false;
  /** Its lifetime is over, but `min` or a warm-up requires it: it is replaced when a caller needs it. */
  expired = false;
  /** The number of its leases so far. */
  uses = 0;
  /** Whether it was ever lent: a connection that is lost before that counts as a failed connect. */
  everLent = false;
  /** The pass of the drain loop in which it was last lent to a stream, and in which it was last released. */
  streamedInPass = -1;
  returnedInPass = -1;
  /** The pass of the drain loop in which it opened. */
  openedInPass = -1;
  /** By the pool's clock: when its connect or its close began; when it opened, -1 before that; when its lifetime ends, if it does; when it came free. */
  since = 0;
  openedAt = -1;
  expiresAt = Infinity;
  idleSince = 0;
  /** Whether it was ever released, and not only lost. */
  everReturned = false;
  /** The number of failed runs of work in a row (see `Outliers`). */
  failures = 0;
  /** Whether it must be validated before its next lease, however short its idle time is. */
  mustValidate = false;

  get wasOpen(): boolean {
    return this.openedAt >= 0;
  }

  /** `id`: its number, from 1, in the order in which the connects began. */
  constructor(readonly id: number) {}

  /** Begins the connect. Reports once, by `opened` or `openFailed` of the core; after `opened` perhaps by `lost`. */
  abstract connect(): void;

  /** Begins the check. Reports once, by `checked` of the core, unless `close` is called first. */
  abstract check(kind: Check): void;

  /** Closes the connection, or abandons the connect. Reports once, by `closed` of the core. */
  abstract close(): void;
}
