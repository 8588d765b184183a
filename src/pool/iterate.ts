import type { Sink } from './work';

/**
 * Draws every value of an AsyncIterable. Returns what asks it to stop: its `return()` is called, and `complete` or
 * `error` comes when it has really ended, which an iterable that is waiting for something does in its own time.
 */
export function iterate<T>(iterable: AsyncIterable<T>, sink: Sink<T>): () => void {
  const iterator = iterable[Symbol.asyncIterator]();
  let stopping = false;
  let drawing = true;

  const stop = async (): Promise<void> => {
    await iterator.return?.();
  };
  const ended = (): void => {
    sink.complete();
  };
  const failed = (error: unknown): void => {
    sink.error(error);
  };
  const draw = (): void => {
    drawing = true;
    iterator.next().then((result) => {
      drawing = false;
      if (result.done === true) {
        sink.complete();
      } else if (!stopping) {
        sink.next(result.value);
        if (!stopping) draw();
      } else if (iterator.return === undefined) {
        sink.complete();
      }
    }, failed);
  };

  draw();
  return () => {
    stopping = true;
    // Without a `return`, the value that is under way is the end.
    if (iterator.return !== undefined || !drawing) stop().then(ended, failed);
  };
}
