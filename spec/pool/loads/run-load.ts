import { VirtualScheduler } from '../../../src/simulation/virtual-scheduler';
import { GreedyPool } from './greedy-pool';
import { isBatches } from './load';
import type { Load, Part } from './load';
import { PoolUnderLoad } from './pool-under-load';

/** A pool, as a load uses it. */
export interface Subject {
  /** The number of connects that were begun. */
  readonly connects: number;
  use(work: number, done: () => void): void;
  batch(width: number, items: number, work: (n: number) => number, done: () => void, pulled: boolean): void;
  loseAllBut(left: number): void;
}

export interface Outcome {
  /** From the beginning of the load to the end of its last item (ms). */
  readonly total: number;
  readonly connects: number;
}

export interface Comparison {
  readonly load: Load;
  readonly ours: Outcome;
  readonly greedy: Outcome;
  /** The total time relative to the limit: 1.1 times that of the greedy pool, plus a number of connect times. */
  readonly share: number;
}

/** Runs a load on the pool, and on one that opens a connection for every waiting caller. */
export function compare(load: Load): Comparison {
  const ours = runOurs(load);
  const greedy = runGreedy(load);
  return { load, ours, greedy, share: ours.total / allowed(load, greedy) };
}

/** The guarantee of the policy: slow start takes this number of rounds, and a batch, which knows its width, none. */
export function allowed(load: Load, greedy: Outcome): number {
  const more = Math.max(1, Math.min(greedy.connects, load.max));
  const rounds = isBatches(load) ? 3 : 3 + Math.log2(more);
  return 1.1 * greedy.total + rounds * meanConnect(load, more) + load.outages.length * longestWork(load);
}

/** An outage undoes the work in progress, and that differs between the two pools. */
function longestWork({ parts }: Load): number {
  let longest = 0;
  for (const part of parts) {
    const items = part.kind === 'bursts' ? part.size * part.bursts : part.items;
    for (let n = 0; n < items; n++) longest = Math.max(longest, part.work(n));
  }
  return longest;
}

const meanConnect = ({ connect }: Load, connects: number): number => {
  let sum = 0;
  for (let n = 0; n < connects; n++) sum += connect(n);
  return sum / connects;
};

function runOurs(load: Load): Outcome {
  const scheduler = new VirtualScheduler();
  const subject = new PoolUnderLoad(load, scheduler);
  let outcome: Outcome | null = null;
  subject.prepare(() => {
    drive(load, subject, scheduler, (ended) => (outcome = ended));
  });
  while (outcome === null && scheduler.step());
  if (outcome === null) throw new Error(`the load of seed ${load.seed} never ends: ${load.text}`);
  return outcome;
}

function runGreedy(load: Load): Outcome {
  const scheduler = new VirtualScheduler();
  const subject = new GreedyPool(load, scheduler);
  let outcome: Outcome | null = null;
  drive(load, subject, scheduler, (ended) => (outcome = ended));
  while (outcome === null && scheduler.step());
  if (outcome === null) throw new Error(`the greedy pool never ends the load of seed ${load.seed}: ${load.text}`);
  return outcome;
}

function drive(load: Load, subject: Subject, scheduler: VirtualScheduler, ended: (outcome: Outcome) => void): void {
  const since = scheduler.now();
  let left = load.parts.length;
  const done = (): void => {
    if (--left === 0) ended({ total: scheduler.now() - since, connects: subject.connects });
  };
  for (const { at, left: but } of load.outages) {
    scheduler.schedule(() => {
      subject.loseAllBut(but);
    }, at);
  }
  for (const part of load.parts) drivePart(part, subject, scheduler, done);
}

function drivePart(part: Part, subject: Subject, scheduler: VirtualScheduler, done: () => void): void {
  const { work } = part;
  switch (part.kind) {
    case 'loop': {
      const { width, items, pause } = part;
      let begun = 0;
      let ended = 0;
      const next = (): void => {
        if (begun < items) subject.use(work(begun++), back);
      };
      const back = (): void => {
        if (++ended === items) done();
        else if (pause === null) next();
        else scheduler.schedule(next, pause);
      };
      for (let i = 0; i < width; i++) next();
      break;
    }
    case 'stream': {
      let begun = 0;
      let ended = 0;
      const next = (): void => {
        subject.use(work(begun++), () => {
          if (++ended === part.items) done();
        });
        if (begun < part.items) scheduler.schedule(next, part.gaps(begun));
      };
      next();
      break;
    }
    case 'bursts': {
      let ended = 0;
      for (let burst = 0; burst < part.bursts; burst++) {
        scheduler.schedule(() => {
          for (let i = 0; i < part.size; i++) {
            subject.use(work(burst * part.size + i), () => {
              if (++ended === part.size * part.bursts) done();
            });
          }
        }, burst * part.every);
      }
      break;
    }
    default:
      subject.batch(part.width, part.items, work, done, part.kind === 'pulled');
  }
}
