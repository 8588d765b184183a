import type { Observer } from 'rxjs';

/**
 * Draws every value of an AsyncIterable. Returns what asks it to stop: its `return()` is called, and `complete` or
 * `error` comes when it has really ended, which an iterable that is waiting for something does in its own time.
 */
export function iterate<T>(iterable: AsyncIterable<T>, sink: Observer<T>): () => void {
  const iterator = iterable[Symbol.asyncIterator]();
  let stopping = false;
  let drawing = true;

  // Iterators written by hand throw, or return what is no promise; an async function makes a rejection or a promise of it.
  const stop = async (): Promise<unknown> => iterator.return?.();
  const next = async (): Promise<IteratorResult<T>> => iterator.next();
  const ended = (): void => {
    sink.complete();
  };
  const failed = (error: unknown): void => {
    sink.error(error);
  };
  const drawn = (result: IteratorResult<T>): void => {
    drawing = false;
    if (result.done === true) {
      sink.complete();
    } else if (!stopping) {
      sink.next(result.value);
      if (!stopping) draw();
    } else if (iterator.return === undefined) {
      sink.complete();
    }
  };
  const draw = (): void => {
    drawing = true;
    next().then(drawn).catch(failed);
  };

  draw();
  return () => {
    stopping = true;
    // Without a `return`, the value that is under way is the end.
    if (iterator.return !== undefined || !drawing) stop().then(ended, failed);
  };
}
