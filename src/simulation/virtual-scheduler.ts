import { Subscription } from 'rxjs';
import type { SchedulerAction, SchedulerLike } from 'rxjs';

type ScheduledWork<T> = (this: SchedulerAction<T>, state: T) => void;

/** An action with its time. */
interface ScheduledAction {
  at: number;
  /** The order in which it was scheduled. */
  number: number;
  /** Its index in the heap; -1 if it is not in it. */
  heapIndex: number;
  execute(): void;
}

/**
 * A scheduler with virtual time. Actions run in the order of their times, and at the same time in the order in which they were scheduled.
 * RxJS's `VirtualTimeScheduler` keeps its actions in an array and sorts it for each action. This one has a binary heap, so that hours of a busy
 * pool take seconds. Cancelled actions are removed at once, since a pool cancels most of its timers.
 */
export class VirtualScheduler implements SchedulerLike {
  private readonly heap: ScheduledAction[] = [];
  private time = 0;
  private scheduled = 0;

  /** Milliseconds since the beginning; fractions are kept. */
  now(): number {
    return this.time;
  }

  schedule<T>(work: ScheduledWork<T>, delay?: number, state?: T): Subscription {
    return new VirtualAction<T>(this, work).schedule(state, delay);
  }

  /** Number of scheduled actions. */
  get size(): number {
    return this.heap.length;
  }

  /** Advances the time to the next action and runs it; false if there is none. */
  step(): boolean {
    const action = this.heap[0];
    if (action === undefined) return false;
    this.remove(action);
    this.time = action.at;
    action.execute();
    return true;
  }

  /** @internal */
  add(action: ScheduledAction, delay: number): void {
    action.at = this.time + (delay > 0 ? delay : 0);
    action.number = this.scheduled++;
    this.heap.push(action);
    this.siftUp(action, this.heap.length - 1);
  }

  /** @internal */
  remove(action: ScheduledAction): void {
    const { heap } = this;
    const { heapIndex } = action;
    if (heapIndex < 0) return;
    action.heapIndex = -1;
    const last = heap.pop()!;
    if (last === action) return;
    this.siftDown(last, heapIndex);
    this.siftUp(last, last.heapIndex);
  }

  private siftUp(action: ScheduledAction, from: number): void {
    const { heap } = this;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above]!;
      if (!isBefore(action, parent)) break;
      heap[place] = parent;
      parent.heapIndex = place;
      place = above;
    }
    heap[place] = action;
    action.heapIndex = place;
  }

  private siftDown(action: ScheduledAction, from: number): void {
    const { heap } = this;
    const { length } = heap;
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      const child = heap[below]!;
      if (!isBefore(child, action)) break;
      heap[place] = child;
      child.heapIndex = place;
      place = below;
    }
    heap[place] = action;
    action.heapIndex = place;
  }
}

function isBefore(a: ScheduledAction, b: ScheduledAction): boolean {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}

class VirtualAction<T> extends Subscription implements SchedulerAction<T>, ScheduledAction {
  at = 0;
  number = 0;
  heapIndex = -1;
  private state: T | undefined = undefined;

  constructor(
    private readonly scheduler: VirtualScheduler,
    private readonly work: ScheduledWork<T>,
  ) {
    super();
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.scheduler.remove(this);
    this.state = state;
    this.scheduler.add(this, delay);
    return this;
  }

  execute(): void {
    this.work(this.state as T);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.scheduler.remove(this);
    super.unsubscribe();
  }
}
