import { Observable, Subscriber } from 'rxjs';
import { asTask, ItemTask } from './task';
import type { ConnectionTask, ItemWork } from './task';

/** Makes tasks of items. A batch directly downstream takes the items instead, and makes no tasks. */
export abstract class TaskStream<C, I, T, R> extends Observable<ConnectionTask<T, R>> {
  constructor(
    readonly items: Observable<I>,
    readonly each: ItemWork<C, T>,
  ) {
    super((out) => items.subscribe(new TaskSubscriber(out, this)));
  }

  /** Why there can be no task for this one; null if there can. */
  abstract refuse(given: I): Error | null;
  abstract itemOf(given: I): T;
  /** The index of what was given as the `place`th. */
  abstract indexOf(given: I, place: number): number;
}

class TaskSubscriber<C, I, T, R> extends Subscriber<I> {
  private place = 0;

  constructor(
    private readonly out: Subscriber<ConnectionTask<T, R>>,
    private readonly stream: TaskStream<C, I, T, R>,
  ) {
    super(out);
  }

  protected override _next(given: I): void {
    const { stream } = this;
    const refusal = stream.refuse(given);
    if (refusal !== null) this.error(refusal);
    else {
      const task = new ItemTask<C, T, R>(stream.each, stream.itemOf(given), stream.indexOf(given, this.place++));
      this.out.next(asTask(task));
    }
  }
}
