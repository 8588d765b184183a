import type { Claim, Slot, Subject } from '../state/claim-and-slot';
import type { PoolEvent } from './events';

/** Follows acquires and connects from begin to end. Called while the pool takes no decision; what it throws is reported. */
export interface Tracer {
  /** An acquire begins. Called in the async context of its caller, like `acquireWaits`. Acquires of streams are not traced. */
  acquireBegins(claim: Claim<unknown>): void;
  /** The acquire was not served at once: its caller waits. */
  acquireWaits(claim: Claim<unknown>): void;
  /** A connect begins. Calls `connect`, in the context in which the connector is to run. */
  connectBegins(slot: Slot<unknown>, connect: () => void): void;
  /** A connect was abandoned: no event tells its end. */
  connectAbandoned(slot: Slot<unknown>): void;
  /** Something has happened. The first event about a claim or a slot is the end of its acquire or connect. */
  happened(event: PoolEvent, subject: Subject | null): void;
}

/** A tracer whose subscribers come and go without notice: it is asked before anything is created for them. */
export interface Channels extends Tracer {
  /** Whether the begin of an acquire has subscribers, or the end of one that is served at once. */
  readonly tracesAcquires: boolean;
  /** The same for the end of other acquires. */
  readonly tracesWaits: boolean;
  readonly tracesConnects: boolean;
  /** Whether the end of a traced acquire or connect is still to come. */
  readonly isTracing: boolean;
  traces(subject: Subject): boolean;
  publishes(type: PoolEvent['type']): boolean;
  /** The same for `released`: a field, because it is read in every lease. */
  readonly publishesReleases: boolean;
}
