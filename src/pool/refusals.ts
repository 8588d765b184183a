import { said } from './describe';
import { ConnectionFailedError, InvalidPoolError, PoolExhaustedError } from './errors';
import { told } from './holders';
import type { Holder } from './holders';

/** How the pool is. */
export interface Numbers {
  readonly name: string;
  readonly max: number;
  readonly total: number;
  readonly inUse: number;
  readonly opening: number;
  readonly closing: number;
  readonly pending: number;
  readonly attempts: number;
  readonly lastFailure: unknown;
  /** What the last failure was a failure of. */
  readonly failedPhase: 'open' | 'validate';
}

/** What a refusal is explained with. */
export interface Situation extends Numbers {
  /** Who holds connections, those who have held them longest first. */
  readonly holders: readonly Holder[];
  /** Whether it is refused to somebody who holds a connection of this very pool. */
  readonly waitsForItself: boolean;
}

/** A wait that ends with no connection open at all is about the connection; any other is about the pool's size. */
export function waitedTooLong(at: Situation, waited: number): PoolExhaustedError | ConnectionFailedError {
  if (at.total === 0) {
    return new ConnectionFailedError(
      at.name,
      at.failedPhase,
      at.attempts,
      `Pool '${at.name}' has no connection open after ${waited} ms: ${whyNone(at)}.`,
      at.lastFailure,
    );
  }
  return new PoolExhaustedError(
    at.name,
    'timeout',
    `Pool '${at.name}' exhausted: ${inUse(at)}, ${at.pending} waiting, waited ${waited} ms.${held(at)} ` +
      (at.waitsForItself ? deadlock : `Raise max or acquireTimeout, make the work shorter, or lower the concurrency.`),
    at.lastFailure,
  );
}

export function lineIsFull(at: Situation, maxPending: number): PoolExhaustedError {
  return new PoolExhaustedError(
    at.name,
    'queue-full',
    `Pool '${at.name}' exhausted: ${inUse(at)}, and the waiting line is full (maxPending ${maxPending}).${held(at)} ` +
      (at.waitsForItself ? deadlock : `Try again later, raise max or maxPending, or lower the concurrency.`),
    at.lastFailure,
  );
}

export function lineIsTooSlow(at: Situation, waited: number): PoolExhaustedError {
  return new PoolExhaustedError(
    at.name,
    'overload',
    `Pool '${at.name}' overloaded: ${inUse(at)}, ${at.pending} waiting, and the line stands still; waited ${waited} ms.${held(at)} ` +
      (at.waitsForItself ? deadlock : `Try again later, raise max or overload.target, or send less.`),
    at.lastFailure,
  );
}

/** A warm-up that has not come to its goal in time. */
export function notWarm(at: Situation, goal: number, waited: number): ConnectionFailedError {
  const why = at.attempts > 0 ? failedSoOften(at) : 'the connects under way have not answered';
  return new ConnectionFailedError(
    at.name,
    at.failedPhase,
    at.attempts,
    `Pool '${at.name}' has ${at.total} of ${goal} connections open after ${waited} ms: ${why}. Check that the target is up and takes so many.`,
    at.lastFailure,
  );
}

export function targetIsDead(at: Situation): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    at.failedPhase,
    at.attempts,
    `Pool '${at.name}' cannot connect: ${failedSoOften(at)}. ` +
      (at.failedPhase === 'validate'
        ? `Check that validate is right about new connections, and that the target is up; the pool tries again by itself.`
        : `Check that the target is up; the pool tries again by itself.`),
    at.lastFailure,
  );
}

export function connectionLost(at: Situation, cause: unknown): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    'use',
    at.attempts,
    `Pool '${at.name}' lost a connection while it was lent${cause === undefined ? '' : `: ${said(cause)}`}. ` +
      `The work on it may or may not have been done; run it again if that is safe.`,
    cause,
  );
}

export function poolIsDestroyed(name: string): InvalidPoolError {
  return new InvalidPoolError(name, `Pool '${name}' has been destroyed and lends nothing any more. Create a new pool.`);
}

export function closedByDestroy(name: string): InvalidPoolError {
  return new InvalidPoolError(
    name,
    `Pool '${name}' was destroyed, and its timeout ended before this lease did: the connection has been closed.`,
  );
}

function whyNone(at: Situation): string {
  if (at.attempts > 0) return `${failedSoOften(at)}. Check that the target is up and can be reached`;
  if (at.opening > 0) return 'the connect under way has not answered. Check that the target is up and can be reached';
  return `${at.closing} of ${at.max} places are taken by connections that are still closing. Make close end, or lower closeTimeout`;
}

const deadlock =
  'It was asked for inside work that holds a connection of this same pool: with every connection held so, each waits for the other. ' +
  'Use the connection that the work has already, or a second pool.';

/** So many of the holders are named. */
const named = 3;

function held({ holders }: Situation): string {
  if (holders.length === 0) return '';
  const more = holders.length > named ? ' …' : '';
  return ` Longest held ${holders.slice(0, named).map(told).join(', ')}${more}.`;
}

function inUse({ total, inUse: used, max }: Situation): string {
  return `${used}/${max} connections in use${total < max ? ` (${total} open)` : ''}`;
}

function failedSoOften({ attempts, lastFailure }: Situation): string {
  return `the last ${attempts === 1 ? 'connect' : `${attempts} connects`} failed (${said(lastFailure)})`;
}
