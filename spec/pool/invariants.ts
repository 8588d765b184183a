import type { PoolStats } from '../../src';
import type { PoolModel } from './model/pool-model';

/** What is true of every snapshot that anyone can see. Returns what is not. */
export function brokenSums(stats: PoolStats): readonly string[] {
  const { totalConnections, availableConnections, inUseConnections, activeLeases } = stats;
  const places = totalConnections + stats.openingConnections + stats.closingConnections;
  const broken = new Findings();
  broken.when(!Object.isFrozen(stats), 'a snapshot is not frozen');
  broken.when(totalConnections !== availableConnections + inUseConnections, 'total ≠ available + in use');
  broken.when(places > stats.maxConnections, 'total + opening + closing > max');
  broken.when(stats.acquired !== stats.released + stats.discarded + activeLeases, 'acquired ≠ ended + active leases');
  broken.when(activeLeases > stats.leaseCapacity, 'more leases than the pool can lend');
  broken.when(inUseConnections > activeLeases, 'more connections in use than leases');
  broken.when(activeLeases > 0 && inUseConnections === 0, 'leases, but no connection in use');
  broken.when(stats.opened < stats.closed + totalConnections, 'opened < closed + open');
  for (const name of counts) broken.when(!(stats[name] >= 0), () => `${name} is ${stats[name]}`);
  if (broken.sentences.length > 0) broken.when(true, `in the snapshot ${JSON.stringify(stats)}`);
  return broken.sentences;
}

/** What must hold between one snapshot that a subscriber saw and the next one. */
export function brokenOrder(before: PoolStats, after: PoolStats): readonly string[] {
  const broken = new Findings();
  broken.when(after.seq <= before.seq, () => `snapshot ${after.seq} came after ${before.seq}`);
  broken.when(after.at < before.at, () => `time went back from ${before.at} to ${after.at}`);
  for (const name of counters) broken.when(after[name] < before[name], () => `${name} went down to ${after[name]}`);
  return broken.sentences;
}

/**
 * What is true whenever the pool has nothing left to decide: nobody waits for what could be had, everything that had to happen
 * has happened, and the stats say what the model says. `nothingIsDue`: no timer is due at this very instant.
 */
export function brokenAtRest(model: PoolModel, stats: PoolStats, nothingIsDue: boolean): readonly string[] {
  model.letStreamsRest();
  model.adopt(stats);
  model.mayBeDestroyed(stats.state);
  const { line, pending, warmings, connections, callers, connecting, total, options, state } = model;
  const broken = new Findings();
  const past = (since: number | null, ms: number): boolean => since !== null && model.isPast(since + ms, nothingIsDue);
  const inState = (wanted: string): boolean => connections.some((connection) => connection.state === wanted);
  const opening = model.count('opening');

  // Those who wait.
  broken.when(line.length > 0 && model.withRoom.length > 0, 'someone waits while a connection is free');
  for (const { id, since, deadline, phase } of callers) {
    const late = phase === 'waiting' && model.isPast(deadline, nothingIsDue);
    broken.when(late, () => `caller ${id} waits, and its time is up`);
    broken.when(phase === 'resting' && past(since, 1), () => `stream ${id} should be in line again`);
  }
  const most = model.mostPending;
  broken.when(pending.length > most, () => `${pending.length} wait, where ${most} may`);
  const targetIsDead = connecting.breaker === 'open' && opening === 0;
  broken.when(targetIsDead && total === 0 && pending.length > 0, 'someone waits for a dead target');
  broken.when(targetIsDead && warmings.length > 0, 'a warm-up waits for a dead target');
  for (const { id, goal, deadline } of warmings) {
    broken.when(goal <= total, () => `warm-up ${id} has come to its goal, and is not told`);
    broken.when(model.isPast(deadline, nothingIsDue), () => `warm-up ${id} has run out of time, and is not told`);
  }

  // Connections.
  const wanted = state === 'open' && (line.length > 0 || warmings.length > 0);
  const mayBegin = opening === 0 && model.taken < options.max && model.isPast(connecting.mustBeginAt, nothingIsDue);
  broken.when(wanted && mayBegin, 'a connect is wanted, may begin, and has not begun');
  for (const connection of connections) {
    const { id, since } = connection;
    const late =
      (connection.state === 'opening' && past(since, options.connectTimeout)) ||
      (connection.state === 'closing' && past(since, options.closeTimeout));
    broken.when(late, () => `connection ${id} is still ${connection.state}, and its time is up`);
  }
  broken.when(inState('leaving'), 'a connection that nobody will get is not being closed');
  broken.when(inState('closed'), 'a connection whose close is over still lives');

  // Those who hold.
  for (const { id, mustClean, cleaningSince, revoked, left } of callers) {
    broken.when(mustClean, () => `the connection of caller ${id} was to be made clean, and was not`);
    broken.when(past(cleaningSince, options.cancelTimeout), () => `cleaning for caller ${id} goes on for too long`);
    const untold = nothingIsDue && revoked !== null && !left;
    broken.when(untold, () => `the connection of caller ${id} was taken away, and it was not told`);
  }

  // After destroy.
  const waiting = line.length + warmings.length;
  broken.when(state !== 'open' && waiting > 0, 'someone waits after destroy');
  broken.when(state !== 'open' && opening > 0, 'a connect goes on after destroy');

  compareStats(model, stats, broken);
  return broken.sentences;
}

function compareStats(model: PoolModel, stats: PoolStats, broken: Findings): void {
  const { tally, leases, options, total } = model;
  const inUse = new Set(leases.map(({ connection }) => connection)).size;
  const expect = (name: keyof PoolStats, value: unknown): void => {
    broken.when(stats[name] !== value, () => `the stats say ${name} ${stats[name]}, but it is ${String(value)}`);
  };
  expect('state', model.state);
  expect('breaker', model.connecting.breaker);
  expect('maxConnections', options.max);
  expect('totalConnections', total);
  expect('availableConnections', total - inUse);
  expect('inUseConnections', inUse);
  expect('openingConnections', model.count('opening'));
  expect('closingConnections', model.count('leaving', 'closing', 'closed', 'unwanted'));
  expect('leaseCapacity', options.max * options.capacity);
  expect('activeLeases', leases.length);
  expect('pendingAcquires', model.pending.length);
  for (const name of counters) expect(name, tally[name]);

  const { timeouts, rejected } = tally;
  const either = model.eitherTimeoutOrRejected;
  const wrong =
    stats.timeouts + stats.rejected !== timeouts + rejected + either ||
    stats.timeouts < timeouts ||
    stats.rejected < rejected;
  const said = `the stats say timeouts ${stats.timeouts} and rejected ${stats.rejected}`;
  broken.when(wrong, () => `${said}, but it is ${timeouts} and ${rejected}, and ${either} more of either`);
}

/** What only ever grows, `timeouts` and `rejected` apart: which of those a failure is, nobody can always tell from outside. */
const counters = [
  'successfulOperations',
  'failedOperations',
  'cancelledOperations',
  'acquired',
  'released',
  'discarded',
  'opened',
  'closed',
  'openFailures',
] as const;

const counts = [
  ...counters,
  'availableConnections',
  'inUseConnections',
  'openingConnections',
  'closingConnections',
  'activeLeases',
  'pendingAcquires',
  'timeouts',
  'rejected',
] as const;

/** Sentences about what is broken; one that has to be put together is so only when it is needed. */
class Findings {
  readonly sentences: string[] = [];

  when(broken: boolean, sentence: string | (() => string)): void {
    if (broken) this.sentences.push(typeof sentence === 'string' ? sentence : sentence());
  }
}
