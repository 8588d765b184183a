import { asyncScheduler, concat, NEVER, of, timer } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool, PoolEvent, PoolStats } from '../../src/index';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import { internals } from '../../src/pool/rx/internals';
import type { PoolInternals } from '../../src/pool/rx/internals';
import { Rules } from '../../src/stress/rules/rules';
import { stressTest } from '../../src/stress/index';
import type { StressReport } from '../../src/stress/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const idle = createPool({ max: 4, connect: () => NEVER });
const { stats: sound } = idle;
const rulesOf = (pool: ConnectionPool<never>) =>
  new Rules(pool, { clock: schedulerClock(asyncScheduler), acquireTimeout: undefined }, fail);
let seq = sound.seq;
const snapshot = (changes: Partial<PoolStats>): PoolStats => Object.freeze({ ...sound, seq: ++seq, ...changes });
const lent = {
  opened: 2,
  totalConnections: 2,
  availableConnections: 1,
  inUseConnections: 1,
  activeLeases: 1,
  acquired: 1,
};

const afterSnapshots = (...snapshots: PoolStats[]): readonly string[] => {
  const rules = rulesOf(idle);
  for (const each of snapshots) rules.onSnapshot(each);
  return rules.violations;
};
const event = (type: string, connection: number): PoolEvent =>
  ({ type, connection, pool: 'pool', at: 0 }) as unknown as PoolEvent;
const afterEvents = (...events: [type: string, connection: number][]): readonly string[] => {
  const rules = rulesOf(idle);
  for (const [type, connection] of events) rules.onEvent(event(type, connection));
  return rules.violations;
};

describe('the rules of a pool', () => {
  it('are kept by sound snapshots', () => {
    expect(
      afterSnapshots(
        snapshot(lent),
        snapshot({ ...lent, released: 1, activeLeases: 0, inUseConnections: 0, availableConnections: 2 }),
      ),
    ).toEqual([]);
  });

  const broken: readonly [what: string, changes: Partial<PoolStats>, sentence: string][] = [
    ['a sum of connections', { ...lent, totalConnections: 3, opened: 3 }, 'totalConnections ≠'],
    [
      'more connections than may be',
      { ...lent, openingConnections: 2, closingConnections: 1 },
      'more connections than max: 5 of 4',
    ],
    ['a lease that is in no book', { ...lent, acquired: 2 }, 'acquired ≠ released + discarded + activeLeases'],
    ['more leases than may be', { ...lent, activeLeases: 5, acquired: 5 }, 'more leases than leaseCapacity'],
    ['a connection from nowhere', { ...lent, opened: 1 }, 'opened < closed + totalConnections'],
    ['a negative count', { pendingAcquires: -1 }, 'pendingAcquires is -1'],
  ];
  for (const [what, changes, sentence] of broken) {
    it(`are broken by ${what}`, () => {
      const violations = afterSnapshots(snapshot(changes));
      expect(violations.length).toBe(1);
      expect(violations[0]).toContain(sentence);
    });
  }

  it('are broken by snapshots that go back', () => {
    const [first, second] = [snapshot(lent), snapshot(lent)];
    expect(afterSnapshots(second, first)).toEqual([`stats$ went back: snapshot ${first.seq} came after ${second.seq}`]);
    const fewer = { ...lent, acquired: 0, activeLeases: 0, inUseConnections: 0, availableConnections: 2 };
    expect(afterSnapshots(snapshot(lent), snapshot(fewer))).toEqual(['acquired went down, from 1 to 0']);
  });

  it('are broken by a snapshot that can be written to', () => {
    const [sentence] = afterSnapshots({ ...snapshot(lent) });
    expect(sentence).toMatch(/^a snapshot was not frozen/);
  });

  it('let a pool shrink after resize, and not grow', () => {
    const four = { opened: 4, totalConnections: 4, availableConnections: 4, maxConnections: 4 };
    const smaller = { ...four, maxConnections: 2, leaseCapacity: 2 };
    const down = { ...smaller, totalConnections: 3, availableConnections: 3, closed: 1 };
    expect(afterSnapshots(snapshot(four), snapshot(smaller), snapshot(down))).toEqual([]);
    const [sentence] = afterSnapshots(
      snapshot(four),
      snapshot(smaller),
      snapshot(down),
      snapshot({ ...smaller, closed: 1, opened: 5 }),
    );
    expect(sentence).toMatch(/^more connections than max: 4 of 2/);
  });

  const histories: readonly [what: string, events: [string, number][], sentence: string][] = [
    [
      'two holders of one connection',
      [
        ['opened', 1],
        ['acquired', 1],
        ['acquired', 1],
      ],
      'connection 1 had 2 leases at once, with a capacity of 1',
    ],
    [
      'a lease that ends twice',
      [
        ['opened', 1],
        ['acquired', 1],
        ['released', 1],
        ['released', 1],
      ],
      'a lease of connection 1 ended twice',
    ],
    [
      'a connection lent on its way out',
      [
        ['opened', 1],
        ['evicted', 1],
        ['acquired', 1],
      ],
      'connection 1 was lent although it was evicted',
    ],
    [
      'a close under a holder',
      [
        ['opened', 1],
        ['acquired', 1],
        ['evicted', 1],
      ],
      'connection 1 was closed with 1 active leases',
    ],
    [
      'a second opening',
      [
        ['opened', 1],
        ['opened', 1],
      ],
      'connection 1 opened twice',
    ],
    [
      'a second eviction',
      [
        ['opened', 1],
        ['evicted', 1],
        ['evicted', 1],
      ],
      'connection 1 was evicted twice',
    ],
    [
      'a close without a reason',
      [
        ['opened', 1],
        ['closed', 1],
      ],
      'connection 1 was closed without having been evicted',
    ],
  ];
  for (const [what, events, sentence] of histories) {
    it(`are broken by ${what}`, () => {
      expect(afterEvents(...events)).toEqual([sentence]);
    });
  }

  it('ignore what began before the events were subscribed', () => {
    expect(afterEvents(['released', 7], ['evicted', 7], ['closed', 7])).toEqual([]);
  });
});

describe('a stress test of a pool that breaks its rules', () => {
  type Core = PoolInternals<string>['core'];
  const coreOf = (pool: ConnectionPool<object>): any =>
    (pool as unknown as Record<symbol, { core: Core }>)[internals]!.core;

  const run = (sabotage: (core: any) => void, wanted: number): StressReport => {
    let last: StressReport | undefined;
    marbles(({ flush }) => {
      let n = 0;
      const pool = createLastingPool<object>({ connect: () => opensAtOnce<object>({ n: n++ }), max: 2 });
      sabotage(coreOf(pool));
      const load = { workers: wanted, opsPerWorker: 3, duration: 100, thresholds: ['errors<=0'] };
      stressTest(pool, { ...load, work: () => timer(5) }).subscribe((report) => (last = report));
      flush();
    });
    return last!;
  };

  it('passes where nothing is wrong', () => {
    const report = run(() => {}, 4);
    expect([report.passed, report.violations]).toEqual([true, []]);
  });

  it('fails when a connection is lent to two', () => {
    const report = run((core) => {
      const next = core.connections.next.bind(core.connections);
      core.connections.next = () => next() ?? core.connections.all().find((slot: any) => slot.state === 'open') ?? null;
    }, 4);
    expect(report.passed).toBeFalse();
    expect(report.violations).toContain(
      jasmine.stringMatching(/^connection \d had 2 leases at once, with a capacity of 1$/),
    );
    expect(report.violations).toContain('a connection had 2 operations at once, with a capacity of 1');
    expect(report.verdict).toMatch(/^The pool broke its own rules: /);
  });

  it('fails when the newest waiter is served first', () => {
    const report = run((core) => {
      const { queue } = core;
      Object.defineProperty(queue, 'first', {
        get() {
          let last = this.claims?.first ?? queue.lastPending;
          while (last?.behind != null) last = last.behind;
          return last ?? null;
        },
      });
    }, 6);
    expect(report.violations).toContain(
      jasmine.stringMatching(/^operation \d+ was served before operation \d+, which arrived first/),
    );
  });

  it('fails when a lease is not released', () => {
    const report = run((core) => {
      let skip = true;
      const ended = core.operationEnded.bind(core);
      core.operationEnded = (claim: any, outcome: string, lease: string, reason: unknown) => {
        ended(claim, outcome, skip ? 'kept' : lease, reason);
        skip = false;
      };
    }, 2);
    expect(report.violations).toContain('1 leases are still active, although every operation has ended');
  });

  it('fails when success is told before the stats show it', () => {
    const report = run((core) => {
      core.operationEnded = (claim: any) => {
        core.release(claim);
      };
    }, 2);
    expect(report.violations).toContain(jasmine.stringMatching(/succeeded before the stats showed it$/));
  });

  it('accepts one object that is emitted as several connections', () => {
    marbles(({ flush }) => {
      const shared = {};
      const pool = createLastingPool({ connect: () => concat(of(shared), NEVER), max: 2 });
      let last: StressReport | undefined;
      stressTest(pool, { workers: 4, opsPerWorker: 3, work: () => timer(5) }).subscribe((report) => (last = report));
      flush();
      expect(last!.violations).toEqual([]);
      expect(last!.notes).toEqual([jasmine.stringMatching(/^Several connections are one and the same object/)]);
    });
  });
});
