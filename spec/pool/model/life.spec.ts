import fc from 'fast-check';
import { EMPTY, NEVER, Observable, of, Subscriber, throwError } from 'rxjs';
import type { Subscription } from 'rxjs';
import { createPool } from '../../../src';
import type { ConnectionPool, Lease } from '../../../src';
import { EventLedger } from '../event-ledger';
import { brokenOrder, brokenSums } from '../invariants';
import { VirtualClock } from './virtual-clock';

/**
 * Random histories of pools with every option of a connection's life. What the pool will do next is not predicted here, as it is by the
 * model beside; only what must be true at any time is looked at. A failure prints its seed and path: LIFE_SEED and LIFE_PATH repeat it.
 */
const runs = Number(process.env['LIFE_RUNS'] ?? (process.env['LONG'] ? 20_000 : 1_500));
const seed = Number(process.env['LIFE_SEED'] ?? 1);
const path = process.env['LIFE_PATH'];

const answers = ['ok', 'ok', 'ok', 'no', 'throws', 'hangs'] as const;
type Answer = (typeof answers)[number];
const deeds = [
  'acquire',
  'fatal',
  'release',
  'discard',
  'leave',
  'lose',
  'resize',
  'refresh',
  'pass',
  'answer',
] as const;
type Deed = readonly [(typeof deeds)[number], number];

const setups = fc.record({
  max: fc.integer({ min: 1, max: 4 }),
  min: fc.integer({ min: 0, max: 1 }),
  capacity: fc.constantFrom(1, 1, 2),
  idleTimeout: fc.constantFrom(20, 60_000),
  maxLifetime: fc.constantFrom(70, 1_800_000),
  lifetimeJitter: fc.constantFrom(0, 0.5),
  maxUses: fc.constantFrom(1, 3, Infinity),
  validateAfter: fc.constantFrom(0, 15),
  overload: fc.constantFrom(false as const, { target: 5, interval: 20 }),
  leakThreshold: fc.constantFrom(Infinity, 25),
  validates: fc.boolean(),
  resets: fc.boolean(),
});
type Setup = typeof setups extends fc.Arbitrary<infer T> ? T : never;

interface Wire {
  inside: number;
  life: Subscriber<Wire>;
  ended: number;
}
interface Asker {
  readonly subscription: Subscription;
  lease: Lease<Wire> | null;
  over: boolean;
}

class Life {
  private readonly clock = new VirtualClock();
  private readonly wires: Wire[] = [];
  private readonly askers: Asker[] = [];
  private readonly broken: string[] = [];
  private readonly pool: ConnectionPool<Wire>;
  private readonly ledger: EventLedger;
  private answer: Answer = 'ok';
  private most: number;

  constructor(private readonly setup: Setup) {
    const { validates, resets, ...options } = setup;
    this.most = setup.max;
    this.pool = createPool<Wire>({
      ...options,
      connect: () => this.connect(),
      validate: validates ? (wire) => this.check(wire, true) : undefined,
      reset: resets ? (wire) => this.check(wire, false) : undefined,
      isFatal: () => true,
      breaker: false,
      closeTimeout: 10,
      scheduler: this.clock,
      random: () => 0.5,
    });
    this.ledger = new EventLedger(this.pool, setup);
  }

  do([deed, n]: Deed): void {
    const held = this.askers.filter(({ lease }) => lease !== null);
    const before = this.pool.stats;
    const one = held[n % (held.length || 1)];
    if (deed === 'acquire') this.acquire(n % 3 === 0 ? 30 : Infinity);
    else if (deed === 'fatal') {
      this.pool
        .use(() => throwError(() => new Error('fatal')), { acquireTimeout: 30 })
        .subscribe({ error: () => undefined });
    } else if (deed === 'release' && one) this.giveBack(one, 'release');
    else if (deed === 'discard' && one) this.giveBack(one, 'discard');
    else if (deed === 'leave') {
      const waiting = this.askers.filter(({ over }) => !over);
      const gone = waiting[n % (waiting.length || 1)];
      if (gone) gone.over = true;
      gone?.subscription.unsubscribe();
    } else if (deed === 'lose') this.wires[n % (this.wires.length || 1)]?.life.complete();
    else if (deed === 'resize') {
      this.most = Math.max(this.most, (n % 4) + 1);
      this.pool.resize((n % 4) + 1);
    } else if (deed === 'refresh') this.pool.refresh();
    else if (deed === 'answer') this.answer = answers[n % answers.length]!;
    else if (deed === 'pass') this.clock.pass([0, 1, 5, 16, 40, 80][n % 6]!);
    this.look(before);
  }

  async end(): Promise<void> {
    this.answer = 'ok';
    for (const { over, subscription } of this.askers) if (!over) subscription.unsubscribe();
    for (const asker of this.askers) if (asker.lease !== null) this.giveBack(asker, 'release');
    // Whatever hangs is over by now; so is every idle connection that need not be kept, where that is soon.
    this.clock.pass(59_000);
    const { totalConnections, openingConnections, maxConnections } = this.pool.stats;
    const kept = Math.min(this.setup.min, maxConnections);
    this.expectThat(
      totalConnections + openingConnections >= kept,
      `${totalConnections} are open, and ${kept} are kept`,
    );
    if (this.setup.idleTimeout === 20)
      this.expectThat(totalConnections <= Math.max(1, kept), 'idle ones are not closed');
    const destroyed = this.pool.destroy({ timeout: 5 });
    this.clock.pass(60_000);
    await destroyed;
    this.ledger.look(this.pool);
    for (const { ended } of this.wires) this.expectThat(ended === 1, `a connection was ended ${ended} times`);
    this.expectThat(this.clock.pending === 0, `${this.clock.pending} timers are left`);
    this.judge();
  }

  private acquire(timeout: number): void {
    const subscriber = new Subscriber<Lease<Wire>>({
      next: (lease) => {
        const first = this.askers.find((other) => !other.over);
        if (first !== asker) this.broken.push('not the first in line was served');
        asker.lease = lease;
        asker.over = true;
        const wire = lease.connection;
        if (++wire.inside > this.setup.capacity) this.broken.push(`${wire.inside} use one connection`);
        if (wire.ended > 0) this.broken.push('a dead connection was lent');
      },
      error: () => {
        if (asker.over) this.broken.push('an error came after the end');
        asker.over = true;
      },
      complete: () => undefined,
    });
    const asker: Asker = { subscription: subscriber, lease: null, over: false };
    this.askers.push(asker);
    this.pool.acquire({ acquireTimeout: timeout, label: `asker ${this.askers.length}` }).subscribe(subscriber);
  }

  private giveBack(asker: Asker, how: 'release' | 'discard'): void {
    const { lease } = asker;
    asker.lease = null;
    try {
      lease!.connection.inside--;
    } catch {
      // It was lost meanwhile.
    }
    lease![how]();
  }

  private connect(): Observable<Wire> {
    return new Observable((life) => {
      const wire: Wire = { inside: 0, ended: 0, life };
      this.wires.push(wire);
      life.add(() => wire.ended++);
      const alive = this.wires.filter(({ ended }) => ended === 0).length;
      this.expectThat(alive <= this.most, `${alive} connections live at once, and max was never above ${this.most}`);
      // Not at once: with `min` it would be open before anybody can listen to the events.
      life.add(this.clock.schedule(() => life.next(wire), 1));
    });
  }

  private check(wire: Wire, valid: boolean): Observable<boolean> {
    this.expectThat(wire.ended === 0, 'a dead connection is checked');
    this.expectThat(this.setup.capacity > 1 || wire.inside === 0, 'a connection is checked while it is held');
    if (this.answer === 'throws') throw new Error('the check threw');
    if (this.answer === 'hangs') return NEVER;
    if (this.answer === 'no') return valid ? of(false) : throwError(() => new Error('the reset failed'));
    return valid ? of(true) : EMPTY;
  }

  private look(before: ConnectionPool<Wire>['stats']): void {
    const { stats } = this.pool;
    const places = stats.totalConnections + stats.openingConnections + stats.closingConnections;
    const placesBefore = before.totalConnections + before.openingConnections + before.closingConnections;
    const shrunk = places > stats.maxConnections;
    if (shrunk) this.expectThat(places <= placesBefore, 'more connections than max, and growing');
    else this.broken.push(...brokenSums(stats, false));
    if (stats !== before) this.broken.push(...brokenOrder(before, stats));
    const free = stats.availableConnections;
    // As many are validated as could serve those who wait, and what has still to be validated is free meanwhile.
    const held = new Set(this.pool.holders().map(({ connection }) => connection)).size;
    const validating = this.setup.validates ? stats.inUseConnections - held : 0;
    const lost = stats.pendingAcquires > validating * this.setup.capacity && free > 0;
    if (!shrunk) this.expectThat(!lost, `someone waits while ${free} are free`);
    this.ledger.look(this.pool);
    this.judge();
  }

  private expectThat(ok: boolean, sentence: string): void {
    if (!ok) this.broken.push(sentence);
  }

  private judge(): void {
    const all = [...this.broken, ...this.ledger.violations];
    if (all.length > 0) throw new Error(all.join('\n'));
  }
}

describe('the whole life of connections, whatever happens in whatever order', () => {
  it('breaks no rule that holds at any time', async () => {
    const history = fc.array(fc.tuple(fc.constantFrom(...deeds, 'acquire', 'release', 'pass'), fc.nat({ max: 11 })), {
      size: 'max',
      maxLength: 80,
    });
    let steps = 0;
    const property = fc.asyncProperty(setups, history, async (setup, todo) => {
      const life = new Life(setup);
      for (const deed of todo) life.do(deed);
      await life.end();
      steps += todo.length;
    });
    await fc.assert(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path, endOnFailure: true }) });
    console.log(`life: ${steps} steps without a violation, from seed ${seed}`);
    expect(steps).toBeGreaterThan(0);
  }, 600_000);
});
