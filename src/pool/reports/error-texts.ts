import { messageOf } from '../values/describe';
import { ConnectionFailedError, InvalidPoolError, PoolExhaustedError } from '../errors';
import type { PoolNumbers } from '../errors';
import { describeHolder } from './holders';
import { isNoConnectionReturned } from '../values/no-connection-returned';
import type { Holder } from './holders';

/** How the pool is. */
export interface Numbers {
  readonly name: string;
  readonly max: number;
  readonly total: number;
  readonly inUse: number;
  readonly opening: number;
  readonly closing: number;
  /** Of those in use: being asked whether they still work, and being made ready for the next holder. */
  readonly validating: number;
  readonly resetting: number;
  readonly pending: number;
  readonly attempts: number;
  readonly lastFailure: unknown;
  /** What the last failure was a failure of. */
  readonly failedPhase: 'open' | 'validate';
}

/** What a refusal is explained with. */
export interface Diagnosis extends Numbers {
  /** Who holds connections, those who have held them longest first. */
  readonly holders: readonly Holder[];
  /** Leases of cancelled work that has not ended. */
  readonly cancelled: number;
  /** Whether it is refused to somebody who holds a connection of this very pool. */
  readonly isSelfDeadlock: boolean;
}

/** A wait that ends with no connection open at all is about the connection; any other is about the pool's size. */
export function acquireTimedOut(at: Diagnosis, waited: number): PoolExhaustedError | ConnectionFailedError {
  if (at.total === 0) {
    return new ConnectionFailedError(
      at.name,
      at.failedPhase,
      at.attempts,
      `Pool '${at.name}' has no connection open after ${waited} ms: ${whyNoMore(at)}. ${help(at, 1)}`,
      numbersOf(at, waited),
      at.lastFailure,
    );
  }
  return new PoolExhaustedError(
    at.name,
    'timeout',
    `Pool '${at.name}' exhausted: ${inUse(at)}, ${at.pending} waiting, waited ${waited} ms.${because(at)} ` +
      whatHelps(at, 'Raise max or acquireTimeout, make the work shorter, or lower the concurrency.'),
    numbersOf(at, waited),
    at.lastFailure,
  );
}

export function queueFull(at: Diagnosis, maxPending: number): PoolExhaustedError {
  return new PoolExhaustedError(
    at.name,
    'queue-full',
    `Pool '${at.name}' exhausted: ${inUse(at)}, and the waiting line is full (maxPending ${maxPending}).${because(at)} ` +
      whatHelps(at, 'Try again later, raise max or maxPending, or lower the concurrency.'),
    numbersOf(at, 0),
    at.lastFailure,
  );
}

export function overloaded(at: Diagnosis, waited: number): PoolExhaustedError {
  return new PoolExhaustedError(
    at.name,
    'overload',
    `Pool '${at.name}' overloaded: ${inUse(at)}, ${at.pending} waiting, and the line stands still; waited ${waited} ms.${because(at)} ` +
      whatHelps(at, 'Try again later, raise max or overload.target, or send less.'),
    numbersOf(at, waited),
    at.lastFailure,
  );
}

/** A warm-up that has not come to its goal in time. */
export function warmUpTimedOut(at: Diagnosis, goal: number, waited: number): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    at.failedPhase,
    at.attempts,
    `Pool '${at.name}' has ${at.total} of ${goal} connections open after ${waited} ms: ${whyNoMore(at)}. ${help(at, goal)}`,
    numbersOf(at, waited),
    at.lastFailure,
  );
}

export function targetDown(at: Diagnosis): ConnectionFailedError {
  return new ConnectionFailedError(
    at.name,
    at.failedPhase,
    at.attempts,
    `Pool '${at.name}' cannot connect: ${failedSoOften(at)}. ` +
      (isNoConnectionReturned(at.lastFailure)
        ? `Correct connect.`
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
  return new InvalidPoolError(name, `Pool '${name}' has been destroyed and lends nothing any more. Create a new pool.`);
}

export function destroyCalledInWork(name: string): InvalidPoolError {
  return new InvalidPoolError(
    name,
    `Pool '${name}' is being destroyed, by work that holds one of its connections: the end of the pool waits for the end of the work. ` +
      `Do not wait for destroy() inside work; call it when the work has ended.`,
  );
}

export function closedByDestroy(name: string): InvalidPoolError {
  return new InvalidPoolError(
    name,
    `Pool '${name}' was destroyed, and its timeout ended before this lease did: the connection has been closed.`,
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
  'It was asked for inside work that holds a connection of this same pool: with every connection held so, each waits for the other. ' +
  'Use the connection that the work has already, or a second pool.';

/** So many of the holders are named. */
const named = 3;

function held({ holders }: Diagnosis): string {
  if (holders.length === 0) return '';
  const more = holders.length > named ? ' …' : '';
  return ` Longest held ${holders.slice(0, named).map(describeHolder).join(', ')}${more}.`;
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

/** What is the matter: with the connects, if any has failed, and for how long the holders have held. */
function because(at: Diagnosis): string {
  const failed = at.attempts > 0 && at.total < at.max;
  const whichFailed = failedSoOften(at);
  return `${failed ? ` ${whichFailed.charAt(0).toUpperCase()}${whichFailed.slice(1)}.` : ''}${held(at)}`;
}

/** What would get this caller a connection: where something other than leases keeps connections back, a higher `max` would not. */
function whatHelps(at: Diagnosis, otherwise: string): string {
  if (at.isSelfDeadlock) return deadlock;
  const { max, total, cancelled, resetting } = at;
  const wanted = total < max && (at.attempts > 0 || at.opening > 0) ? max : 0;
  const advice = help(at, wanted, cancelled, resetting);
  if (advice === '') return otherwise;
  const leased = at.holders.length - cancelled;
  return leased > 0 ? `${advice} Or make the work shorter, or lower the concurrency.` : advice;
}

const soonLost =
  'the last connections were lost soon after they had been opened, and the pool pauses before the next connect';

/** Why there are not as many connections open as are wanted. */
function whyNoMore(at: Diagnosis): string {
  const { max, opening, closing, validating } = at;
  const reasons = [
    at.attempts > 0 && failedSoOften(at),
    opening === 1 && 'the connect under way has not answered',
    opening > 1 && `${opening} connects under way have not answered`,
    validating > 0 && `${validating} ${validating === 1 ? 'is' : 'are'} being validated`,
    closing > 0 && `${closing} of ${max} places are taken by connections that are still closing`,
  ].filter((reason) => reason !== false);
  return reasons.length > 0 ? reasons.join(', and ') : soonLost;
}

/** What helps each thing that keeps connections back; with `wanted`, that many open connections. */
function help(at: Diagnosis, wanted: number, cancelled = 0, resetting = 0): string {
  const target =
    wanted > 1
      ? `Check that the target is up, and that it takes ${wanted} connections: its own limit, and what other clients have of it.`
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

function failedSoOften({ attempts, lastFailure }: Diagnosis): string {
  return `the last ${attempts === 1 ? 'connect' : `${attempts} connects`} failed (${messageOf(lastFailure)})`;
}
