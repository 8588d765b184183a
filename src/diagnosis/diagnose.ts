import type { Holder } from '../pool/reports/holders';
import { evictionAdvice } from './evictions';
import type { Diagnosis, PoolFacts } from './facts';
import { Findings } from './findings';
import type { Rule } from './findings';
import { abandonedLeases, leak } from './leaks';
import { callersWait, count, percent, quoted, rate, short, time } from './words';

/**
 * Says in a sentence how a pool is, and what to do: the rule behind the dashboard's first line. A pure function: the same facts give the
 * same answer. The first rule that applies answers; `'healthy'` is what is left.
 *
 * ```ts
 * const { condition, severity, sentence, advice } = diagnose({ stats: pool.stats, holders: pool.holders() });
 * if (severity === 'critical') page(`${sentence} ${advice}`);
 * ```
 */
export function diagnose(facts: PoolFacts): Diagnosis {
  const at = new Findings(facts);
  for (const rule of rules) {
    const diagnosis = rule(at);
    if (diagnosis !== null) return diagnosis;
  }
  const { stats } = facts;
  return {
    condition: 'healthy',
    severity: 'ok',
    sentence: `Healthy: ${at.lent}, ${callersWait(stats.pendingAcquires)}.`,
    advice: '',
  };
}

const ended: Rule = ({ facts: { stats }, holders }) => {
  if (stats.state === 'open') return null;
  if (stats.state === 'destroyed') {
    const sentence = 'Destroyed: every connection is closed, and nothing is lent any more.';
    return { condition: 'destroyed', severity: 'notice', sentence, advice: 'Create a new pool to go on.' };
  }
  const held = stats.activeLeases === 0 ? 'no lease is held' : `${count(stats.activeLeases, 'lease')} still held`;
  return {
    condition: 'draining',
    severity: 'notice',
    sentence: `Draining: ${held}, ${count(stats.closingConnections, 'connection')} closing${longest(holders)}.`,
    advice:
      stats.activeLeases === 0
        ? ''
        : 'Wait until every lease is released: at its timeout, destroy() closes the connections of those that are not.',
  };
};

const deadTarget: Rule = ({ facts: { stats, failure }, moved }) => {
  const attempts = failure?.attempts ?? 0;
  const isDown = stats.breaker !== 'closed' || (stats.totalConnections === 0 && attempts > 0);
  const failsOnly = attempts >= 3 && moved('opened') === 0;
  if (!isDown && !failsOnly) return null;
  const cause = failure?.cause ?? '';
  const reach = /refused/i.test(cause)
    ? 'The target refuses connections'
    : /timed? ?out|did not answer|no answer/i.test(cause)
      ? 'The target does not answer'
      : failure?.phase === 'validate'
        ? 'New connections fail their validation'
        : 'The pool cannot connect to its target';
  const parts = [
    stats.breaker === 'half-open' ? 'a probe is under way' : stats.breaker === 'open' && 'breaker open',
    attempts > 0 && `${count(attempts, 'connect')} failed in a row`,
    stats.breaker !== 'half-open' && failure?.nextConnectIn !== undefined && nextTry(failure.nextConnectIn),
    cause !== '' && `last cause ${short(cause)}`,
    stats.totalConnections > 0 && `${count(stats.totalConnections, 'connection')} still open`,
    stats.pendingAcquires > 0 && callersWait(stats.pendingAcquires),
  ].filter((part) => part !== false);
  return {
    condition: 'dead-target',
    severity: 'critical',
    sentence: `${reach}: ${parts.join(', ')}.`,
    advice:
      failure?.phase === 'validate'
        ? 'Check that validate is right about new connections, and that the target is up; the pool tries again by itself.'
        : 'Check that the target is up and can be reached; the pool tries again by itself.',
  };
};

const nextTry = (ms: number): string => (ms > 0 ? `next probe in ${time(ms)}` : 'next probe when a caller waits');

const overload: Rule = (at) => {
  const rejectedPerSecond = at.perSecond('rejected');
  const { stats } = at.facts;
  if (rejectedPerSecond === 0 || stats.breaker !== 'closed') return null;
  return {
    condition: 'overload',
    severity: 'critical',
    sentence:
      `Overloaded: ${rate(rejectedPerSecond)} callers a second are rejected; ${at.lent}, ${callersWait(stats.pendingAcquires)}` +
      `${oldest(at.facts.oldestWait)}${longest(at.holders)}.`,
    advice: `Send less, or raise max${at.wanted}; a longer queue (maxPending) only makes callers wait longer.`,
  };
};

const slowChecks: Rule = (at) => {
  const { validating = 0, resetting = 0, stats } = at.facts;
  const checks = validating + resetting;
  if (stats.pendingAcquires === 0 || checks === 0 || checks * 2 < stats.totalConnections) return null;
  const parts = [validating > 0 && `${validating} being validated`, resetting > 0 && `${resetting} being reset`].filter(
    (part) => part !== false,
  );
  const advice = [
    validating > 0 && 'Make validate answer sooner, or lower connectTimeout, which bounds it.',
    resetting > 0 && 'Make reset end sooner, or lower cancelTimeout, which bounds it.',
  ].filter((part) => part !== false);
  return {
    condition: 'slow-checks',
    severity: 'warning',
    sentence: `Connections are kept back by checks: ${parts.join(', ')} of ${stats.totalConnections}, ${callersWait(stats.pendingAcquires)}.`,
    advice: advice.join(' '),
  };
};

const slowConnects: Rule = (at) => {
  const { stats, timings } = at.facts;
  const { openingConnections: opening, totalConnections: total, maxConnections: max } = stats;
  if (stats.pendingAcquires === 0 || opening === 0 || total >= max) return null;
  const takes = timings === undefined || timings.open.count === 0 ? at.facts.oldestWait : timings.open.p50;
  if (takes === undefined || takes < slowConnect) return null;
  return {
    condition: 'slow-connects',
    severity: takes >= 10 * slowConnect ? 'critical' : 'warning',
    sentence:
      `Callers wait for connects: ${opening} opening, ` +
      `${timings?.open.count ? `one takes ${time(takes)}` : `not one has answered for ${time(takes)}`}; ` +
      `${total} of ${max} open, ${callersWait(stats.pendingAcquires)}${oldest(at.facts.oldestWait)}.`,
    advice:
      'Open connections before they are needed (min, warmUp()), and find out why the target takes so long to accept one.',
  };
};

/** In ms: a connect that takes longer is slow. */
const slowConnect = 500;

const slowWork: Rule = (at) => {
  const { usualUse = 0, timings, stats } = at.facts;
  const mean = timings?.use.mean ?? 0;
  const isSlow = usualUse > 0 && mean >= 3 * usualUse && mean - usualUse >= 5 && (timings?.use.count ?? 0) >= 5;
  if (!isSlow || !at.isShort) return null;
  return {
    condition: 'slow-work',
    severity: at.isFailing ? 'critical' : 'warning',
    sentence:
      `Work is slow: leases are held for ${time(mean)} on average, usually ${time(usualUse)}; ` +
      `${at.lent}, ${callersWait(stats.pendingAcquires)}${oldest(at.facts.oldestWait)}${longest(at.holders)}.`,
    advice: 'Find out why the target takes longer: more connections would only send it more work at the same time.',
  };
};

const tooSmall: Rule = (at) => {
  if (!at.isShort) return null;
  const { stats, saturatedFor = 0, oldestWait } = at.facts;
  const p99 = at.facts.timings?.wait.p99 ?? 0;
  const timeouts = at.moved('timeouts');
  const parts = [
    at.lent,
    callersWait(stats.pendingAcquires).replace(/ callers? /, ' ') + oldest(oldestWait),
    p99 >= 1 && `p99 wait ${time(p99)}`,
    timeouts > 0 && `${timeouts} timed out in ${time(at.window)}`,
  ].filter((part) => part !== false);
  return {
    condition: 'too-small',
    severity: at.isFailing ? 'critical' : 'warning',
    sentence: `Saturated${saturatedFor > 0 ? ` for ${time(saturatedFor)}` : ''}: ${parts.join(', ')}${longest(at.holders)}.`,
    advice: `Raise max${at.wanted}, make the work shorter, or lower the concurrency.`,
  };
};

const reconnecting: Rule = (at) => {
  const opened = at.moved('opened');
  const acquired = at.moved('acquired');
  const { stats } = at.facts;
  // A pool that grows opens connections too: only those beyond what it has now were replaced.
  const replaced = Math.min(opened, at.moved('closed'));
  if (replaced < 5 || replaced * 5 < acquired) return null;
  return {
    condition: 'reconnecting',
    severity: 'warning',
    sentence:
      `Connections do not last: ${opened} opened in ${time(at.window)} for ${count(acquired, 'lease')}, ` +
      `${stats.totalConnections} of ${stats.maxConnections} open${at.evictions}.`,
    advice: evictionAdvice(at.facts.evicted ?? {}),
  };
};

const failingWork: Rule = (at) => {
  const failed = at.moved('failedOperations');
  const all = failed + at.moved('successfulOperations');
  if (failed < 10 || failed * 2 < all) return null;
  return {
    condition: 'failing-work',
    severity: 'warning',
    sentence: `Work fails: ${percent(failed / all)} of ${all} operations in ${time(at.window)}; ${at.lent}, ${callersWait(at.facts.stats.pendingAcquires)}.`,
    advice: 'Look at the errors of the work itself: connections are there.',
  };
};

/** The first that applies answers. What keeps every caller from work comes before what slows callers down. */
const rules: readonly Rule[] = [
  ended,
  deadTarget,
  leak,
  overload,
  slowChecks,
  slowConnects,
  slowWork,
  tooSmall,
  abandonedLeases,
  reconnecting,
  failingWork,
];

const oldest = (ms: number | undefined): string => (ms === undefined || ms <= 0 ? '' : `, the oldest ${time(ms)}`);

function longest([first]: readonly Holder[]): string {
  if (first === undefined || first.age < 1) return '';
  return `; held longest ${first.label === undefined ? '' : `by ${quoted(first.label)}, `}${time(first.age)}`;
}
