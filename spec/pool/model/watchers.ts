import { Subscriber } from 'rxjs';
import type { ConnectionPool, PoolStats } from '../../../src';
import { brokenOrder, brokenSums } from '../invariants';
import type { React, Reaction } from './actions';
import type { PoolModel } from './pool-model';

/**
 * To which snapshots a watcher reacts: with a change to every one, the pool would never become quiescent. Not to the first, or all would be
 * over before a second watcher is subscribed.
 */
const reactsTo = [2, 3, 7, 12, 20];

interface Watcher {
  readonly subscriber: Subscriber<PoolStats>;
  last: PoolStats | null;
  completed: boolean;
}

/** The subscribers of the stats, which check every snapshot. */
export class Watchers {
  private readonly all: Watcher[] = [];
  /** Every visible snapshot: the same number must be the same object for all. */
  private readonly snapshots = new Map<number, PoolStats>();

  constructor(
    private readonly model: PoolModel,
    private readonly react: React,
  ) {}

  get ids(): number[] {
    return [...this.all.keys()];
  }

  watch({ stats$, stats }: ConnectionPool<unknown>, reaction: Reaction | undefined): void {
    const { model, snapshots } = this;
    // As with any BehaviorSubject: a subscriber after the end receives only the end.
    const late = stats.state === 'destroyed';
    let shown = 0;
    const watcher: Watcher = {
      last: null,
      completed: false,
      subscriber: new Subscriber<PoolStats>({
        next: (snapshot) => {
          model.during('a snapshot', () => {
            for (const sentence of brokenSums(snapshot, model.sums)) model.check(false, sentence);
            if (watcher.last !== null) {
              for (const sentence of brokenOrder(watcher.last, snapshot)) model.check(false, sentence);
            }
            const same = (snapshots.get(snapshot.seq) ?? snapshot) === snapshot;
            model.check(same, `two snapshots have the number ${snapshot.seq}`);
            snapshots.set(snapshot.seq, snapshot);
            watcher.last = snapshot;
            if (model.knows(snapshot) && reactsTo.includes(++shown)) this.react('called', reaction, {});
          });
        },
        error: () => {
          model.check(false, 'the stats failed');
        },
        complete: () => {
          watcher.completed = true;
          if (!late) model.check(watcher.last?.state === 'destroyed', 'the stats ended before the pool was destroyed');
        },
      }),
    };
    this.all.push(watcher);
    stats$.subscribe(watcher.subscriber);
  }

  unwatch(id: number): void {
    this.all.splice(id, 1)[0]!.subscriber.unsubscribe();
  }

  /** All of them have received the same, and the latest. */
  look(stats: PoolStats): void {
    for (const { last, completed } of this.all) {
      const ended = stats.state === 'destroyed';
      this.model.check(
        completed === ended,
        `the stats ${completed ? 'have' : 'have not'} ended, and are ${stats.state}`,
      );
      this.model.check(
        completed || last === stats,
        `a watcher was last shown ${last?.seq}, and it is ${stats.seq} now`,
      );
    }
  }
}
