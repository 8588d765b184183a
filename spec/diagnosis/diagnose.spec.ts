import { diagnose } from '../../src/diagnosis/index';
import type { Diagnosis, PoolFacts } from '../../src/diagnosis/index';
import { histogramOf, statsOf } from './facts';

const since = statsOf({ at: 30_000, opened: 0 });
const none = histogramOf();
const full = { activeLeases: 10, inUseConnections: 10, availableConnections: 0 };
const short = { ...full, pendingAcquires: 12 };
const quick = { wait: none, use: histogramOf([12, 1_000]), open: none };
const report = { label: 'nightly report', age: 41_000, connection: 3 };

interface Case extends Diagnosis {
  readonly title: string;
  readonly facts: PoolFacts;
}

const cases: readonly Case[] = [
  {
    title: 'a pool that lends and has more',
    facts: { stats: statsOf({ activeLeases: 6 }) },
    condition: 'healthy',
    severity: 'ok',
    sentence: 'Healthy: 6 of 10 lent, no caller waits.',
    advice: '',
  },
  {
    title: 'a caller that waits while a connection is free, for a moment',
    facts: { stats: statsOf({ activeLeases: 9, pendingAcquires: 1 }) },
    condition: 'healthy',
    severity: 'ok',
    sentence: 'Healthy: 9 of 10 lent, 1 caller waits.',
    advice: '',
  },
  {
    title: 'every lease lent, and callers that wait',
    facts: {
      stats: statsOf({ ...short, acquired: 600 }),
      since,
      saturatedFor: 40_000,
      oldestWait: 1_200,
      holders: [{ ...report, age: 410 }],
      timings: { wait: histogramOf([410, 100]), use: histogramOf([400, 600]), open: none },
    },
    condition: 'too-small',
    severity: 'warning',
    sentence:
      "Saturated for 40 s: 10 of 10 lent, 12 wait, the oldest 1.2 s, p99 wait 410 ms; held longest by 'nightly report', 410 ms.",
    advice: 'Raise max, make the work shorter, or lower the concurrency.',
  },
  {
    title: 'the same, with callers that time out: arrivals say how many connections it takes',
    facts: {
      stats: statsOf({ ...short, acquired: 750, timeouts: 150 }),
      since,
      timings: { wait: none, use: histogramOf([400, 600]), open: none },
    },
    condition: 'too-small',
    severity: 'critical',
    sentence: 'Saturated: 10 of 10 lent, 12 wait, 150 timed out in 30 s.',
    advice: 'Raise max to about 15, make the work shorter, or lower the concurrency.',
  },
  {
    title: 'the same, of a single look at a pool',
    facts: { stats: statsOf({ ...full, pendingAcquires: 1 }), holders: [{ age: 41_000, connection: 3 }] },
    condition: 'too-small',
    severity: 'warning',
    sentence: 'Saturated: 10 of 10 lent, 1 waits; held longest 41 s.',
    advice: 'Raise max, make the work shorter, or lower the concurrency.',
  },
  {
    title: 'a lease that is held for much longer than any other',
    facts: { stats: statsOf({ activeLeases: 4 }), since, timings: quick, holders: [report, { age: 9, connection: 1 }] },
    condition: 'leak',
    severity: 'warning',
    sentence:
      "1 lease looks leaked: held for 41 s by 'nightly report', where others are held 12 ms at the 99th percentile (connection 3); 4 of 10 lent, no caller waits.",
    advice:
      "Find where 'nightly report' does not release its lease; with leakThreshold the pool tells where it was acquired. " +
      'A connection comes back when its lease is released or discarded; a larger max only delays the end.',
  },
  {
    title: 'leases that the pool reported, with their stack, and callers that wait for them',
    facts: {
      stats: statsOf(short),
      leaked: [7, 3],
      holders: [
        {
          ...report,
          stack:
            'Error: acquired here\n    at Pool.acquire (/app/node_modules/rxjs/x.js:1:1)\n    at report (/app/report.ts:12:5)',
        },
        { age: 40_000, connection: 7 },
        { age: 5, connection: 1 },
      ],
    },
    condition: 'leak',
    severity: 'critical',
    sentence:
      "2 leases look leaked: held for 41 s by 'nightly report' and 1 other label (connections 3, 7); 10 of 10 lent, 12 callers wait.",
    advice:
      'Release the lease that was acquired at report (/app/report.ts:12:5). ' +
      'A connection comes back when its lease is released or discarded; a larger max only delays the end.',
  },
  {
    title: 'a lease that the garbage collector has ended, of a single look at a pool',
    facts: { stats: statsOf(), abandoned: { count: 1, last: [{ ...report, age: 12_000 }] } },
    condition: 'leak',
    severity: 'warning',
    sentence:
      "1 lease was never released; the garbage collector found it: held for 12 s by 'nightly report'; 0 of 10 lent, no caller waits.",
    advice:
      "Find where 'nightly report' does not release its lease; with leakThreshold the pool tells where it was acquired. " +
      'Release in a finally, or use pool.use: a lost lease keeps its connection until the garbage collector runs, and the pool then has to close it.',
  },
  {
    title: 'leases that the garbage collector has ended, which are why connections are replaced',
    facts: {
      stats: statsOf({ opened: 30, closed: 20, discarded: 20, acquired: 40 }),
      since,
      evicted: { discarded: 20 },
      abandoned: {
        count: 20,
        last: [
          report,
          { age: 900, connection: 8 },
          { ...report, age: 700, stack: 'Error: acquired here\n    at report (/app/report.ts:12:5)' },
        ],
      },
    },
    condition: 'leak',
    severity: 'warning',
    sentence:
      '20 leases were never released; the garbage collector found them in the last 30 s: the newest held for 700 ms by ' +
      "'nightly report' and 1 other label; 0 of 10 lent, no caller waits.",
    advice:
      'Release the lease that was acquired at report (/app/report.ts:12:5). ' +
      'Release in a finally, or use pool.use: a lost lease keeps its connection until the garbage collector runs, and the pool then has to close it.',
  },
  {
    title: 'work that takes long, always: no leak',
    facts: {
      stats: statsOf({ activeLeases: 4 }),
      timings: { wait: none, use: histogramOf([30_000, 20]), open: none },
      holders: [report],
    },
    condition: 'healthy',
    severity: 'ok',
    sentence: 'Healthy: 4 of 10 lent, no caller waits.',
    advice: '',
  },
  {
    title: 'work that takes longer than it did',
    facts: {
      stats: statsOf(short),
      usualUse: 35,
      timings: { wait: none, use: histogramOf([480, 50]), open: none },
      oldestWait: 900,
    },
    condition: 'slow-work',
    severity: 'warning',
    sentence:
      'Work is slow: leases are held for 480 ms on average, usually 35 ms; 10 of 10 lent, 12 callers wait, the oldest 900 ms.',
    advice: 'Find out why the target takes longer: more connections would only send it more work at the same time.',
  },
  {
    title: 'a target that refuses',
    facts: {
      stats: statsOf({ breaker: 'open', totalConnections: 0, availableConnections: 0 }),
      failure: { attempts: 5, cause: 'connect ECONNREFUSED 10.0.0.5:5432', nextConnectIn: 800 },
    },
    condition: 'dead-target',
    severity: 'critical',
    sentence:
      'The target refuses connections: breaker open, 5 connects failed in a row, next probe in 800 ms, last cause connect ECONNREFUSED 10.0.0.5:5432.',
    advice: 'Check that the target is up and can be reached; the pool tries again by itself.',
  },
  {
    title: 'a target that does not answer, before the breaker opens',
    facts: {
      stats: statsOf({ totalConnections: 0, pendingAcquires: 3 }),
      failure: { attempts: 1, cause: 'connect timed out after 10000 ms' },
    },
    condition: 'dead-target',
    severity: 'critical',
    sentence:
      'The target does not answer: 1 connect failed in a row, last cause connect timed out after 10000 ms, 3 callers wait.',
    advice: 'Check that the target is up and can be reached; the pool tries again by itself.',
  },
  {
    title: 'a probe of a target that is taken for dead, while old connections live',
    facts: {
      stats: statsOf({ breaker: 'half-open', totalConnections: 2 }),
      failure: { attempts: 7, cause: 'getaddrinfo ENOTFOUND db', nextConnectIn: 10 },
    },
    condition: 'dead-target',
    severity: 'critical',
    sentence:
      'The pool cannot connect to its target: a probe is under way, 7 connects failed in a row, last cause getaddrinfo ENOTFOUND db, 2 connections still open.',
    advice: 'Check that the target is up and can be reached; the pool tries again by itself.',
  },
  {
    title: 'new connections that fail their validation',
    facts: {
      stats: statsOf({ breaker: 'open', totalConnections: 0 }),
      failure: { attempts: 5, cause: 'validate said no', phase: 'validate', nextConnectIn: 0 },
    },
    condition: 'dead-target',
    severity: 'critical',
    sentence:
      'New connections fail their validation: breaker open, 5 connects failed in a row, next probe when a caller waits, last cause validate said no.',
    advice:
      'Check that validate is right about new connections, and that the target is up; the pool tries again by itself.',
  },
  {
    title: 'one connect that failed, of a pool that has others',
    facts: { stats: statsOf(), since, failure: { attempts: 1, cause: 'ECONNRESET' } },
    condition: 'healthy',
    severity: 'ok',
    sentence: 'Healthy: 0 of 10 lent, no caller waits.',
    advice: '',
  },
  {
    title: 'connects that take long',
    facts: {
      stats: statsOf({ totalConnections: 3, openingConnections: 4, activeLeases: 3, pendingAcquires: 6 }),
      timings: { wait: none, use: none, open: histogramOf([2_100, 3]) },
      oldestWait: 1_500,
    },
    condition: 'slow-connects',
    severity: 'warning',
    sentence: 'Callers wait for connects: 4 opening, one takes 2.1 s; 3 of 10 open, 6 callers wait, the oldest 1.5 s.',
    advice:
      'Open connections before they are needed (min, warmUp()), and find out why the target takes so long to accept one.',
  },
  {
    title: 'a first connect that has not answered',
    facts: { stats: statsOf({ totalConnections: 0, openingConnections: 1, pendingAcquires: 1 }), oldestWait: 7_000 },
    condition: 'slow-connects',
    severity: 'critical',
    sentence:
      'Callers wait for connects: 1 opening, not one has answered for 7 s; 0 of 10 open, 1 caller waits, the oldest 7 s.',
    advice:
      'Open connections before they are needed (min, warmUp()), and find out why the target takes so long to accept one.',
  },
  {
    title: 'connections that are replaced all the time',
    facts: {
      stats: statsOf({ opened: 52, closed: 42, acquired: 60 }),
      since,
      evicted: { idle: 4, lost: 38 },
    },
    condition: 'reconnecting',
    severity: 'warning',
    sentence: 'Connections do not last: 52 opened in 30 s for 60 leases, 10 of 10 open: 38 lost, 4 idle.',
    advice:
      'Find out what closes them: an idle timeout of the target or of a proxy (set idleTimeout below it), or a target that restarts.',
  },
  {
    title: 'connections that end by their age while they are used a lot',
    facts: { stats: statsOf({ opened: 20, closed: 10, acquired: 6_000 }), since, evicted: { lifetime: 10 } },
    condition: 'healthy',
    severity: 'ok',
    sentence: 'Healthy: 0 of 10 lent, no caller waits.',
    advice: '',
  },
  {
    title: 'callers that are rejected',
    facts: {
      stats: statsOf({ ...short, acquired: 6_000, rejected: 3_000 }),
      since,
      oldestWait: 90,
      timings: { wait: none, use: histogramOf([50, 6_000]), open: none },
    },
    condition: 'overload',
    severity: 'critical',
    sentence: 'Overloaded: 100 callers a second are rejected; 10 of 10 lent, 12 callers wait, the oldest 90 ms.',
    advice: 'Send less, or raise max to about 19; a longer queue (maxPending) only makes callers wait longer.',
  },
  {
    title: 'checks that keep the connections back',
    facts: { stats: statsOf({ pendingAcquires: 4 }), validating: 5, resetting: 1 },
    condition: 'slow-checks',
    severity: 'warning',
    sentence: 'Connections are kept back by checks: 5 being validated, 1 being reset of 10, 4 callers wait.',
    advice:
      'Make validate answer sooner, or lower connectTimeout, which bounds it. Make reset end sooner, or lower cancelTimeout, which bounds it.',
  },
  {
    title: 'work that fails',
    facts: { stats: statsOf({ failedOperations: 80, successfulOperations: 20 }), since },
    condition: 'failing-work',
    severity: 'warning',
    sentence: 'Work fails: 80 % of 100 operations in 30 s; 0 of 10 lent, no caller waits.',
    advice: 'Look at the errors of the work itself: connections are there.',
  },
  {
    title: 'a pool that is being destroyed',
    facts: {
      stats: statsOf({ state: 'draining', activeLeases: 3, closingConnections: 2 }),
      holders: [{ ...report, age: 4_000 }],
    },
    condition: 'draining',
    severity: 'notice',
    sentence: "Draining: 3 leases still held, 2 connections closing; held longest by 'nightly report', 4 s.",
    advice:
      'Wait until every lease is released: at its timeout, destroy() closes the connections of those that are not.',
  },
  {
    title: 'a pool that is destroyed',
    facts: { stats: statsOf({ state: 'destroyed', totalConnections: 0, breaker: 'open' }) },
    condition: 'destroyed',
    severity: 'notice',
    sentence: 'Destroyed: every connection is closed, and nothing is lent any more.',
    advice: 'Create a new pool to go on.',
  },
];

describe('diagnose', () => {
  for (const { title, facts, ...expected } of cases) {
    it(`says of ${title}: ${expected.condition}`, () => {
      expect(diagnose(facts)).toEqual(expected);
    });
  }

  it('leaves out the end of a long label, so that the rest is read', () => {
    const holders = [{ label: 'L'.repeat(300), age: 41_000, connection: 3 }];
    const { sentence, advice } = diagnose({ stats: statsOf(), holders, leaked: [3] });
    expect(sentence).toContain(`held for 41 s by '${'L'.repeat(59)}…' (connection 3)`);
    expect(advice).toContain(`Find where '${'L'.repeat(59)}…' does not release its lease`);
  });

  it('has a case for each condition', () => {
    const conditions = new Set(cases.map(({ condition }) => condition));
    expect([...conditions].sort()).toEqual([
      'dead-target',
      'destroyed',
      'draining',
      'failing-work',
      'healthy',
      'leak',
      'overload',
      'reconnecting',
      'slow-checks',
      'slow-connects',
      'slow-work',
      'too-small',
    ]);
  });
});
