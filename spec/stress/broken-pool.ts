import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { internals } from '../../src/pool/rx/internals';
import { stressTest } from '../../src/stress/index';
import type { StressOptions, StressReport } from '../../src/stress/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles } from '../helpers/marbles';
import type { Run } from '../helpers/marbles';

/** A connection that can be lost. */
export class Wire {
  constructor(
    readonly number: number,
    private readonly life: Subscriber<Wire>,
  ) {}

  lose(error?: Error): void {
    if (error === undefined) this.life.complete();
    else this.life.error(error);
  }
}

/** Connects at once; every connection is another one. */
export function wires(): () => Observable<Wire> {
  let number = 0;
  return () => new Observable((life) => life.next(new Wire(++number, life)));
}

export interface Scenario {
  readonly load: StressOptions<Wire>;
  /** Made anew for each run. */
  readonly pool?: () => Partial<PoolOptions<Wire>>;
  /** Breaks the pool: in its core, or by another one in front of it. */
  readonly sabotage?: (core: any, pool: ConnectionPool<Wire>) => ConnectionPool<Wire> | void;
  readonly meanwhile?: (pool: ConnectionPool<Wire>, run: Run) => void;
}

export function poolOf({ pool: options, sabotage }: Scenario): ConnectionPool<Wire> {
  const pool = createLastingPool<Wire>({ connect: wires(), max: 2, random: () => 0.5, ...options?.() });
  const { core } = (pool as unknown as Record<symbol, { core: unknown }>)[internals]!;
  return sabotage?.(core, pool) ?? pool;
}

/** Records leases from now on; the returned function gives the holders of a slot. */
export function holdersOf(core: any): (slot: unknown) => readonly any[] {
  const claims = new Set<any>();
  const lend = core.connections.lend.bind(core.connections);
  core.connections.lend = (slot: unknown, claim: unknown) => {
    claims.add(claim);
    lend(slot, claim);
  };
  return (slot) => [...claims].filter((claim) => claim.slot === slot);
}

/** The last report of a load in virtual time. */
function reportOf(scenario: Scenario): StressReport {
  let last: StressReport | undefined;
  marbles((run) => {
    const pool = poolOf(scenario);
    stressTest(pool, scenario.load).subscribe((report) => (last = report));
    scenario.meanwhile?.(pool, run);
    run.flush();
  });
  expect(last?.phase).toBe('done');
  return last!;
}

/** Expects that a pool is blamed for this, and fails because of it. */
export function expectBlame(scenario: Scenario, ...sentences: (string | RegExp)[]): StressReport {
  const report = reportOf(scenario);
  for (const sentence of sentences) {
    expect(report.violations).toContain(typeof sentence === 'string' ? sentence : jasmine.stringMatching(sentence));
  }
  expect(report.passed).toBeFalse();
  expect(report.verdict).toMatch(/^The pool broke its own rules: /);
  return report;
}

/** Expects that nothing is held against this pool. */
export function expectNoBlame(scenario: Scenario): StressReport {
  const report = reportOf(scenario);
  expect(report.violations).toEqual([]);
  return report;
}
