import { Subscription } from 'rxjs';
import type { SchedulerAction, SchedulerLike } from 'rxjs';

type ScheduledWork<T> = (this: SchedulerAction<T>, state: T) => void;

/** What is to be done at some time. */
interface ScheduledAction {
  at: number;
  /** Which one it was to be scheduled. */
  number: number;
  /** Where it is in the heap; -1 if it is not. */
  heapIndex: number;
  execute(): void;
}

/**
 * Time that passes as fast as there is something to do. What is due first is done first, and of what is due at the same instant what was
 * scheduled first. RxJS has one of its own, which keeps what is due in an array and sorts it anew for each action; this is a binary heap,
 * so that hours of a busy pool are a matter of seconds. Cancelled actions leave it at once: a pool cancels most of its timers.
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

  /** How many actions are due, now or later. */
  get size(): number {
    return this.heap.length;
  }

  /** Does what is due next, and moves the time there; false if there is nothing. */
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
