import type { Observer } from 'rxjs';

/**
 * Pulls every value of an AsyncIterable. Returns a function that stops it: it calls `return()` of the iterator, and `complete` or
 * `error` follows when the iterator has ended, which may take time if it is waiting.
 */
export function iterate<T>(iterable: AsyncIterable<T>, sink: Observer<T>): () => void {
  const iterator = iterable[Symbol.asyncIterator]();
  let stopping = false;
  let pulling = true;

  // Iterators written by hand may throw, or return no promise; an async function turns that into a rejection or a promise.
  const stop = async (): Promise<unknown> => iterator.return?.();
  const next = async (): Promise<IteratorResult<T>> => iterator.next();
  const ended = (): void => {
    sink.complete();
  };
  const failed = (error: unknown): void => {
    sink.error(error);
  };
  const pulled = (result: IteratorResult<T>): void => {
    pulling = false;
    if (result.done === true) {
      sink.complete();
    } else if (!stopping) {
      sink.next(result.value);
      if (!stopping) pull();
    } else if (iterator.return === undefined) {
      sink.complete();
    }
  };
  const pull = (): void => {
    pulling = true;
    next().then(pulled).catch(failed);
  };

  pull();
  return () => {
    stopping = true;
    // Without a `return` method, the iteration ends with the value that is being pulled.
    if (iterator.return !== undefined || !pulling) stop().then(ended, failed);
  };
}
