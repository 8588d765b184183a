import { messageOf } from '../values/describe';
import { ConnectionFailedError, InvalidPoolError, PoolExhaustedError } from '../errors';
import type { PoolNumbers } from '../errors';
import { describeHolder } from './holders';
import { mistakeOf } from '../values/connector-mistake';
import type { Holder } from './holders';

/** The state of the pool. */
export interface Numbers {
  readonly name: string;
  readonly max: number;
  readonly total: number;
  readonly inUse: number;
  readonly opening: number;
  readonly closing: number;
  /** Parts of `inUse`: connections in validation, and in reset. */
  readonly validating: number;
  readonly resetting: number;
  readonly pending: number;
  readonly attempts: number;
  readonly lastFailure: unknown;
  /** Whether the last failure was a failed connect or a failed validation. */
  readonly failedPhase: 'open' | 'validate';
}

/** What the message of an error explains. */
export interface Diagnosis extends Numbers {
  /** The holders of connections, the longest first. */
  readonly holders: readonly Holder[];
  /** The number of leases that are held by cancelled work. */
  readonly cancelled: number;
  /** Whether the caller holds a connection of this same pool. */
  readonly isSelfDeadlock: boolean;
}

/** With no connection open the cause is the target, otherwise the size of the pool. */
export function acquireTimedOut(at: Diagnosis, waited: number): PoolExhaustedError | ConnectionFailedError {
  if (at.total === 0) {
    return new ConnectionFailedError(
      at.name,
      at.failedPhase,
      at.attempts,
      `Pool '${at.name}' has no connection open after ${waited} ms: ${whyNotOpen(at)}. ${advice(at, 1)}`,
      numbersOf(at, waited),
      at.lastFailure,
    );
  }
  return new PoolExhaustedError(
    at.name,
    'timeout',
    `Pool '${at.name}' exhausted: ${inUse(at)}, ${at.pending} waiting, waited ${waited} ms.${causes(at)} ` +
      adviceOr(at, 'Raise max or acquireTimeout, make the work shorter, or lower the concurrency.'),
    numbersOf(at, waited),
    at.lastFailure,
  );
}

export function queueFull(at: Diagnosis, maxPending: number): PoolExhaustedError {
  return new PoolExhaustedError(
    at.name,
    'queue-full',
    `Pool '${at.name}' exhausted: ${inUse(at)}, and the wait queue is full (maxPending ${maxPending}).${causes(at)} ` +
      adviceOr(at, 'Try again later, raise max or maxPending, or lower the concurrency.'),
    numbersOf(at, 0),
    at.lastFailure,
  );
}

export function overloaded(at: Diagnosis, waited: number): PoolExhaustedError {
  return new PoolExhaustedError(
    at.name,
    'overload',
    `Pool '${at.name}' overloaded: ${inUse(at)}, ${at.pending} waiting, and the wait queue does not become empty; waited ${waited} ms.${causes(at)} ` +
      adviceOr(at, 'Try again later, raise max or overload.target, or send less.'),
    numbersOf(at, waited),
    at.lastFailure,
  );
}

/** A warm-up that has not reached its goal in time. */
export function warmUpTimedOut(at: Diagnosis, goal: number, waited: number): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    at.failedPhase,
    at.attempts,
    `Pool '${at.name}' has ${at.total} of ${goal} connections open after ${waited} ms: ${whyNotOpen(at)}. ${advice(at, goal)}`,
    numbersOf(at, waited),
    at.lastFailure,
  );
}

export function targetDown(at: Diagnosis): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    at.failedPhase,
    at.attempts,
    `Pool '${at.name}' cannot connect: ${failedConnects(at)}. ` +
      (mistakeOf(at.lastFailure) !== null
        ? correctConnect
        : at.failedPhase === 'validate'
          ? `Check that validate is right about new connections, and that the target is up; the pool tries again by itself.`
          : `Check that the target is up; the pool tries again by itself.`),
    numbersOf(at, 0),
    at.lastFailure,
  );
}

export function connectionLost(at: Diagnosis, cause: unknown): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    'use',
    at.attempts,
    `Pool '${at.name}' lost a connection while it was lent${cause === undefined ? '' : `: ${messageOf(cause)}`}. ` +
      `The work on it may or may not have been done; run it again if that is safe.`,
    numbersOf(at, 0),
    cause,
  );
}

export function poolDestroyed(name: string): InvalidPoolError {
  return new InvalidPoolError(
    name,
    `Pool '${name}' has been destroyed and lends no more connections. Create a new pool.`,
  );
}

export function destroyCalledInWork(name: string): InvalidPoolError {
  return new InvalidPoolError(
    name,
    `Pool '${name}' is being destroyed by work that holds one of its connections: destroy() waits for the end of that work. ` +
      `Do not await destroy() inside work; call it after the work has ended.`,
  );
}

export function closedByDestroy(name: string): InvalidPoolError {
  return new InvalidPoolError(
    name,
    `Pool '${name}' was destroyed, and the timeout of destroy() expired before this lease was released: the connection has been closed.`,
  );
}

function numbersOf(at: Diagnosis, waited: number): PoolNumbers {
  return {
    maxConnections: at.max,
    totalConnections: at.total,
    inUseConnections: at.inUse,
    openingConnections: at.opening,
    closingConnections: at.closing,
    pendingAcquires: at.pending,
    validating: at.validating,
    resetting: at.resetting,
    heldByCancelledWork: at.cancelled,
    waited,
  };
}

const deadlock =
  'It was acquired inside work that holds a connection of this same pool: when such work holds every connection, each waits for the other. ' +
  'Use the connection that the work already holds, or a second pool.';

/** The maximum number of holders that a message names. */
const maxNamed = 3;

function longestHolders({ holders }: Diagnosis): string {
  if (holders.length === 0) return '';
  const more = holders.length > maxNamed ? ' …' : '';
  return ` Longest held ${holders.slice(0, maxNamed).map(describeHolder).join(', ')}${more}.`;
}

function inUse({ total, inUse: used, max, opening, closing, validating, resetting, cancelled }: Diagnosis): string {
  const parts = [
    total < max && `${total} open`,
    opening > 0 && `${opening} opening`,
    closing > 0 && `${closing} closing`,
    validating > 0 && `${validating} being validated`,
    resetting > 0 && `${resetting} being reset`,
    cancelled > 0 && `${cancelled} held by cancelled work`,
  ].filter((part) => part !== false);
  return `${used}/${max} connections in use${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`;
}

/** The failed connects, if there are any, and the longest holders. */
function causes(at: Diagnosis): string {
  const failed = at.attempts > 0 && at.total < at.max;
  const whichFailed = failedConnects(at);
  return `${failed ? ` ${whichFailed.charAt(0).toUpperCase()}${whichFailed.slice(1)}.` : ''}${longestHolders(at)}`;
}

/** What would give this caller a connection: a higher `max` does not help where something other than leases occupies the slots. */
function adviceOr(at: Diagnosis, otherwise: string): string {
  if (at.isSelfDeadlock) return deadlock;
  const { max, total, cancelled, resetting } = at;
  const wanted = total < max && (at.attempts > 0 || at.opening > 0) ? max : 0;
  const text = advice(at, wanted, cancelled, resetting);
  if (text === '') return otherwise;
  const leased = at.holders.length - cancelled;
  return leased > 0 ? `${text} Or make the work shorter, or lower the concurrency.` : text;
}

const lostEarly =
  'the last connections were lost soon after they had been opened, and the pool pauses before the next connect';

/** Why fewer connections are open than are wanted. */
function whyNotOpen(at: Diagnosis): string {
  const { max, opening, closing, validating } = at;
  const reasons = [
    at.attempts > 0 && failedConnects(at),
    opening === 1 && 'the connect in progress has not answered',
    opening > 1 && `${opening} connects in progress have not answered`,
    validating > 0 && `${validating} ${validating === 1 ? 'is' : 'are'} being validated`,
    closing > 0 && `${closing} of ${max} slots are occupied by connections that are still closing`,
  ].filter((reason) => reason !== false);
  return reasons.length > 0 ? reasons.join(', and ') : lostEarly;
}

const correctConnect = 'Correct connect.';

/** The advice for each thing that delays connections; `wanted` is the number of open connections that are needed. */
function advice(at: Diagnosis, wanted: number, cancelled = 0, resetting = 0): string {
  const target =
    mistakeOf(at.lastFailure) !== null
      ? correctConnect
      : wanted > 1
        ? `Check that the target is up, and that it accepts ${wanted} connections: check its limit, and how many of them other clients use.`
        : 'Check that the target is up and can be reached.';
  const sentences = [
    wanted > 0 && (at.attempts + at.opening > 0 || at.validating + at.closing === 0) && target,
    wanted > 0 &&
      at.attempts > 0 &&
      at.failedPhase === 'validate' &&
      'Check that validate is right about new connections.',
    at.validating > 0 && 'Make validate answer sooner, or lower connectTimeout, which bounds it.',
    resetting > 0 && 'Make reset end sooner, or lower cancelTimeout, which bounds it.',
    cancelled > 0 && 'Make cancelled work (its signal, onCancel) end sooner, or lower cancelTimeout, which bounds it.',
    at.closing > 0 && 'Make close end sooner, or lower closeTimeout, which bounds it.',
  ].filter((sentence) => sentence !== false);
  return sentences.join(' ');
}

function failedConnects({ attempts, lastFailure }: Diagnosis): string {
  return `the last ${attempts === 1 ? 'connect' : `${attempts} connects`} failed (${messageOf(lastFailure)})`;
}
