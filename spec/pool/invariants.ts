import type { PoolStats } from '../../src';
import { counters } from '../../src/stress/counters';
import { brokenOrder as neverInOrder, brokenSums as alwaysBroken } from '../../src/stress/rules/snapshots';
import type { PoolModel } from './model/pool-model';

/**
 * The violations in a snapshot of what holds in every visible one. `checks`: the pool checks its connections, which are in
 * use meanwhile without a lease. `fits`: it was never made smaller.
 */
export function brokenSums(stats: PoolStats, { checks = false, fits = true } = {}): readonly string[] {
  const { inUseConnections, activeLeases } = stats;
  const broken = new Findings(alwaysBroken(stats));
  broken.when(fits && places(stats) > stats.maxConnections, 'total + opening + closing > max');
  broken.when(fits && activeLeases > stats.leaseCapacity, 'more leases than the pool can lend');
  broken.when(!checks && inUseConnections > activeLeases, 'more connections in use than leases');
  if (broken.sentences.length > 0) broken.when(true, `in the snapshot ${JSON.stringify(stats)}`);
  return broken.sentences;
}

const places = (stats: PoolStats): number =>
  stats.totalConnections + stats.openingConnections + stats.closingConnections;

/** What must hold between one snapshot that a subscriber received and the next one, by a clock that is never set back. */
export function brokenOrder(before: PoolStats, after: PoolStats): readonly string[] {
  const broken = new Findings(neverInOrder(before, after));
  broken.when(after.at < before.at, () => `time went back from ${before.at} to ${after.at}`);
  const grew = places(after) > Math.max(after.maxConnections, places(before));
  broken.when(
    grew,
    () => `${places(after)} places are taken after ${places(before)}, and max is ${after.maxConnections}`,
  );
  return broken.sentences;
}

/**
 * What holds whenever the pool has nothing left to decide: no caller waits for an available connection, everything that had to happen
 * has happened, and the stats equal the model. `nothingIsDue`: no timer is due at this very instant.
 */
export function brokenAtRest(model: PoolModel, stats: PoolStats, nothingIsDue: boolean): readonly string[] {
  model.letStreamsRest();
  model.adopt(stats);
  model.mayBeDestroyed(stats.state);
  model.grow(nothingIsDue);
  model.decidesWhoGoes();
  const { line, pending, warmings, connections, callers, connecting, total, options, state } = model;
  const broken = new Findings();
  const opening = model.count('opening');

  // Waiters.
  broken.when(model.mustServe, 'a caller waits while a connection is available');
  for (const { id, since, deadline, phase } of callers) {
    const late = phase === 'waiting' && model.isPast(deadline, nothingIsDue);
    broken.when(late, () => `caller ${id} waits past its timeout`);
    broken.when(
      phase === 'resting' && model.isPast(since + 1, nothingIsDue),
      () => `stream ${id} should be in line again`,
    );
  }
  const most = model.mostPending;
  broken.when(pending.length > most, () => `${pending.length} callers wait, and at most ${most} may`);
  const targetIsDead = connecting.breaker === 'open' && opening === 0;
  broken.when(targetIsDead && total === 0 && pending.length > 0, 'a caller waits for a target that is down');
  broken.when(targetIsDead && warmings.length > 0, 'a warm-up waits for a target that is down');
  for (const { id, goal, deadline } of warmings) {
    broken.when(Math.min(goal, model.max) <= total, () => `warm-up ${id} has reached its goal, and is not resolved`);
    broken.when(model.isPast(deadline, nothingIsDue), () => `warm-up ${id} has timed out, and is not rejected`);
  }

  // Connections.
  const unserved = Math.ceil(line.length / options.capacity) - model.validating;
  const wanted = state === 'open' && (unserved > 0 || warmings.length > 0);
  const mustBeginAt = Math.max(connecting.mustBeginAt, model.mayTrustTurnoverUntil);
  const isProbing = connecting.breaker === 'half-open';
  const mayBegin = opening === 0 && !isProbing && model.taken < model.max && model.isPast(mustBeginAt, nothingIsDue);
  broken.when(wanted && mayBegin, 'a connect is wanted, may begin, and has not begun');
  const keeps = state === 'open' && total + opening < model.kept && opening < options.maxOpening;
  const atOnce = connecting.undisturbed && model.taken < model.max;
  broken.when(keeps && atOnce, 'min is not kept');
  const mayKeep =
    opening === 0 && !isProbing && model.taken < model.max && model.isPast(connecting.mustKeepAt, nothingIsDue);
  broken.when(keeps && mayKeep, 'a connect is wanted for min, may begin, and has not begun');
  for (const { id, idleSince } of model.idle) {
    const surplus = total > model.mayKeepOpenAt(model.now) && nothingIsDue;
    const tooLong = surplus && model.isPast(idleSince + options.idleTimeout, nothingIsDue);
    broken.when(tooLong, () => `connection ${id} has been idle since ${idleSince}, and is still open`);
  }
  const couldGo = opening > 0 || model.idle.length > 0;
  broken.when(model.tooMany && couldGo, 'there are more than max, and a surplus connection is not closed');
  for (const connection of connections) {
    const { id, since } = connection;
    const late =
      (connection.state === 'opening' && model.isPast(since + options.connectTimeout, nothingIsDue)) ||
      (connection.state === 'closing' && model.isPast(since + options.closeTimeout, nothingIsDue));
    const { check, checkSince } = connection;
    const comesBack = connection.state === 'open' && check !== null && checkSince === null;
    broken.when(comesBack, () => `connection ${id} was released, and its reset has not begun`);
    const checkIsLate = check !== null && model.isPast(model.checkDue(connection), nothingIsDue);
    broken.when(checkIsLate, () => `the ${check} of connection ${id} takes too long`);
    broken.when(connection.state === 'abandoned', () => `connect ${id} was to be abandoned, and continues`);
    broken.when(
      connection.state === 'leaving',
      () => `connection ${id} cannot be lent any more, and is not being closed`,
    );
    broken.when(
      connection.state === 'closed',
      () => `the close of connection ${id} has ended, and it is still subscribed`,
    );
    broken.when(late, () => `connection ${id} is still ${connection.state} past its deadline`);
  }

  // Holders.
  for (const { id, mustClean, cleaningSince, revoked, left } of callers) {
    broken.when(mustClean, () => `the connection of caller ${id} was to be cleaned, and was not`);
    const tooLong = cleaningSince !== null && model.isPast(cleaningSince + options.cancelTimeout, nothingIsDue);
    broken.when(tooLong, () => `cleaning for caller ${id} takes too long`);
    const untold = nothingIsDue && revoked !== null && !left;
    broken.when(untold, () => `the lease of caller ${id} was revoked, and it was not notified`);
  }

  // After destroy.
  const waiting = line.length + warmings.length;
  broken.when(state !== 'open' && waiting > 0, 'a caller waits after destroy');
  broken.when(state !== 'open' && opening > 0, 'a connect continues after destroy');

  compareStats(model, stats, broken);
  return broken.sentences;
}

function compareStats(model: PoolModel, stats: PoolStats, broken: Findings): void {
  const { tally, leases, options, total } = model;
  const { inUse } = model;
  broken.unlessShown(stats, 'state', model.state);
  broken.unlessShown(stats, 'breaker', model.connecting.breaker);
  broken.unlessShown(stats, 'maxConnections', model.max);
  broken.unlessShown(stats, 'totalConnections', total);
  broken.unlessShown(stats, 'availableConnections', total - inUse);
  broken.unlessShown(stats, 'inUseConnections', inUse);
  broken.unlessShown(stats, 'openingConnections', model.count('opening'));
  broken.unlessShown(stats, 'closingConnections', model.count('abandoned', 'leaving', 'closing', 'closed', 'unwanted'));
  broken.unlessShown(stats, 'leaseCapacity', model.max * options.capacity);
  broken.unlessShown(stats, 'activeLeases', leases.length);
  broken.unlessShown(stats, 'pendingAcquires', model.pending.length);
  for (const name of told) broken.unlessShown(stats, name, tally[name]);

  const { timeouts, rejected } = tally;
  const either = model.eitherTimeoutOrRejected;
  const wrong =
    stats.timeouts + stats.rejected !== timeouts + rejected + either ||
    stats.timeouts < timeouts ||
    stats.rejected < rejected;
  const said = `the stats say timeouts ${stats.timeouts} and rejected ${stats.rejected}`;
  broken.when(wrong, () => `${said}, but it is ${timeouts} and ${rejected}, and ${either} more of either`);
}

/** Which of these two a failure is cannot always be decided from outside. */
type Either = 'timeouts' | 'rejected';

const told = counters.filter(
  (name): name is Exclude<typeof name, Either> => name !== 'timeouts' && name !== 'rejected',
);

/** Sentences about violations; one that has to be composed is composed only when it is needed. */
class Findings {
  readonly sentences: string[];

  constructor(found: readonly string[] = []) {
    this.sentences = [...found];
  }

  when(broken: boolean, sentence: string | (() => string)): void {
    if (broken) this.sentences.push(typeof sentence === 'string' ? sentence : sentence());
  }

  unlessShown(stats: PoolStats, name: keyof PoolStats, value: unknown): void {
    if (stats[name] === value) return;
    this.sentences.push(`the stats say ${name} ${stats[name]}, but it is ${String(value)}`);
  }
}
